#include "attribution/excite.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <optional>
#include <vector>

#include "attribution/excite_board.hpp"
#include "attribution/recordings.hpp"
#include "layerwatt/attribution.hpp"
#include "layerwatt/error.hpp"

namespace layerwatt {
namespace {

using layerwatt::testing::Board;
using layerwatt::testing::find_warning;
using layerwatt::testing::Scattering;
using ::testing::ElementsAre;

TEST(Excite, EnergyIsThePowerOfTheRepeatsTimesTheTimeInPlace) {
  const Result result = attribute(Board{}.record());
  EXPECT_EQ(result.method, Method::excite);
  EXPECT_THAT(result.method_reason, ::testing::HasSubstr("repeat"));
  EXPECT_NEAR(result.layers[0].power_mw->mean, 8000.0, 1e-3);
  EXPECT_NEAR(result.layers[0].energy_mj->mean, 32.0, 1e-6) << "not the 25.6 of a repeat";
  EXPECT_NEAR(result.layers[1].energy_mj->mean, 6.0, 1e-6);
  EXPECT_EQ(result.layers[0].samples, 27u);
  EXPECT_TRUE(result.layers[0].energy_mj->ci95.has_value());
  EXPECT_NEAR(result.total.energy_mj->mean, 43.0, 1e-6);
  EXPECT_NEAR(result.power_draw_mw->mean, 43.0 / 7.0 * 1000.0, 1e-3);
  const Warning* faster = find_warning(result.warnings, "repeats_run_faster");
  ASSERT_NE(faster, nullptr);
  EXPECT_THAT(faster->message, ::testing::HasSubstr("a run up to 20 % quicker"));
}

TEST(Excite, WhatIsOutsideIsWhatIsLeft) {
  const Result result = attribute(Board{}.record());
  EXPECT_NEAR(result.outside_layers.energy_mj->mean, 5.0, 1e-6);
  EXPECT_EQ(result.outside_layers.reason, "what_is_left");
  EXPECT_EQ(result.closure.reason(), "outside_is_the_rest") << "1 by construction says nothing";
}

TEST(Excite, OutsideThatWasRepeatedHasItsOwnPowerAndClosureMeansSomething) {
  Board board;
  board.repeat_outside = true;
  const Result result = attribute(board.record());
  EXPECT_NEAR(result.outside_layers.power_mw->mean, 5000.0, 1e-3);
  ASSERT_TRUE(result.closure.has_value());
  EXPECT_NEAR(result.closure->ratio, 1.0, 1e-6);
}

TEST(Excite, LittleTimeOutsideCountsAtTheMeanPower) {
  Board board;
  board.outside_ms = 0.06;
  const Result result = attribute(board.record());
  EXPECT_EQ(result.outside_layers.reason, "at_the_mean_power");
  // 0.06 ms at 38.3 mJ / 6.06 ms.
  EXPECT_NEAR(result.outside_layers.energy_mj->mean, 0.37921, 1e-4);
  ASSERT_TRUE(result.closure.has_value());
  EXPECT_NEAR(result.closure->layers_plus_outside_mj, 38.37921, 1e-4);
  EXPECT_NEAR(result.closure->measured_mj, 38.3, 1e-6);
}

TEST(Excite, ALayerThatIsNeverRepeatedSharesWhatIsLeft) {
  Board board;
  board.repeat_b = false;
  const Result result = attribute(board.record());
  EXPECT_NEAR(result.layers[0].energy_mj->mean, 32.0, 1e-6);
  EXPECT_EQ(result.layers[1].reason, "not_repeated");
  // 11 mJ are left over 3 ms, of which b has 2.
  EXPECT_NEAR(result.layers[1].energy_mj->mean, 22.0 / 3.0, 1e-6);
  EXPECT_FALSE(result.layers[1].energy_mj->ci95.has_value());
  ASSERT_EQ(result.groups.size(), 1u);
  EXPECT_THAT(result.groups[0].layers, ElementsAre(1u));
  const Interval group = *result.groups[0].energy_mj->ci95;
  EXPECT_LE(group.lo, 6.0);
  EXPECT_GE(group.hi, 6.0);
}

TEST(Excite, ASumThatIsOffWidensAllIntervals) {
  Board board;
  board.repeat_outside = true;
  board.a_draws = 1.2;
  const Result result = attribute(board.record());
  // 38.4 + 6 + 5 of 43 mJ: 14.9 % too much, and any layer may be off by twice that.
  EXPECT_NEAR(result.closure->ratio, 49.4 / 43.0, 1e-6);
  EXPECT_NE(find_warning(result.warnings, "closure_off"), nullptr);
  const Interval a = *result.layers[0].energy_mj->ci95;
  EXPECT_LE(a.lo, 32.0);
  EXPECT_NEAR(a.hi - 38.4, 38.4 * 2.0 * 6.4 / 43.0, 1e-3);
  const Interval b = *result.layers[1].power_mw->ci95;
  EXPECT_NEAR(b.hi - 3000.0, 3000.0 * 2.0 * 6.4 / 43.0, 0.1);
}

TEST(Excite, WhereNothingChecksTheSumARepeatMayDifferAsMuchAsItIsQuicker) {
  const Result result = attribute(Board{}.record());
  // 8 W for 4 ms or for 3.2.
  EXPECT_NEAR(result.layers[0].energy_mj->ci95->lo, 25.6, 1e-3);
  EXPECT_NEAR(result.layers[1].energy_mj->ci95->lo, 6.0, 1e-3);
  EXPECT_NEAR(result.outside_layers.energy_mj->ci95->hi, 5.0 + 6.4, 1e-3);
}

TEST(Excite, AFigureThatCannotBeIsNotGiven) {
  Board board;
  board.repeat_outside = true;
  for (const double a_draws : {-0.5, 1.6}) {
    board.a_draws = a_draws;
    const Result result = attribute(board.record());
    EXPECT_EQ(result.layers[0].reason, "not_separable") << a_draws;
    EXPECT_FALSE(result.layers[0].energy_mj->ci95.has_value());
    ASSERT_EQ(result.groups.size(), 1u);
    EXPECT_THAT(result.groups[0].layers, ElementsAre(0u));
    EXPECT_NEAR(result.groups[0].energy_mj->mean, 32.0, 1e-6) << "what is left of 43 mJ";
    EXPECT_NEAR(result.layers[1].energy_mj->mean, 6.0, 1e-6);
    EXPECT_NE(find_warning(result.warnings, "layers_doubtful"), nullptr);
    EXPECT_EQ(result.closure.reason(), "outside_is_the_rest");
  }
}

TEST(Excite, APassiveMethodIsRefusedForItsRecording) {
  AttributionOptions options;
  options.method = Method::deconvolve;
  EXPECT_THROW(attribute(Board{}.record(), options), Error);
  options.method = Method::excite;
  EXPECT_EQ(attribute(Board{}.record(), options).method, Method::excite);
}

TEST(Excite, TooFewWindowsGiveReasonsAndNoFigures) {
  Recording recording = Board{}.record();
  recording.excitation.resize(2);
  const Result result = attribute(recording);
  EXPECT_FALSE(result.layers[0].energy_mj.has_value());
  EXPECT_EQ(result.layers[0].energy_mj.reason(), "too_few_windows");
  EXPECT_TRUE(result.layers[0].time_ms.has_value());
  EXPECT_NE(find_warning(result.warnings, "too_few_windows"), nullptr);
}

TEST(Excite, ALayerThatIsLeftAloneHasWhatIsLeft) {
  // With next to nothing outside, which counts at the mean power; and with outside repeated.
  for (const bool repeated : {false, true}) {
    Board board;
    board.repeat_b = false;
    board.repeat_outside = repeated;
    if (!repeated) board.outside_ms = 0.06;
    const Scattering of(board);
    const PowerEstimates& said = of.said.estimates;
    const auto left = [&](Eigen::Index channel) {
      const double assumed_mj = of.fit.pass_mj(channel) / of.fit.pass_ms * of.outside_ms;
      return of.left_mj(channel) - (repeated ? 0.0 : assumed_mj);
    };
    Scattering::expect(said.layers[1].total.energy_mj, left(0), std::nullopt);
    Scattering::expect(said.layers[1].rails[0].energy_mj, left(1), std::nullopt);
    Scattering::expect(said.layers[1].rails[1].energy_mj, left(2), std::nullopt);
    Scattering::expect(said.layers[1].total.power_mw, 1e3 * left(0) / of.ms(1), std::nullopt);
    ASSERT_EQ(said.groups.size(), 1u);
    Scattering::expect(said.groups[0].energy_mj, left(0),
                       std::hypot(of.rest_half_mj(), of.repeat_errors_mj()));
    EXPECT_TRUE(of.said.outside_is_rest);
    EXPECT_EQ(said.outside.reason.has_value(), !repeated);
    EXPECT_EQ(said.outside.samples, repeated ? 27u : 0u);
    if (repeated) of.expect_measured(said.outside, 1, 0.0);
  }
}

TEST(Excite, ASmallLayerThatIsNeverRepeatedCountsAtTheMeanPower) {
  Board board;
  board.repeat_b = false;
  board.repeat_outside = true;
  board.b_ms = 0.1;
  board.a_draws = 0.7;
  const Scattering of(board);
  const PowerEstimates& said = of.said.estimates;
  of.expect_mean_power(said.layers[1], of.ms(1));
  EXPECT_TRUE(said.groups.empty());
  EXPECT_FALSE(of.said.outside_is_rest);
  const double b_mj = of.fit.pass_mj(0) / of.fit.pass_ms * of.ms(1);
  const double relative =
      of.relative((of.mw(0) * of.ms(0) + of.mw(1) * of.outside_ms) / 1e3 + b_mj, b_mj);
  EXPECT_GT(relative, 0.1);
  of.expect_measured(said.layers[0], 0, relative);
  of.expect_measured(said.outside, 1, relative);
}

TEST(Excite, ALayerWithoutTimeAndWithoutRepeatsStaysUnknown) {
  Board board;
  board.repeat_b = false;
  board.repeat_outside = true;
  board.b_ms = 0.0;
  board.a_draws = 0.7;
  const Recording recording = board.record();
  const Excitation said = excite(recording, slot_times(recording.iterations, 20));
  EXPECT_EQ(said.estimates.layers[1].reason, "not_repeated");
  EXPECT_EQ(said.estimates.layers[1].total.energy_mj.reason(), "not_repeated");
  EXPECT_EQ(said.estimates.layers[1].rails.size(), 1u);
  EXPECT_TRUE(said.estimates.groups.empty());
}

TEST(Excite, ALayerWithoutTimeHasNoneOfWhatIsLeft) {
  Board board;
  board.repeat_b = false;
  board.b_ms = 0.0;
  board.a_draws = 0.7;
  const Recording recording = board.record();
  const Excitation said = excite(recording, slot_times(recording.iterations, 20));
  EXPECT_EQ(said.estimates.layers[1].total.energy_mj.reason(), "not_repeated");
  EXPECT_TRUE(said.estimates.groups.empty());
  // 43 mJ less 0.7 of 8 W for 6 ms.
  EXPECT_NEAR(said.estimates.outside.total.energy_mj->mean, 43.0 - 33.6, 1e-6);
  EXPECT_TRUE(said.estimates.outside.total.energy_mj->ci95);
}

TEST(Excite, APowerALittleBelowNothingIsNothing) {
  Board board;
  board.a_draws = -0.001;
  const Recording recording = board.record();
  const Excitation said = excite(recording, slot_times(recording.iterations, 20));
  const ColumnPower& a = said.estimates.layers[0].total;
  EXPECT_EQ(a.power_mw->mean, 0.0);
  EXPECT_EQ(a.energy_mj->mean, 0.0);
  EXPECT_LT(a.energy_mj->ci95->hi, 1e-3) << "no share of nothing";
}

TEST(Excite, OneMoreRunInAPassIsARepeat) {
  Board board;
  board.a_more = 1;
  const Result result = attribute(board.record());
  EXPECT_EQ(result.layers[0].samples, 27u);
  EXPECT_NEAR(result.layers[0].energy_mj->mean, 32.0, 1e-6);
}

TEST(Excite, TimesOfOneBatchDoNotScatter) {
  Board board;
  board.repeat_outside = true;
  const Recording recording = board.record();
  const Excitation said = excite(recording, slot_times(recording.iterations, 1));
  EXPECT_NEAR(said.estimates.layers[0].total.energy_mj->ci95->hi, 32.0, 1e-6);
}

TEST(Excite, SaysOfWhatItIs) {
  const Recording recording = Board{}.record();
  EXPECT_THAT(excite(recording, slot_times(recording.iterations, 20)).reason,
              ::testing::HasSubstr("that 15 windows are each another mix of them"));
}

TEST(Excite, WhatIsLeftIsNeverLessThanNothing) {
  Board board;
  board.a_draws = 1.18;  // 37.76 and 6 of 43 mJ
  const Recording recording = board.record();
  const Excitation said = excite(recording, slot_times(recording.iterations, 20));
  EXPECT_EQ(said.estimates.outside.total.energy_mj->mean, 0.0);
  EXPECT_EQ(said.estimates.outside.total.power_mw->mean, 0.0);
  EXPECT_EQ(said.estimates.outside.rails[0].energy_mj->mean, 0.0);
}

TEST(Excite, WithoutAFitAllIsMissing) {
  Board board;
  board.core = true;
  Recording recording = board.record();
  recording.excitation.resize(2);
  const SlotTimes times = slot_times(recording.iterations, 20);
  const Excitation few = excite(recording, times);
  EXPECT_EQ(few.estimates.layers.size(), 2u);
  EXPECT_EQ(few.estimates.layers[1].rails.size(), 2u);
  EXPECT_EQ(few.estimates.layers[1].reason, "too_few_windows");
  EXPECT_EQ(few.estimates.outside.total.power_mw.reason(), "too_few_windows");
  EXPECT_EQ(few.total.energy_mj.reason(), "too_few_windows");
  EXPECT_EQ(few.rails.size(), 2u);
  EXPECT_NEAR(few.power_draw_mw->mean, 43.0 / 7.0 * 1000.0, 1e-3);
  EXPECT_EQ(few.reason, "excite: 2 windows are too few to tell 1 parts apart");
  for (Rail& rail : recording.power.rails) rail.in_total = false;
  const Excitation unknown = excite(recording, times);
  EXPECT_EQ(unknown.total.energy_mj.reason(), "unknown_rail_set");
  EXPECT_EQ(unknown.estimates.warnings.at(0).code, "unknown_rail_set");
}

}  // namespace
}  // namespace layerwatt
