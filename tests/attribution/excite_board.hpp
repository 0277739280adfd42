// A board that is excited, as the tests of excite() see it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include "attribution/excite.hpp"
#include "attribution/excite_fit.hpp"
#include "attribution/excite_windows.hpp"
#include "attribution/recordings.hpp"
#include "attribution/statistics.hpp"
#include "attribution/timeline.hpp"
#include "layerwatt/attribution.hpp"

namespace layerwatt::testing {

// In place: a 4 ms at 8 W, b 2 ms at 3 W. Repeats find their data in the cache: 3.2 ms and 2 ms.
// With 1 ms outside at 5 W a plain pass is 7 ms and 32 + 6 + 5 = 43 mJ.
struct Board {
  double outside_ms = 1.0;
  bool repeat_b = true;
  bool repeat_outside = false;
  double a_draws = 1.0;      // when it is repeated, relative to what it draws in its place
  double b_ms = 2.0;         // in place, as far as iterations say; a takes the rest of 6 ms
  double a_again_ms = 3.2;   // a repeat of a, in which it draws as much energy as in 3.2 ms
  std::uint32_t a_more = 2;  // repeats of a in a window
  double noise_mw = 0.0;
  double scatter_ms = 0.0;  // of a's and b's time
  bool core = false;        // a second rail, of half the power of the first
  bool core_in_total = false;

  Recording record() const {
    std::vector<Rail> rails{{"VDD_IN", true}};
    if (core) rails.push_back({"CORE", core_in_total});
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
      std::vector<std::vector<std::uint32_t>> rows{{0, 0, 0}, {a_more, 0, 0}, {0, 0, 0}};
      if (repeat_b) rows.push_back({0, 3, 0});
      if (repeat_outside) rows.push_back({0, 0, 7});
      rows.push_back({0, 0, 0});
      for (const auto& extra : rows) {
        const double longer_ms = a_again_ms * extra[0] + 2.0 * extra[1] + outside_ms * extra[2];
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
    board.scatter_ms = std::max(board.scatter_ms, 0.01);
    // No channel is like another: the total is of both rails.
    board.core = board.core_in_total = true;
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

}  // namespace layerwatt::testing
