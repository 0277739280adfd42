#include "sensor/rail_map.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace layerwatt {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

RailChoice choose(const std::vector<std::string>& names) { return choose_rails(names); }

std::vector<std::string> summed(const RailChoice& choice) {
  std::vector<std::string> names;
  for (const Rail& rail : choice.rails) {
    if (rail.in_total) names.push_back(rail.name);
  }
  return names;
}

TEST(RailMap, AnInputRailIsTheTotalAlone) {
  const RailChoice tx2 =
      choose({"VDD_SYS_GPU", "VDD_SYS_SOC", "VDD_4V0_WIFI", "VDD_IN", "VDD_SYS_CPU"});
  EXPECT_THAT(summed(tx2), ElementsAre("VDD_IN"));
  EXPECT_EQ(tx2.scope, "module");
  EXPECT_EQ(tx2.reason, "");
  EXPECT_EQ(tx2.rails.size(), 5u);
  EXPECT_THAT(summed(choose({"VDD_IN", "VDD_CPU_GPU_CV", "VDD_SOC"})), ElementsAre("VDD_IN"));
  EXPECT_THAT(summed(choose({"POM_5V_IN", "POM_5V_GPU", "POM_5V_CPU"})), ElementsAre("POM_5V_IN"));
}

TEST(RailMap, AgxOrinSumsThreeAndDoesNotCountDdrTwice) {
  const RailChoice orin =
      choose({"VDD_GPU_SOC", "VDD_CPU_CV", "VIN_SYS_5V0", "NC", "VDDQ_VDD2_1V8AO", "NC"});
  EXPECT_THAT(summed(orin), ElementsAre("VDD_GPU_SOC", "VDD_CPU_CV", "VIN_SYS_5V0"));
  EXPECT_EQ(orin.scope, "module");
}

TEST(RailMap, AgxXavierSumsSix) {
  const RailChoice xavier = choose({"GPU", "CPU", "SOC", "CV", "VDDRQ", "SYS5V"});
  EXPECT_EQ(summed(xavier).size(), 6u);
  EXPECT_EQ(xavier.scope, "module");
}

TEST(RailMap, ThorsInputIsTheDevkitsAndWithoutItOnlyAPartOfTheModuleIsSeen) {
  const RailChoice devkit = choose({"VDD_GPU", "VDD_CPU_SOC_MSS", "VIN_SYS_5V0", "VIN"});
  EXPECT_THAT(summed(devkit), ElementsAre("VIN"));
  EXPECT_EQ(devkit.scope, "devkit input");
  const RailChoice carrier = choose({"VDD_GPU", "VDD_CPU_SOC_MSS", "VIN_SYS_5V0"});
  EXPECT_EQ(summed(carrier).size(), 3u);
  EXPECT_EQ(carrier.scope, "module part");
}

TEST(RailMap, RefusesATotalWhenARailIsMissing) {
  for (const auto& names :
       std::vector<std::vector<std::string>>{{"VDD_GPU_SOC", "VDD_CPU_CV", "VDDQ_VDD2_1V8AO"},
                                             {"GPU", "CPU", "SOC", "CV", "SYS5V"},
                                             {"VDD_CPU_GPU_CV", "VDD_SOC"},
                                             {"VDD_CPU", "VDD_GPU"},
                                             {}}) {
    const RailChoice choice = choose(names);
    EXPECT_EQ(choice.scope, "");
    EXPECT_TRUE(summed(choice).empty());
    EXPECT_NE(choice.reason, "");
    EXPECT_EQ(choice.rails.size(), names.size());
  }
  EXPECT_THAT(choose({"VDD_GPU_SOC", "VDD_CPU_CV"}).reason, HasSubstr("VIN_SYS_5V0"));
  EXPECT_THAT(choose({"VDD_GPU_SOC", "VDD_CPU_CV", "GPU"}).reason, HasSubstr("VIN_SYS_5V0"))
      << "of Xavier's rails there is only one";
  EXPECT_THAT(choose({"MYSTERY"}).reason, HasSubstr("MYSTERY"));
}

TEST(RailMap, RefusesARailThatIsThereTwice) {
  const RailChoice choice = choose({"VDD_IN", "VDD_IN"});
  EXPECT_EQ(choice.scope, "");
  EXPECT_THAT(choice.reason, HasSubstr("twice"));
}

TEST(RailMap, TakesNamesWholeAndNotByPattern) {
  EXPECT_EQ(choose({"VDD_IN_X"}).scope, "");
  EXPECT_EQ(choose({"vdd_in"}).scope, "");
}

TEST(RailMap, EverySetHasAScopeAndASource) {
  for (const RailSet& set : rail_sets()) {
    EXPECT_GT(set.count, 0u);
    EXPECT_FALSE(set.scope.empty());
    EXPECT_FALSE(set.source.empty());
    for (std::size_t i = 0; i < set.rails.size(); ++i) {
      EXPECT_EQ(set.rails[i].empty(), i >= set.count);
    }
  }
}

}  // namespace
}  // namespace layerwatt
