#include "cli/progress.hpp"

#include <gtest/gtest.h>

namespace layerwatt::cli {
namespace {

TEST(SecondsLeft, FollowsTheRateWhereTheNumberIsKnown) {
  Progress progress;
  progress.iterations_wanted = 1000;
  EXPECT_LT(seconds_left(progress, 5.0), 0.0) << "nothing known yet";
  progress.iterations = 250;
  progress.elapsed_s = 2.0;
  EXPECT_DOUBLE_EQ(seconds_left(progress, 5.0), 6.0);
}

TEST(SecondsLeft, AnIntervalNarrowsWithTheSquareRootOfTime) {
  Progress progress;
  progress.elapsed_s = 10.0;
  progress.limit_s = 60.0;
  EXPECT_DOUBLE_EQ(seconds_left(progress, 5.0), 50.0) << "no interval yet: the limit";
  progress.worst_ci_pct = 10.0;
  EXPECT_DOUBLE_EQ(seconds_left(progress, 5.0), 30.0) << "twice too wide: four times as long";
  progress.worst_ci_pct = 20.0;
  EXPECT_DOUBLE_EQ(seconds_left(progress, 5.0), 50.0) << "160 s more would be past the limit";
  progress.worst_ci_pct = 4.0;
  EXPECT_DOUBLE_EQ(seconds_left(progress, 5.0), 0.0);
}

TEST(ProgressLine, ShowsRateTimePowerAndTheWidestInterval) {
  Progress progress;
  progress.iterations = 512;
  progress.iterations_wanted = 1024;
  progress.elapsed_s = 5.0;
  progress.power_mw = 7254.0;
  progress.worst_ci_pct = 6.14;
  EXPECT_EQ(progress_line(progress, 5.0, 100),
            "[############------------]  512/1024  102.4 inf/s  ETA 5 s  7.25 W  worst CI 6.1 %");
}

TEST(ProgressLine, LeavesOutWhatIsNotKnownAndFitsTheTerminal) {
  Progress progress;
  EXPECT_EQ(progress_line(progress, 5.0, 100), "[------------------------]  0 inferences");
  EXPECT_EQ(progress_line(progress, 5.0, 10).size(), 10u);
}

}  // namespace
}  // namespace layerwatt::cli
