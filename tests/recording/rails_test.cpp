#include "recording/rails.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "temp_dir.hpp"

namespace layerwatt::recording {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<bool> totals(const SensorInfo& sensor) {
  std::vector<bool> all;
  for (const auto& rail : sensor.rails) all.push_back(rail.in_total);
  return all;
}

struct Decided {
  SensorInfo sensor;
  std::vector<Warning> warnings;
};

Decided decide(const std::vector<std::string>& columns, std::vector<Rail> manifest = {},
               std::vector<bool> known = {}, std::string scope = "") {
  Decided out;
  out.sensor.rails = std::move(manifest);
  out.sensor.scope = std::move(scope);
  decide_rails(columns, known, out.sensor, out.warnings);
  return out;
}

TEST(DecideRails, FollowsTheManifest) {
  const auto out = decide({"B", "A"}, {{"A", true}, {"B", false}}, {true, true}, "wall");
  EXPECT_THAT(totals(out.sensor), ElementsAre(false, true));
  EXPECT_EQ(out.sensor.rails[0].name, "B");  // the order of the file
  EXPECT_EQ(out.sensor.scope, "wall");
  EXPECT_THAT(out.warnings, IsEmpty());
}

TEST(DecideRails, NamesTheSumWhereTheManifestHasNoScope) {
  EXPECT_EQ(decide({"A", "B"}, {{"A", true}, {"B", true}}, {true, true}).sensor.scope,
            "sum of A + B");
}

TEST(DecideRails, TellsRepeatedNamesApartByTheirOrder) {
  const auto out =
      decide({"X", "NC", "NC"}, {{"X", true}, {"NC", false}, {"NC", true}}, {true, true, true});
  EXPECT_THAT(totals(out.sensor), ElementsAre(true, false, true));
}

TEST(DecideRails, ShowsButDoesNotSumARailThatTheManifestLacks) {
  const auto out = decide({"A", "NEW"}, {{"A", true}}, {true});
  EXPECT_THAT(totals(out.sensor), ElementsAre(true, false));
  EXPECT_THAT(codes(out.warnings), ElementsAre("unknown_rail"));
  EXPECT_THAT(out.warnings[0].message, HasSubstr("NEW"));
}

TEST(DecideRails, FormsNoPartialTotal) {
  const auto out = decide({"A"}, {{"A", true}, {"B", true}}, {true, true}, "module");
  EXPECT_THAT(totals(out.sensor), ElementsAre(false));
  EXPECT_EQ(out.sensor.scope, "");
  EXPECT_THAT(codes(out.warnings), ElementsAre("rail_missing"));
}

TEST(DecideRails, KnowsRailSetsWhereTheManifestDoesNotSay) {
  // VDDQ is fed by VIN_SYS_5V0: summing all four counts it twice.
  const auto out = decide({"VDD_GPU_SOC", "VDD_CPU_CV", "VIN_SYS_5V0", "VDDQ_VDD2_1V8AO"},
                          {{"VDD_GPU_SOC", false}, {"VDD_CPU_CV", true}}, {false, true});
  EXPECT_THAT(totals(out.sensor), ElementsAre(true, true, true, false));
  EXPECT_NE(out.sensor.scope, "");
  EXPECT_THAT(out.warnings, IsEmpty());
}

TEST(DecideRails, InventsNoTotal) {
  const auto out = decide({"VDD_FOO", "VDD_BAR"}, {}, {}, "module");
  EXPECT_THAT(totals(out.sensor), ElementsAre(false, false));
  EXPECT_EQ(out.sensor.scope, "");
  EXPECT_THAT(codes(out.warnings), ElementsAre("unknown_rail_set"));
}

TEST(DecideRails, OneRailIsTheTotal) {
  const auto out = decide({"METER"});
  EXPECT_THAT(totals(out.sensor), ElementsAre(true));
  EXPECT_EQ(out.sensor.scope, "rail METER");
  EXPECT_THAT(out.warnings, IsEmpty());
}

}  // namespace
}  // namespace layerwatt::recording
