#include "attribution/folded.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>
#include <numbers>
#include <random>
#include <vector>

#include "attribution/fit_case.hpp"

namespace layerwatt {
namespace {

using synthetic::fit_case;
using synthetic::FitCase;

TEST(MeanCycle, IsFromStartToStartAndEndsAtOne) {
  Iterations iterations;
  iterations.layers = {"a", "b"};
  iterations.start_ns = {0, 10'000'000, 20'000'000};
  iterations.end_ns = {8'000'000, 18'000'000, 28'000'000};
  iterations.layer_ms = {2.0, 5.0, 2.0, 5.0, 2.0, 5.0};
  const Cycle cycle = mean_cycle(iterations, make_segments(iterations));
  EXPECT_DOUBLE_EQ(cycle.period_ms, 10.0);
  ASSERT_EQ(cycle.edge.size(), 4U);
  EXPECT_DOUBLE_EQ(cycle.edge[1], 0.2);
  EXPECT_DOUBLE_EQ(cycle.edge[2], 0.7);
  EXPECT_DOUBLE_EQ(cycle.edge[3], 1.0);
}

// Harmonics count for −h too, and a turn of a quarter multiplies the first by i.
TEST(FoldedProblem, AReadingIsItsHarmonicsTurnedBack) {
  Cycle cycle;
  cycle.period_ms = 10.0;
  cycle.edge = {0.0, 1.0};
  const Eigen::VectorXd y = FoldedProblem(cycle, 2).reading({{2.0, 0.0}, {3.0, 1.0}}, 2.5);
  ASSERT_EQ(y.size(), 4);
  EXPECT_DOUBLE_EQ(y(0), 2.0);
  EXPECT_DOUBLE_EQ(y(1), 0.0);
  EXPECT_DOUBLE_EQ(y(2), -std::numbers::sqrt2);
  EXPECT_DOUBLE_EQ(y(3), 3.0 * std::numbers::sqrt2);
}

// Readings of one power each, at the middle of the first and of the second half of every inference.
TEST(Folds, AreTheReadingsMeansByPhaseMovedBack) {
  Iterations iterations;
  iterations.layers = {"a"};
  Readings readings;
  for (int i = 0; i < 8; ++i) {
    iterations.start_ns.push_back(i * 10'000'000);
    iterations.end_ns.push_back((i + 1) * 10'000'000);
    iterations.layer_ms.push_back(10.0);
    for (const double ms : {2.5, 7.5}) {
      readings.time_ms.push_back(10.0 * i + ms);
      readings.value.push_back(ms < 5.0 ? 1000.0 : 3000.0);
      readings.weight.push_back(1.0);
    }
  }
  readings.value.back() = 9e9;  // of an inference whose end is not known
  const Segments segments = make_segments(iterations);
  const Folds folds(iterations, segments, readings, 3, 5.0, 5.0);
  ASSERT_GE(folds.size(), 2U);
  EXPECT_EQ(folds.harmonics(), 3U);
  EXPECT_EQ(folds.nearest(2.4), 0);
  EXPECT_EQ(folds.nearest(2.6), 1);
  EXPECT_EQ(folds.nearest(-9.0), 0);
  EXPECT_EQ(folds.nearest(1e6), static_cast<long>(folds.size()) - 1);
  EXPECT_DOUBLE_EQ(folds.back_ms(1), 5.0);
  // Held from 0.25 to 0.75 and from there on: a square wave, −1000 · 2/π at the first harmonic.
  EXPECT_NEAR(folds.at(0)[0].real(), 2000.0, 5.0);
  EXPECT_NEAR(std::abs(folds.at(0)[1]), 2000.0 / std::numbers::pi, 5.0);
  EXPECT_NEAR(std::abs(folds.at(0)[2]), 0.0, 5.0);
  // Half an inference earlier high and low have changed places.
  EXPECT_NEAR(std::abs(folds.at(0)[1] + folds.at(1)[1]), 0.0, 5.0);
}

TEST(FoldedProblem, FitsTheTrueResponseAndNotAWrongOne) {
  const FitCase s = fit_case({.layers = 8, .seconds = 30.0, .window_ms = 2.2, .latency_ms = 3.0});
  const Cycle cycle = mean_cycle(s.made.recording.iterations, s.segments);
  const FoldedProblem problem(cycle, 24);
  const Folds folds(s.made.recording.iterations, s.segments, s.readings, 24, 1.0, 12.0);
  const auto misfit = [&](double window_ms, double latency_ms) {
    const long index = folds.nearest(latency_ms + 0.5 * window_ms);
    const Eigen::VectorXd y = problem.reading(folds.at(index), latency_ms - folds.back_ms(index));
    Eigen::Index least = -1;
    const double of_powers = problem.misfit_of_powers(window_ms, 0.0, y, least);
    EXPECT_EQ(least, 0);
    return of_powers;
  };
  EXPECT_LT(misfit(2.2, 3.0), 0.01);
  EXPECT_GT(misfit(2.2, 5.0), 0.05);
  EXPECT_GT(misfit(5.0, 3.0), 0.05);
}

// Inferences of 10 ms one after another whose layers take these times, each the same.
Iterations of_layers(const std::vector<double>& layer_ms, std::size_t count) {
  Iterations iterations;
  iterations.layers.resize(layer_ms.size());
  for (std::size_t i = 0; i < count; ++i) {
    const auto start_ns = static_cast<std::int64_t>(i) * 10'000'000;
    iterations.start_ns.push_back(start_ns);
    iterations.end_ns.push_back(start_ns + 10'000'000);
    iterations.layer_ms.insert(iterations.layer_ms.end(), layer_ms.begin(), layer_ms.end());
  }
  return iterations;
}

Cycle cycle_of(const Iterations& iterations) {
  return mean_cycle(iterations, make_segments(iterations));
}

TEST(MeanCycle, HasNoPartOutsideWhereTheLayersFillIt) {
  const Cycle full = cycle_of(of_layers({4.0, 6.0}, 3));
  EXPECT_EQ(full.edge, (std::vector<double>{0.0, 0.4, 1.0}));
  EXPECT_FALSE(full.outside);
  const Cycle nearly = cycle_of(of_layers({4.0, 5.9999}, 3));
  ASSERT_EQ(nearly.edge.size(), 4u);
  EXPECT_DOUBLE_EQ(nearly.edge[2], 0.99999);
  EXPECT_EQ(nearly.edge[3], 1.0);
  EXPECT_EQ(nearly.outside, 2u);
  EXPECT_EQ(nearly.part_of_layer, (std::vector<std::size_t>{0, 1}));
  // Rounded to a little more than the inference.
  EXPECT_EQ(cycle_of(of_layers({4.0, 7.0}, 3)).edge, (std::vector<double>{0.0, 0.4, 1.0}));
}

TEST(MeanCycle, OfOneInferenceIsThatInference) {
  const Cycle cycle = cycle_of(of_layers({4.0, 3.5}, 1));
  EXPECT_DOUBLE_EQ(cycle.period_ms, 10.0);
  EXPECT_EQ(cycle.edge, (std::vector<double>{0.0, 0.4, 0.75, 1.0}));
}

// A layer that was reported in one inference of two takes half as long in the mean.
TEST(MeanCycle, ALayerThatWasNotReportedTookNoTime) {
  Iterations iterations = of_layers({4.0, 4.0}, 4);
  iterations.layer_ms[0] = std::numeric_limits<double>::quiet_NaN();
  iterations.layer_ms[4] = std::numeric_limits<double>::quiet_NaN();
  const Cycle cycle = cycle_of(iterations);
  ASSERT_EQ(cycle.edge.size(), 4u);
  EXPECT_DOUBLE_EQ(cycle.edge[1], 0.2);
  EXPECT_DOUBLE_EQ(cycle.edge[2], 0.6);
}

// 96 parts at most: of 97 layers two make a part, of 200 three do.
TEST(MeanCycle, ManyLayersShareParts) {
  const auto of = [](std::size_t layers) {
    return cycle_of(of_layers(std::vector<double>(layers, 0.04), 3));
  };
  const Cycle all = of(96);
  EXPECT_EQ(all.edge.size(), 98u);  // one more than parts, and the part outside
  EXPECT_EQ(all.part_of_layer.back(), 95u);
  const Cycle pairs = of(97);
  ASSERT_EQ(pairs.edge.size(), 51u);
  EXPECT_DOUBLE_EQ(pairs.edge[1], 0.008);
  EXPECT_NEAR(pairs.edge[48], 0.384, 1e-12);
  EXPECT_NEAR(pairs.edge[49], 0.388, 1e-12) << "the last layer is alone";
  EXPECT_EQ(pairs.part_of_layer[94], 47u);
  EXPECT_EQ(pairs.part_of_layer[95], 47u);
  EXPECT_EQ(pairs.part_of_layer[96], 48u);
  EXPECT_EQ(pairs.outside, 49u);
  const Cycle threes = of(200);
  EXPECT_EQ(threes.part_of_layer[2], 0u);
  EXPECT_EQ(threes.part_of_layer[3], 1u);
  EXPECT_EQ(threes.part_of_layer.back(), 66u);
}

TEST(MiddleMs, IsHalfTheWindowAndTheTimeConstantBehindTheLatency) {
  EXPECT_DOUBLE_EQ(middle_ms({4.0, 10.0, 3.0, 100.0}), 15.0);
}

// By the definition: readings in 512 bins of the cycle, each the mean of what is in it or that of
// the last one before that has any, and the integral of those steps times exp(−2πi h phase).
std::vector<std::complex<double>> fold_by_definition(const std::vector<double>& start_ms,
                                                     const Readings& readings, double back_ms,
                                                     std::size_t harmonics) {
  std::vector<std::vector<double>> bins(512);
  for (std::size_t k = 0; k < readings.size(); ++k) {
    for (std::size_t i = 0; i + 1 < start_ms.size(); ++i) {
      const double since = readings.time_ms[k] - back_ms - start_ms[i];
      const double length = start_ms[i + 1] - start_ms[i];
      if (readings.weight[k] == 0.0 || since < 0.0 || since >= length) continue;
      bins[static_cast<std::size_t>(since / length * 512.0)].push_back(readings.row(k)[0]);
    }
  }
  std::vector<std::complex<double>> out;
  for (std::size_t h = 0; h < harmonics; ++h) {
    const std::complex<double> turn(0.0, -2.0 * std::numbers::pi * static_cast<double>(h));
    std::complex<double> sum = 0.0;
    for (std::size_t b = 0; b < 512; ++b) {
      std::size_t from = b;
      for (std::size_t n = 0; n < 512 && bins[from].empty(); ++n) from = (from + 511) % 512;
      double mean = 0.0;
      for (const double mw : bins[from]) mean += mw / static_cast<double>(bins[from].size());
      const double begin = static_cast<double>(b) / 512.0;
      // A step's own harmonic is that of its middle: its width is left out.
      sum += mean / 512.0 * std::exp(turn * (begin + 0.5 / 512.0));
    }
    const double half = std::numbers::pi * static_cast<double>(h) / 512.0;
    out.push_back(h == 0 ? sum : sum * half / std::sin(half));
  }
  return out;
}

TEST(Folds, AreWhatTheDefinitionSays) {
  std::mt19937_64 random(4);
  std::uniform_real_distribution<double> uniform;
  for (int trial = 0; trial < 6; ++trial) {
    Iterations iterations;
    std::vector<double> start_ms;
    double at = 0.0;
    for (int i = 0; i < 12; ++i) {
      start_ms.push_back(at);
      iterations.start_ns.push_back(std::llround(at * 1e6));
      at += 8.0 + static_cast<double>(random() % 5);
      iterations.end_ns.push_back(std::llround(at * 1e6) - 500'000);
    }
    Readings readings;
    readings.channels = 2;
    const auto add = [&](double time_ms) {
      readings.time_ms.push_back(time_ms);
      readings.weight.push_back(readings.size() % 7 == 3 ? 0.0 : 0.5 + uniform(random));
      readings.value.push_back(1000.0 * uniform(random));
      readings.value.push_back(9e9);
    };
    for (double t = -9.0; t < at + 20.0; t += trial < 3 ? 0.05 + uniform(random) : 4.0) {
      add(t);
      for (const double start : start_ms) {
        // At a start itself and just before: the first and the last bin.
        if (start > t && start <= t + 0.5) add(start - 0.001);
        if (start > t && start <= t + 0.5) add(start);
      }
    }
    std::sort(readings.time_ms.begin(), readings.time_ms.end());
    const Folds folds(iterations, make_segments(iterations), readings, 7, 1.5, 6.0);
    ASSERT_EQ(folds.size(), 5u) << "those less than 7.5 ms back";
    for (long f = 0; f < 5; ++f) {
      const auto by_sum = fold_by_definition(start_ms, readings, 1.5 * static_cast<double>(f), 7);
      for (std::size_t h = 0; h < 7; ++h) {
        EXPECT_NEAR(std::abs(folds.at(f)[h] - by_sum[h]), 0.0, 1e-8) << f << ' ' << h;
      }
    }
  }
}

TEST(Folds, OfReadingsThatAreAllOutAreNothing) {
  Readings readings;
  readings.time_ms = {1.0, 2.0};
  readings.weight = {0.0, 0.0};
  readings.value = {5.0, 5.0};
  const Iterations iterations = of_layers({10.0}, 3);
  const Folds folds(iterations, make_segments(iterations), readings, 2, 1.0, 0.5);
  ASSERT_EQ(folds.size(), 2u);
  EXPECT_EQ(folds.at(0)[0], std::complex<double>(0.0, 0.0));
  EXPECT_EQ(folds.at(0)[1], std::complex<double>(0.0, 0.0));
}

// One part all the time has no harmonics: of a mean of 3 and a first harmonic of 4 it leaves the
// 4, and of a mean of −3, which no power has, everything: 25 of 16.
TEST(FoldedProblem, AMisfitIsAShareOfWhatIsNotTheMean) {
  Cycle cycle;
  cycle.period_ms = 10.0;
  cycle.edge = {0.0, 1.0};
  const FoldedProblem problem(cycle, 2);
  ASSERT_EQ(problem.rows(), 4);
  ASSERT_EQ(problem.parts(), 1);
  const auto misfit = [&](const std::vector<double>& means, Eigen::Index& least) {
    Eigen::MatrixXd y(4, static_cast<Eigen::Index>(means.size()));
    for (std::size_t i = 0; i < means.size(); ++i) {
      y.col(static_cast<Eigen::Index>(i)) << means[i], 0.0, 4.0, 0.0;
    }
    return problem.misfit_of_powers(1.0, 0.0, y, least);
  };
  Eigen::Index least = -1;
  EXPECT_NEAR(misfit({3.0}, least), 1.0, 1e-6);
  EXPECT_NEAR(misfit({-3.0}, least), 25.0 / 16.0, 1e-6);
  EXPECT_EQ(least, 0);
  EXPECT_NEAR(misfit({-3.0, -1.0, -2.0}, least), 17.0 / 16.0, 1e-6);
  EXPECT_EQ(least, 1);
  misfit({3.0, 3.0}, least);
  EXPECT_EQ(least, 0) << "the first of equal ones";
}

// The steady state of a box behind a low pass, over parts of 1, 5 and 2 W: at phase t the mean over
// the box of what the low pass holds, by small steps from its own turn before.
struct Steady {
  static constexpr std::size_t kSteps = 20000;
  std::vector<double> mw;
  Steady(const std::vector<double>& edge, const std::vector<double>& power_mw, double window_ms,
         double tau_ms) {
    std::vector<double> sum(2 * kSteps + 1, 0.0);
    double state = 0.0;
    const double step_ms = 10.0 / static_cast<double>(kSteps);
    const double left = tau_ms > 0.0 ? std::exp(-step_ms / tau_ms) : 0.0;
    for (int turn = 0; turn < 20; ++turn) {
      for (std::size_t i = 0; i < 2 * kSteps; ++i) {
        const double phase = (static_cast<double>(i % kSteps) + 0.5) / static_cast<double>(kSteps);
        std::size_t part = 0;
        while (edge[part + 1] <= phase) ++part;
        const double next = power_mw[part] + (state - power_mw[part]) * left;
        sum[i + 1] = sum[i] + (tau_ms > 0.0 ? 0.5 * (state + next) : power_mw[part]);
        state = next;
      }
    }
    const auto box = std::max<std::size_t>(1, static_cast<std::size_t>(window_ms / step_ms + 0.5));
    for (std::size_t i = 0; i < kSteps; ++i) {
      mw.push_back((sum[kSteps + i + 1] - sum[kSteps + i + 1 - box]) / static_cast<double>(box));
    }
  }
  // At the end of step i the phase is (i + 1) / kSteps.
  std::vector<std::complex<double>> harmonics(std::size_t count) const {
    std::vector<std::complex<double>> out(count);
    for (std::size_t h = 0; h < count; ++h) {
      for (std::size_t i = 0; i < kSteps; ++i) {
        const double phase = static_cast<double>(i + 1) / static_cast<double>(kSteps);
        out[h] += mw[i] / static_cast<double>(kSteps) *
                  std::polar(1.0, -2.0 * std::numbers::pi * static_cast<double>(h) * phase);
      }
    }
    return out;
  }
};

TEST(FoldedProblem, TheTrueShapeLeavesNothingAndGivesThePowers) {
  Cycle cycle;
  cycle.period_ms = 10.0;
  cycle.edge = {0.0, 0.2, 0.7, 1.0};
  const std::vector<double> power_mw = {1000.0, 5000.0, 2000.0};
  const std::size_t harmonics = 12;
  const FoldedProblem problem(cycle, harmonics);
  struct Shape {
    double window_ms;
    double tau_ms;
  };
  for (const Shape& shape : {Shape{2.2, 1.3}, Shape{0.0, 0.8}, Shape{3.0, 0.0}}) {
    const Steady steady(cycle.edge, power_mw, shape.window_ms, shape.tau_ms);
    const Eigen::MatrixXd y = problem.reading(steady.harmonics(harmonics), 0.0);
    Eigen::Index least = -1;
    EXPECT_LT(problem.misfit_of_powers(shape.window_ms, shape.tau_ms, y, least), 1e-5);
    EXPECT_GT(problem.misfit_of_powers(shape.window_ms + 0.5, shape.tau_ms, y, least), 1e-4);
    EXPECT_GT(problem.misfit_of_powers(shape.window_ms, shape.tau_ms + 0.5, y, least), 1e-4);
    // Each part alone, as read; what it has in common with all of them.
    Eigen::MatrixXd products(3, 1);
    for (Eigen::Index j = 0; j < 3; ++j) {
      std::vector<double> alone(3, 0.0);
      alone[static_cast<std::size_t>(j)] = 1.0;
      const Steady part(cycle.edge, alone, shape.window_ms, shape.tau_ms);
      products(j, 0) = problem.reading(part.harmonics(harmonics), 0.0).dot(y.col(0));
    }
    const FoldedProblem::Fit fit = problem.fit(shape.window_ms, shape.tau_ms, products);
    EXPECT_NEAR(fit.explained(0), y.squaredNorm(), 1e-3 * y.squaredNorm());
    for (Eigen::Index j = 0; j < 3; ++j) {
      const double mw = power_mw[static_cast<std::size_t>(j)];
      EXPECT_NEAR(fit.power_mw(0)(j), mw, 0.01 * mw) << j;
    }
  }
}

}  // namespace
}  // namespace layerwatt
