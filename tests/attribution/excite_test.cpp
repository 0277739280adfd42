#include "attribution/excite.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "attribution/recordings.hpp"
#include "layerwatt/attribution.hpp"
#include "layerwatt/error.hpp"

namespace layerwatt {
namespace {

using layerwatt::testing::at_ms;
using layerwatt::testing::Builder;
using layerwatt::testing::find_warning;
using ::testing::ElementsAre;

// In place: a 4 ms at 8 W, b 2 ms at 3 W. Repeats find their data in the cache: 3.2 ms and 2 ms.
// With 1 ms outside at 5 W a plain pass is 7 ms and 32 + 6 + 5 = 43 mJ.
struct Board {
  double outside_ms = 1.0;
  bool repeat_b = true;
  bool repeat_outside = false;
  double a_draws = 1.0;  // when it is repeated, relative to what it draws in its place

  Recording record() const {
    Builder built({"a", "b"});
    const double pass_ms = 6.0 + outside_ms;
    double now = 0.0;
    for (int i = 0; i < 40; ++i, now += pass_ms) built.inference(now, now + 6.0, {4.0, 2.0});
    Recording& recording = built.get();
    for (std::uint64_t round = 1; round <= 3; ++round) {
      std::vector<std::vector<std::uint32_t>> rows{{0, 0, 0}, {2, 0, 0}, {0, 0, 0}};
      if (repeat_b) rows.push_back({0, 3, 0});
      if (repeat_outside) rows.push_back({0, 0, 7});
      rows.push_back({0, 0, 0});
      for (const auto& extra : rows) {
        const double longer_ms = 3.2 * extra[0] + 2.0 * extra[1] + outside_ms * extra[2];
        const double longer_mj =
            25.6 * a_draws * extra[0] + 6.0 * extra[1] + 5.0 * outside_ms * extra[2];
        const double mw = 1000.0 * (38.0 + 5.0 * outside_ms + longer_mj) / (pass_ms + longer_ms);
        ExcitationWindow window;
        window.round = round;
        window.passes = 100;
        window.extra = extra;
        window.start_ns = at_ms(now);
        window.settled_ns = at_ms(now += 300.0);
        for (int k = 1; k < 10; ++k) built.sample(now + 10.0 * k, mw);
        window.end_ns = at_ms(now += 100.0 * (pass_ms + longer_ms));
        recording.excitation.push_back(window);
      }
    }
    return recording;
  }
};

TEST(Excite, EnergyIsThePowerOfTheRepeatsTimesTheTimeInPlace) {
  const Result result = attribute(Board{}.record());
  EXPECT_EQ(result.method, Method::excite);
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

}  // namespace
}  // namespace layerwatt
