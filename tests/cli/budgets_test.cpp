#include "cli/budgets.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/outcome.hpp"

namespace layerwatt::cli {
namespace {

using testing::HasSubstr;

const std::string kModel = std::string(LAYERWATT_SOURCE) + "/examples/sim/ideal.sim.json";

Outcome profile_with(const std::string& budget) {
  return run_layerwatt({"profile", kModel, "--iterations", "50", "--budget", budget});
}

TEST(Budgets, WithinTheBudgetIsZero) { EXPECT_EQ(profile_with("energy<1J").code, 0); }

TEST(Budgets, OverTheBudgetIsThreeAndTheReportIsThere) {
  const Outcome outcome = profile_with("energy<1mJ");
  EXPECT_EQ(outcome.code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("over budget: one inference"));
  EXPECT_THAT(outcome.out, HasSubstr("per inference"));
}

TEST(Budgets, ALimitThatIsNoneIsRefusedBeforeTheRun) {
  const Outcome outcome = profile_with("energy>1mJ");
  EXPECT_EQ(outcome.code, 2);
  EXPECT_EQ(outcome.out, "");
}

TEST(Budgets, WhatIsNotKnownDoesNotHold) {
  const Outcome outcome = run_layerwatt(
      {"profile", kModel, "--iterations", "50", "--sensor", "none", "--budget", "energy<1J"});
  EXPECT_EQ(outcome.code, 3) << outcome.err;
}

}  // namespace
}  // namespace layerwatt::cli
