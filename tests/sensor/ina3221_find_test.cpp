#include "sensor/ina3221_find.hpp"

#include <gtest/gtest.h>

#include "sensor/fake_jetson.hpp"

namespace layerwatt {
namespace {

std::vector<std::string> names(const InaRails& found) {
  std::vector<std::string> all;
  for (const InaRail& rail : found.rails) all.push_back(rail.name);
  return all;
}

using Names = std::vector<std::string>;

TEST(FindInaRails, MainlineChipsAreFoundByNameAndOrderedByAddress) {
  FakeRoot root;
  agx_orin(root);
  const InaRails found = find_ina_rails(root.sys());
  // Not hwmon1 first, not NC, not the sums.
  EXPECT_EQ(names(found), (Names{"VDD_GPU_SOC", "VDD_CPU_CV", "VIN_SYS_5V0", "VDDQ_VDD2_1V8AO"}));
  ASSERT_EQ(found.chips.size(), 2u);
  EXPECT_EQ(found.chips[0].address, "1-0040");
  EXPECT_EQ(found.chips[0].settings.channels, 3);
  EXPECT_EQ(found.chips[0].settings.update_interval_ms, 7.0);
  EXPECT_EQ(found.chips[1].settings.channels, 2) << "NC is converted as well, unless disabled";
  EXPECT_EQ(found.rails[3].chip, 1u);
}

TEST(FindInaRails, NvidiasDriverIsReadByItsBestFile) {
  FakeRoot root;
  xavier_nx_r32(root);
  const InaRails found = find_ina_rails(root.sys());
  EXPECT_EQ(names(found), (Names{"VDD_IN", "VDD_CPU_GPU_CV", "VDD_SOC"}));
  EXPECT_EQ(found.rails[0].form, InaRail::Form::volts_amperes_in_one);
  EXPECT_EQ(found.rails[1].form, InaRail::Form::milliwatts);
  EXPECT_FALSE(found.chips[0].settings.samples);
  EXPECT_EQ(found.chips[0].address, "7-0040");
}

TEST(FindInaRails, DisabledChannelsAreLeftOut) {
  FakeRoot root;
  const std::string chip = hwmon_chip(root, "ina3221", "hwmon0", "1-0040");
  hwmon_channel(root, chip, 1, "VDD_IN", "5000", "1000");
  hwmon_channel(root, chip, 2, "VDD_SOC", "5000", "1000", "0");
  const InaRails found = find_ina_rails(root.sys());
  EXPECT_EQ(names(found), Names{"VDD_IN"});
  EXPECT_EQ(found.chips[0].settings.channels, 1);
}

TEST(FindInaRails, AChannelWithoutALabelIsNamedByItsChip) {
  FakeRoot root;
  const std::string chip = hwmon_chip(root, "ina3221", "hwmon0", "2-0042");
  root.write(chip + "/in2_input", "12000");
  root.write(chip + "/curr2_input", "100");
  EXPECT_EQ(names(find_ina_rails(root.sys())), Names{"2-0042 channel 2"});
}

TEST(FindInaRails, TheSameLabelOnTwoChipsIsNeitherRailOfThatName) {
  FakeRoot root;
  hwmon_channel(root, hwmon_chip(root, "ina3221", "hwmon0", "1-0040"), 1, "VDD_IN", "5000", "1");
  hwmon_channel(root, hwmon_chip(root, "ina3221", "hwmon1", "1-0041"), 1, "VDD_IN", "5000", "2");
  EXPECT_EQ(names(find_ina_rails(root.sys())), (Names{"VDD_IN (1-0040)", "VDD_IN (1-0041)"}));
}

TEST(FindInaRails, ThorsCarrierHasAnIna238WhoseLabelIsTheRail) {
  FakeRoot root;
  const std::string chip = hwmon_chip(root, "ina238", "hwmon5", "2-0044");
  root.write(chip + "/label", "VIN");
  root.write(chip + "/power1_input", "19780000");
  const InaRails found = find_ina_rails(root.sys());
  EXPECT_EQ(names(found), Names{"VIN"});
  EXPECT_EQ(found.rails[0].form, InaRail::Form::microwatts);
  EXPECT_FALSE(found.chips[0].is_ina3221);
}

TEST(FindInaRails, AMachineWithoutAnyHasNone) {
  FakeRoot root;
  EXPECT_TRUE(find_ina_rails(root.sys()).rails.empty());
  root.write("/sys/class/hwmon/hwmon0/name", "coretemp");
  EXPECT_TRUE(find_ina_rails(root.sys()).rails.empty());
}

}  // namespace
}  // namespace layerwatt
