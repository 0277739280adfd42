#include "attribution/excite_warnings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "attribution/recordings.hpp"

namespace layerwatt {
namespace {

using layerwatt::testing::Builder;
using layerwatt::testing::find_warning;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Layers of 4, 4 and 0.05 ms in a pass of 10 ms, 5 J.
struct Bench {
  Recording recording;
  SlotTimes times;
  ObservedWindows observed;
  ExciteFit fit;
  std::vector<std::size_t> doubtful;

  Bench() {
    Builder built({"a", "b", "tiny"});
    built.inference(0.0, 10.0, {4.0, 4.0, 0.05});
    recording = built.get();
    times.mean_ms = {4.0, 4.0, 0.05};
    fit.parts = {0, 1, 2, 3};
    fit.windows = {2, 2, 1, 2};
    fit.disagreement = {1.0, 1.9, 1.5, 1.0};
    fit.pass_ms = 10.0;
    fit.extra_ms = Eigen::Vector4d(4.0, 3.9, 0.01, 1.0);
    fit.pass_mj = Eigen::VectorXd::Constant(1, 5000.0);
    fit.residual_mw = Eigen::VectorXd::Constant(1, 5e3);
  }
  std::vector<Warning> warnings() const {
    return excite_warnings(recording, times, observed, fit, doubtful);
  }
};

TEST(ExciteWarnings, NothingIsSaidWhereAllIsWell) { EXPECT_THAT(Bench{}.warnings(), IsEmpty()); }

TEST(ExciteWarnings, EachHasItsCode) {
  Bench bench;
  bench.observed.disturbed = 2;
  bench.observed.slowed = {1, 3};
  bench.fit.outliers = 3;
  bench.fit.extra_ms(0) = 3.0;
  bench.fit.windows = {1, 2, 1, 2};
  bench.fit.disagreement[1] = 2.1;
  bench.doubtful = {2};
  const std::vector<Warning> said = bench.warnings();
  EXPECT_THAT(said, SizeIs(7));
  const auto message = [&](const char* code) {
    const Warning* found = find_warning(said, code);
    EXPECT_NE(found, nullptr) << code;
    if (found != nullptr) {
      EXPECT_FALSE(found->hint.empty()) << code;
    }
    return found != nullptr ? found->message : "";
  };
  EXPECT_THAT(message("windows_disturbed"), HasSubstr("2 windows"));
  EXPECT_THAT(message("clock_differs"), HasSubstr("repeating b, outside layers lowers"));
  EXPECT_THAT(message("outliers"), HasSubstr("3 steps of the counter"));
  EXPECT_THAT(message("repeats_run_faster"), HasSubstr("a run up to 25 % quicker"));
  EXPECT_THAT(message("repeated_once"), HasSubstr("a have one usable window"));
  EXPECT_THAT(message("windows_disagree"), HasSubstr("repeat b differ"));
  EXPECT_THAT(message("layers_doubtful"), HasSubstr("measured of tiny is not"));
}

TEST(ExciteWarnings, OutliersAmongWindowsAreCalledWindows) {
  Bench bench;
  bench.fit.windows.clear();
  bench.fit.disagreement.clear();
  bench.fit.outliers = 1;
  EXPECT_THAT(bench.warnings().at(0).message, HasSubstr("1 windows"));
}

TEST(ExciteWarnings, ASumIsOffByWhatChanceDoesNotExplain) {
  EXPECT_EQ((ExciteSum{1009.0, 1000.0, 10.0}.excess()), 0.0);
  EXPECT_THAT(closure_warning({1009.0, 1000.0, 10.0}), IsEmpty());
  EXPECT_NEAR((ExciteSum{1050.0, 1000.0, 30.0}.excess()), 0.04, 1e-12);
  EXPECT_NEAR((ExciteSum{950.0, 1000.0, 30.0}.excess()), 0.04, 1e-12);
  const std::vector<Warning> more = closure_warning({1050.0, 1000.0, 30.0});
  ASSERT_THAT(more, SizeIs(1));
  EXPECT_EQ(more[0].code, "closure_off");
  EXPECT_THAT(more[0].message, HasSubstr("add up to 5 % more than the pass"));
  EXPECT_THAT(closure_warning({950.0, 1000.0, 30.0}).at(0).message, HasSubstr("5 % less"));
}

TEST(ExciteWarnings, TheReasonSaysWhatWasUsed) {
  Bench bench;
  bench.observed.windows.resize(9);
  EXPECT_THAT(excite_reason(bench.observed, bench.fit, {}), HasSubstr("9 windows"));
  Adaptation adaptation;
  adaptation.steps = 77;
  adaptation.lag_ms = 12.0;
  const std::string still = excite_reason(bench.observed, bench.fit, adaptation);
  // 5 W of 500.
  EXPECT_THAT(still,
              HasSubstr("77 steps of the counter, whose scatter is 1 % of the power, 12 ms"));
  EXPECT_THAT(still, ::testing::Not(HasSubstr("adapts")));
  adaptation.time_constant_ms = 130.0;
  EXPECT_THAT(excite_reason(bench.observed, bench.fit, adaptation),
              HasSubstr("adapts to repeats within 130 ms"));
}

TEST(ExciteWarnings, OfHalfPassesItSpeaksAsSuch) {
  Bench bench;
  bench.observed.windows.resize(9);
  EXPECT_THAT(excite_reason(bench.observed, bench.fit, {}, true),
              HasSubstr("half of its layers ran once more"));
  Adaptation adaptation;
  adaptation.steps = 77;
  EXPECT_THAT(excite_reason(bench.observed, bench.fit, adaptation, true),
              HasSubstr("half of its layers ran once more, in each window another half; 77 steps"));
  EXPECT_THAT(closure_warning({950.0, 1000.0, 30.0}, true).at(0).hint, HasSubstr("half a pass"));
  bench.recording.manifest.half_passes = true;
  bench.fit.extra_ms(0) = 3.0;
  const auto warnings = bench.warnings();
  const Warning* found = find_warning(warnings, "repeats_run_faster");
  ASSERT_NE(found, nullptr);
  EXPECT_THAT(found->message, HasSubstr("a run up to 25 % quicker in half a pass"));
  EXPECT_THAT(found->hint, ::testing::Not(HasSubstr("--empty-cache")));
}

TEST(ExciteWarnings, NamesThreeAndCountsTheRest) {
  Bench bench;
  bench.observed.slowed = {0, 1, 2};
  EXPECT_THAT(bench.warnings().at(0).message, HasSubstr("repeating a, b, tiny lowers"));
  bench.observed.slowed = {0, 1, 2, 3};
  EXPECT_THAT(bench.warnings().at(0).message, HasSubstr("repeating a, b, tiny and 1 more lowers"));
  bench.observed.slowed = {3};
  EXPECT_THAT(bench.warnings().at(0).message, HasSubstr("repeating outside layers lowers"));
}

TEST(ExciteWarnings, OneWindowOrOutlierIsEnough) {
  Bench bench;
  bench.observed.disturbed = 1;
  bench.fit.outliers = 1;
  EXPECT_NE(find_warning(bench.warnings(), "windows_disturbed"), nullptr);
  EXPECT_NE(find_warning(bench.warnings(), "outliers"), nullptr);
}

TEST(ExciteWarnings, TheQuickestRepeatIsSaid) {
  Bench bench;
  bench.fit.extra_ms = Eigen::Vector4d(3.6, 2.8, 0.01, 0.01);
  EXPECT_THAT(find_warning(bench.warnings(), "repeats_run_faster")->message,
              HasSubstr("a, b run up to 30 % quicker"));
  bench.fit.extra_ms = Eigen::Vector4d(2.8, 3.6, 0.01, 0.01);
  EXPECT_THAT(find_warning(bench.warnings(), "repeats_run_faster")->message,
              HasSubstr("a, b run up to 30 % quicker"));
  bench.fit.extra_ms = Eigen::Vector4d(4.1, 3.6, 0.01, 0.01);
  EXPECT_THAT(find_warning(bench.warnings(), "repeats_run_faster")->message,
              HasSubstr("b run up to 10 % quicker"));
  // A hundredth of the pass is what counts.
  bench.times.mean_ms[2] = 0.1;
  EXPECT_THAT(find_warning(bench.warnings(), "repeats_run_faster")->message,
              HasSubstr("b, tiny run up to 90 % quicker"));
}

TEST(ExciteWarnings, PartsThatDoNotCountMayDisagree) {
  Bench bench;
  bench.fit.disagreement = {2.0, 1.0, 9.0, 9.0};
  bench.fit.windows = {2, 2, 1, 1};
  EXPECT_THAT(bench.warnings(), IsEmpty()) << "nor does twice the scatter, or what is outside";
  bench.fit.disagreement = {1.0, 1.0, 9.0, 9.0};
  bench.times.mean_ms[2] = 0.1;
  bench.fit.extra_ms(2) = 0.1;
  bench.fit.windows = {2, 2, 2, 1};
  EXPECT_THAT(find_warning(bench.warnings(), "windows_disagree")->message,
              HasSubstr("repeat tiny differ"));
}

TEST(ExciteWarnings, AnExcessIsTheRootOfWhatIsLeftOfItsSquare) {
  EXPECT_EQ((ExciteSum{5.0, 0.0, 1.0}.excess()), 0.0) << "of a pass that drew nothing";
  EXPECT_EQ((ExciteSum{5.0, -1.0, 1.0}.excess()), 0.0);
  EXPECT_NEAR((ExciteSum{1.5, 0.5, 0.6}.excess()), 1.6, 1e-12);
  EXPECT_EQ((ExciteSum{1010.0, 1000.0, 10.0}.excess()), 0.0) << "by just as much as chance can";
  EXPECT_THAT(closure_warning({1010.0, 1000.0, 10.0}), IsEmpty());
  EXPECT_THAT(closure_warning({1050.0, 1000.0, 30.0}).at(0).message, HasSubstr("(± 3 %)"));
  EXPECT_THAT(closure_warning({1050.0, 1000.0, 30.0}).at(0).hint, HasSubstr("may draw more"));
  EXPECT_THAT(closure_warning({950.0, 1000.0, 30.0}).at(0).hint, HasSubstr("in the cache"));
  EXPECT_THAT(closure_warning({125.0, 500.0, 1.0}).at(0).message, HasSubstr("75 % less"));
}

TEST(ExciteWarnings, TheReasonSaysHowMuchWindowsScatter) {
  Bench bench;
  EXPECT_THAT(excite_reason(bench.observed, bench.fit, {}),
              HasSubstr("scatter of a window is 1 % of the power"));
  Adaptation adaptation;
  adaptation.steps = 1;
  EXPECT_THAT(excite_reason(bench.observed, bench.fit, adaptation),
              HasSubstr("1 steps of the counter"));
}

TEST(ExciteWarnings, AShortLayerInFrontHidesNone) {
  Bench bench;
  bench.times.mean_ms = {0.05, 4.0, 4.0, 1.95};
  bench.fit.extra_ms = Eigen::Vector4d(0.01, 3.0, 4.0, 1.0);
  bench.fit.windows = {2, 2, 1, 2};
  bench.fit.disagreement = {1.0, 1.0, 1.5, 1.0};
  const std::vector<Warning> said = bench.warnings();
  ASSERT_NE(find_warning(said, "repeats_run_faster"), nullptr);
  EXPECT_THAT(find_warning(said, "repeats_run_faster")->message, HasSubstr("b run up to 25 %"))
      << "and what is outside layers is none";
  ASSERT_NE(find_warning(said, "repeated_once"), nullptr);
  EXPECT_THAT(find_warning(said, "repeated_once")->message, HasSubstr("tiny have one"));
}

}  // namespace
}  // namespace layerwatt
