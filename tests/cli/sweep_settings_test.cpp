#include "cli/sweep_settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/shell.hpp"
#include "layerwatt/error.hpp"

namespace layerwatt::cli {
namespace {

using testing::ElementsAre;

TEST(SplitValues, AtCommas) {
  EXPECT_THAT(split_values("--batch", "1,2,16"), ElementsAre("1", "2", "16"));
  EXPECT_THROW(split_values("--batch", "1,,2"), Error);
  EXPECT_THROW(split_values("--batch", ""), Error);
}

TEST(MachineSettings, HaveTheCommandsOfTheirTools) {
  SettingFlags flags;
  flags.nvpmodel = {"0", "2"};
  flags.power_cap = {"150"};
  flags.gpu_clock = {"1200"};
  flags.device = 1;
  const auto settings = machine_settings(flags);
  ASSERT_EQ(settings.size(), 3u);
  EXPECT_EQ(filled(settings[0].set, "2"), "sudo nvpmodel -m '2'");
  EXPECT_EQ(filled(settings[1].set, "150"), "sudo nvidia-smi -i 1 -pl '150'");
  EXPECT_EQ(filled(settings[2].set, "1200"), "sudo nvidia-smi -i 1 -lgc '1200','1200'");
  EXPECT_EQ(settings[2].restore, "sudo nvidia-smi -i 1 -rgc");
  flags.sudo = false;
  EXPECT_EQ(machine_settings(flags)[0].set, "nvpmodel -m {}");
}

TEST(MachineSettings, ValuesAreNumbers) {
  SettingFlags flags;
  flags.nvpmodel = {"0; reboot"};
  EXPECT_THROW(machine_settings(flags), Error);
}

TEST(MachineSettings, OnesOwn) {
  SettingFlags flags;
  flags.custom = {"fan", "10,90", "fanctl {}", "fanctl auto"};
  const auto settings = machine_settings(flags);
  ASSERT_EQ(settings.size(), 1u);
  EXPECT_THAT(settings[0].values, ElementsAre("10", "90"));
  EXPECT_EQ(settings[0].restore, "fanctl auto");
}

TEST(ValueNow, IsTheNumberAtTheEnd) {
  EXPECT_EQ(value_now(0, "NV Power Mode: MAXN\n0"), "0");
  EXPECT_EQ(value_now(0, "250.00"), "250.00");
  EXPECT_EQ(value_now(0, "[N/A]"), std::nullopt);
  EXPECT_EQ(value_now(0, ""), std::nullopt);
  EXPECT_EQ(value_now(127, "1"), std::nullopt);
  EXPECT_EQ(value_now(0, "sh: nvpmodel: not found"), std::nullopt);
}

TEST(Filled, QuotesForTheShell) {
  EXPECT_EQ(run_shell(filled("printf '%s|' {} b", "a 'x' $HOME;")).output, "a 'x' $HOME;|b|");
}

}  // namespace
}  // namespace layerwatt::cli
