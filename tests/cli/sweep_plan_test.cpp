#include "cli/sweep_plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace layerwatt::cli {
namespace {

using testing::ElementsAre;

TEST(SweepSteps, TheLastAxisVariesFastest) {
  EXPECT_THAT(sweep_steps({{"mode", {"0", "2"}}, {"batch", {"1", "4", "8"}}}),
              ElementsAre(SweepStep{"0", "1"}, SweepStep{"0", "4"}, SweepStep{"0", "8"},
                          SweepStep{"2", "1"}, SweepStep{"2", "4"}, SweepStep{"2", "8"}));
}

TEST(SweepSteps, NothingToVaryIsOneStep) { EXPECT_THAT(sweep_steps({}), ElementsAre(SweepStep{})); }

TEST(StepName, IsSafeForAFile) {
  EXPECT_EQ(step_name(3, {{"power cap, W", {}}, {"model", {}}}, {"150", "../a b.onnx"}),
            "03-power_cap__W-150-model-.._a_b.onnx");
}

}  // namespace
}  // namespace layerwatt::cli
