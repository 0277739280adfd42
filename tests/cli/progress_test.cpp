#include "cli/progress.hpp"

#include <gtest/gtest.h>

#include "report/display.hpp"

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

TEST(SecondsLeft, TheRealAttributionsPredictionWins) {
  Progress progress;
  progress.elapsed_s = 10.0;
  progress.worst_ci_pct = 20.0;
  progress.predicted_s = 12.0;
  EXPECT_DOUBLE_EQ(seconds_left(progress, 5.0), 12.0);
  progress.limit_s = 15.0;
  EXPECT_DOUBLE_EQ(seconds_left(progress, 5.0), 5.0) << "the limit comes first";
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

Progress in_the_middle() {
  Progress progress;
  progress.iterations = 512;
  progress.elapsed_s = 5.0;
  progress.limit_s = 60.0;
  progress.power_mw = 7254.0;
  progress.worst_ci_pct = 6.14;
  progress.rails = {{"VDD_GPU_SOC", 5250.0}, {"VDD_CPU_CV", 2004.0}};
  progress.top_layers = {{"/conv1/Conv + /relu/Relu\x1b[31m", 0.1871, 0.21, 0.5},
                         {"/fc/Gemm", 0.0296, 0.04, std::nullopt}};
  return progress;
}

TEST(LiveLines, ShowRailsPrecisionAndLongestLayers) {
  const auto lines = live_lines(in_the_middle(), 5.0, 70, 20);
  ASSERT_EQ(lines.size(), 6u);
  EXPECT_EQ(lines[1], "  now: VDD_GPU_SOC 5.25 W, VDD_CPU_CV 2.00 W");
  EXPECT_EQ(lines[2], "  precision: ±6.1 % reached, ±5 % wanted");
  EXPECT_EQ(lines[4], "       0.1871 ms  21.0 %  /conv1/Conv + /relu/Relu\\x1b[31m");
}

TEST(LiveLines, TellWhenTheTargetIsExpected) {
  Progress progress = in_the_middle();
  progress.iterations_wanted.reset();
  progress.elapsed_s = 10.0;
  progress.predicted_s = 22.4;
  EXPECT_EQ(live_lines(progress, 5.0, 100, 20)[2],
            "  precision: ±6.1 % reached, ±5 % wanted, expected in about 23 s");
  progress.limit_s = 20.0;
  EXPECT_EQ(
      live_lines(progress, 5.0, 120, 20)[2],
      "  precision: ±6.1 % reached, ±5 % wanted, expected in about 23 s (the time limit ends the "
      "run in 10 s)");
}

TEST(LiveLines, FitALowAndNarrowTerminal) {
  EXPECT_EQ(live_lines(in_the_middle(), 5.0, 70, 1).size(), 1u);
  for (const std::string& line : live_lines(in_the_middle(), 5.0, 30, 20)) {
    EXPECT_LE(display_width(line), 30u) << line;
  }
}

TEST(PlainProgress, IsALineForALog) {
  EXPECT_EQ(plain_progress(in_the_middle()), "512 inferences in 5 s, 7.25 W, worst CI 6.1 %");
  EXPECT_EQ(plain_progress({}), "0 inferences in 0 s");
}

}  // namespace
}  // namespace layerwatt::cli
