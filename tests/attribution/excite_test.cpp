#include "attribution/excite.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include "attribution/excite_fit.hpp"
#include "attribution/excite_windows.hpp"
#include "attribution/recordings.hpp"
#include "attribution/statistics.hpp"
#include "attribution/timeline.hpp"
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
  double b_ms = 2.0;     // in place, as far as iterations say; a takes the rest of 6 ms
  double noise_mw = 0.0;
  double scatter_ms = 0.0;  // of a's and b's time
  bool core = false;        // a rail of half the power beside the total

  Recording record() const {
    std::vector<Rail> rails{{"VDD_IN", true}};
    if (core) rails.push_back({"CORE", false});
    Builder built({"a", "b"}, rails);
    std::mt19937_64 random(7);
    std::normal_distribution<double> normal(0.0, 1.0);
    const auto off = [&](double size) { return size > 0.0 ? size * normal(random) : 0.0; };
    const double pass_ms = 6.0 + outside_ms;
    double now = 0.0;
    for (int i = 0; i < 40; ++i, now += pass_ms) {
      const double a_off = off(scatter_ms);
      const double b_off = off(scatter_ms);
      built.inference(now, now + 6.0 + a_off + b_off, {6.0 - b_ms + a_off, b_ms + b_off});
    }
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
        const double seen_mw = mw + off(noise_mw);
        std::vector<double> channels{seen_mw};
        if (core) channels.push_back(seen_mw / 2.0 + off(noise_mw));
        for (int k = 1; k < 10; ++k) built.sample(now + 10.0 * k, channels);
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

// A board whose readings and times scatter, what excite() says of it, and what that is by the fit
// of its windows.
struct Scattering {
  explicit Scattering(Board board)
      : recording(scattered(board)),
        times(slot_times(recording.iterations, 20)),
        fit(*fit_excitation(observe_windows(recording).windows).fit),
        t(student_t(fit.degrees)),
        said(excite(recording, times)) {
    outside_ms = fit.pass_ms - times.mean_ms[0] - times.mean_ms[1];
  }
  static Recording scattered(Board board) {
    board.noise_mw = 20.0;
    board.scatter_ms = 0.01;
    board.core = true;
    return board.record();
  }

  double ms(std::size_t slot) const { return slot < 2 ? times.mean_ms[slot] : outside_ms; }
  double mw(std::size_t row, Eigen::Index channel = 0) const {
    return fit.power_mw(static_cast<Eigen::Index>(row), channel);
  }
  // Student's t of the batches' means, as the half of an interval of the mean time.
  double time_half_ms(std::size_t slot) const {
    double squares = 0.0;
    for (const double batch_ms : times.slot(slot)) {
      squares += std::pow(batch_ms / 2.0 - ms(slot), 2);
    }
    return student_t(19) * std::sqrt(squares / 19.0 / 20.0);
  }
  // By what a repeat is quicker, in energy.
  double repeat_error_mj(std::size_t row) const {
    const double extra_ms = fit.extra_ms(static_cast<Eigen::Index>(row));
    return std::abs(mw(row) * (ms(fit.parts[row]) - extra_ms)) / 1e3;
  }
  double repeat_errors_mj() const {
    double sum_mj = 0.0;
    for (std::size_t row = 0; row < fit.parts.size(); ++row) {
      if (fit.parts[row] < 2) sum_mj += repeat_error_mj(row);
    }
    return sum_mj;
  }
  // Of the pass less the parts; c has 1 for the pass and then -time for each part.
  double rest_half_mj() const {
    const auto n = static_cast<Eigen::Index>(fit.parts.size());
    Eigen::VectorXd c(n + 1);
    Eigen::MatrixXd covariance(n + 1, n + 1);
    covariance(0, 0) = std::pow(fit.pass_mj_std(0), 2);
    covariance.col(0).tail(n) = fit.pass_covariance;
    covariance.row(0).tail(n) = fit.pass_covariance.transpose();
    covariance.bottomRightCorner(n, n) = fit.covariance;
    c(0) = 1.0;
    for (Eigen::Index i = 0; i < n; ++i)
      c(i + 1) = -ms(fit.parts[static_cast<std::size_t>(i)]) / 1e3;
    double variance = c.dot(covariance * c);
    const double outside_mw = fit.parts.back() == 2 ? mw(fit.parts.size() - 1) : 0.0;
    for (std::size_t row = 0; row < fit.parts.size(); ++row) {
      if (fit.parts[row] == 2) continue;
      variance += std::pow((mw(row) - outside_mw) * time_half_ms(fit.parts[row]) / 1e3 / t, 2);
    }
    return t * std::sqrt(variance);
  }
  double left_mj(Eigen::Index channel = 0) const {
    double mj = fit.pass_mj(channel);
    for (std::size_t row = 0; row < fit.parts.size(); ++row) {
      mj -= mw(row, channel) * ms(fit.parts[row]) / 1e3;
    }
    return mj;
  }

  static void expect(const Known<Estimate>& value, double mean, std::optional<double> half) {
    ASSERT_TRUE(value);
    EXPECT_NEAR(value->mean / mean, 1.0, 1e-9);
    ASSERT_EQ(value->ci95.has_value(), half.has_value());
    if (!half) return;
    EXPECT_NEAR((value->ci95->hi - mean) / *half, 1.0, 1e-6);
    EXPECT_NEAR(value->ci95->lo, std::max(0.0, mean - *half), 1e-6 * mean);
  }
  // Of a part that was repeated; widened by `wider`, relative.
  void expect_measured(const LayerPower& layer, std::size_t row, double wider) const {
    const double place_ms = ms(fit.parts[row]);
    ASSERT_EQ(layer.rails.size(), 2u);
    for (Eigen::Index channel = 0; channel < 3; ++channel) {
      SCOPED_TRACE(channel);
      const ColumnPower& said_of =
          channel == 0 ? layer.total : layer.rails[static_cast<std::size_t>(channel - 1)];
      const double mean_mw = mw(row, channel);
      const double half_mw = t * fit.power_std(static_cast<Eigen::Index>(row), channel);
      const double time_half = fit.parts[row] < 2 ? time_half_ms(fit.parts[row]) : 0.0;
      expect(said_of.power_mw, mean_mw, std::hypot(half_mw, wider * mean_mw));
      expect(said_of.energy_mj, mean_mw * place_ms / 1e3,
             std::hypot(half_mw * place_ms / 1e3, mean_mw * time_half / 1e3,
                        wider * mean_mw * place_ms / 1e3));
    }
  }
  // Of what counts at the mean power.
  void expect_mean_power(const LayerPower& layer, double place_ms) const {
    EXPECT_EQ(layer.reason, "at_the_mean_power");
    for (Eigen::Index channel = 0; channel < 3; ++channel) {
      SCOPED_TRACE(channel);
      const ColumnPower& said_of =
          channel == 0 ? layer.total : layer.rails[static_cast<std::size_t>(channel - 1)];
      const double mean_mw = 1e3 * fit.pass_mj(channel) / fit.pass_ms;
      expect(said_of.power_mw, mean_mw, mean_mw);
      expect(said_of.energy_mj, mean_mw * place_ms / 1e3, mean_mw * place_ms / 1e3);
    }
  }
  // Twice of the pass what is apart beyond chance.
  double relative(double sum_mj, double assumed_mj) const {
    const double off_mj = sum_mj - fit.pass_mj(0);
    const double half_mj = std::hypot(rest_half_mj(), assumed_mj);
    return 2.0 * std::sqrt(std::max(0.0, off_mj * off_mj - half_mj * half_mj)) / fit.pass_mj(0);
  }

  Recording recording;
  SlotTimes times;
  ExciteFit fit;
  double t;
  Excitation said;
  double outside_ms = 0.0;
};

TEST(Excite, IntervalsWhereOutsideIsWhatIsLeft) {
  const Scattering of(Board{});
  const PowerEstimates& said = of.said.estimates;
  for (std::size_t row = 0; row < 2; ++row) {
    SCOPED_TRACE(row);
    of.expect_measured(said.layers[row], row,
                       of.repeat_error_mj(row) / (of.mw(row) * of.ms(row) / 1e3));
    EXPECT_EQ(said.layers[row].samples, 27u);
  }
  const double half_mj = std::hypot(of.rest_half_mj(), of.repeat_errors_mj());
  Scattering::expect(said.outside.total.energy_mj, of.left_mj(), half_mj);
  Scattering::expect(said.outside.total.power_mw, 1e3 * of.left_mj() / of.outside_ms,
                     1e3 * half_mj / of.outside_ms);
  for (const std::size_t rail : {0u, 1u}) {
    const double mj = of.left_mj(static_cast<Eigen::Index>(rail) + 1);
    Scattering::expect(said.outside.rails[rail].energy_mj, mj, std::nullopt);
    Scattering::expect(said.outside.rails[rail].power_mw, 1e3 * mj / of.outside_ms, std::nullopt);
  }
  EXPECT_TRUE(of.said.outside_is_rest);
  EXPECT_TRUE(said.groups.empty());
}

TEST(Excite, ThePassIsThatOfTheFit) {
  const Scattering of(Board{});
  ASSERT_EQ(of.said.rails.size(), 2u);
  for (Eigen::Index channel = 0; channel < 3; ++channel) {
    const ColumnPower& pass =
        channel == 0 ? of.said.total : of.said.rails[static_cast<std::size_t>(channel - 1)];
    const double half_mj = of.t * of.fit.pass_mj_std(channel);
    Scattering::expect(pass.energy_mj, of.fit.pass_mj(channel), half_mj);
    Scattering::expect(pass.power_mw, 1e3 * of.fit.pass_mj(channel) / of.fit.pass_ms,
                       1e3 * half_mj / of.fit.pass_ms);
  }
}

TEST(Excite, IntervalsWhereTheSumIsChecked) {
  for (const double a_draws : {1.0, 1.2}) {
    Board board;
    board.repeat_outside = true;
    board.a_draws = a_draws;
    const Scattering of(board);
    const PowerEstimates& said = of.said.estimates;
    double sum_mj = 0.0;
    for (std::size_t row = 0; row < 3; ++row) sum_mj += of.mw(row) * of.ms(row) / 1e3;
    const double relative = of.relative(sum_mj, 0.0);
    EXPECT_EQ(relative > 0.1, a_draws > 1.0);
    EXPECT_EQ(find_warning(said.warnings, "closure_off") != nullptr, relative > 0.0);
    for (std::size_t row = 0; row < 2; ++row) of.expect_measured(said.layers[row], row, relative);
    of.expect_measured(said.outside, 2, relative);
    EXPECT_FALSE(of.said.outside_is_rest);
  }
}

TEST(Excite, IntervalsWhereLittleIsOutside) {
  Board board;
  board.outside_ms = 0.06;
  board.a_draws = 1.2;
  const Scattering of(board);
  const PowerEstimates& said = of.said.estimates;
  of.expect_mean_power(said.outside, of.outside_ms);
  const double outside_mj = of.fit.pass_mj(0) / of.fit.pass_ms * of.outside_ms;
  const double relative =
      of.relative((of.mw(0) * of.ms(0) + of.mw(1) * of.ms(1)) / 1e3 + outside_mj, outside_mj);
  EXPECT_GT(relative, 0.1);
  for (std::size_t row = 0; row < 2; ++row) of.expect_measured(said.layers[row], row, relative);
}

TEST(Excite, ALayerThatSharesWithOutsideHasAnIntervalTogetherWithIt) {
  Board board;
  board.repeat_b = false;
  const Scattering of(board);
  const PowerEstimates& said = of.said.estimates;
  const double rest_ms = of.ms(1) + of.outside_ms;
  for (Eigen::Index channel = 0; channel < 3; ++channel) {
    const auto column = [&](const LayerPower& layer) {
      return channel == 0 ? layer.total : layer.rails[static_cast<std::size_t>(channel - 1)];
    };
    const double mw = 1e3 * of.left_mj(channel) / rest_ms;
    Scattering::expect(column(said.layers[1]).power_mw, mw, std::nullopt);
    Scattering::expect(column(said.layers[1]).energy_mj, mw * of.ms(1) / 1e3, std::nullopt);
    Scattering::expect(column(said.outside).power_mw, mw, std::nullopt);
    Scattering::expect(column(said.outside).energy_mj, mw * of.outside_ms / 1e3, std::nullopt);
  }
  EXPECT_EQ(said.outside.reason, "what_is_left");
  EXPECT_EQ(said.layers[1].reason, "not_repeated");
  EXPECT_EQ(said.layers[1].group, 0u);
  EXPECT_EQ(said.layers[1].samples, 0u);
  ASSERT_EQ(said.groups.size(), 1u);
  Scattering::expect(said.groups[0].energy_mj, of.left_mj() * of.ms(1) / rest_ms,
                     std::hypot(of.rest_half_mj(), of.repeat_errors_mj()) +
                         of.left_mj() * of.outside_ms / rest_ms);
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
