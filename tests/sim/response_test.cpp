#include "sim/response.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace layerwatt::sim {
namespace {

constexpr double kMs = 1e6;
constexpr std::int64_t kMsNs = 1'000'000;

// Idle 1000 mW; 3000 mW from 10 ms on, and the same again five times larger.
Waveform step(double time_constant_ms) {
  Waveform waveform({1000.0, 5000.0}, time_constant_ms);
  waveform.append(10 * kMsNs, std::vector<double>{1000.0, 5000.0});
  waveform.append(100 * kMsNs, std::vector<double>{3000.0, 15000.0});
  return waveform;
}

std::vector<double> mean(const Waveform& waveform, double window_ms, double end_ms) {
  std::vector<double> scratch;
  std::vector<double> out(waveform.rails());
  mean_power_mw(waveform, {window_ms * kMs, 0.0, {}}, end_ms * kMs, scratch, out);
  return out;
}

TEST(Response, InstantPowerIsThatBeforeAStep) {
  const Waveform waveform = step(0.0);
  EXPECT_DOUBLE_EQ(mean(waveform, 0.0, 10.0)[0], 1000.0);
  EXPECT_DOUBLE_EQ(mean(waveform, 0.0, 10.001)[0], 3000.0);
  EXPECT_DOUBLE_EQ(mean(waveform, 0.0, -5.0)[0], 1000.0);
  EXPECT_DOUBLE_EQ(mean(waveform, 0.0, 100.0)[0], 3000.0);
}

TEST(Response, BoxOverAStepMixesByOverlap) {
  const Waveform waveform = step(0.0);
  // 4 ms box that ends 1 ms after the step: 3/4 · 1000 + 1/4 · 3000.
  EXPECT_NEAR(mean(waveform, 4.0, 11.0)[0], 1500.0, 1e-9);
  EXPECT_NEAR(mean(waveform, 4.0, 11.0)[1], 7500.0, 1e-9);
  EXPECT_NEAR(mean(waveform, 4.0, 10.0)[0], 1000.0, 1e-9);
  EXPECT_NEAR(mean(waveform, 4.0, 14.0)[0], 3000.0, 1e-9);
  // Reaching back before the waveform's begin, where it is idle.
  EXPECT_NEAR(mean(waveform, 20.0, 12.0)[0], (18.0 * 1000.0 + 2.0 * 3000.0) / 20.0, 1e-9);
}

TEST(Response, LowPassOfAStepIsExponential) {
  const Waveform waveform = step(5.0);
  EXPECT_NEAR(mean(waveform, 0.0, 10.0)[0], 1000.0, 1e-9);
  // 1000 + 2000 · (1 − e⁻¹)
  EXPECT_NEAR(mean(waveform, 0.0, 15.0)[0], 2264.241117657115, 1e-9);
  EXPECT_NEAR(mean(waveform, 0.0, 25.0)[0], 2900.42586326427, 1e-9);
}

TEST(Response, BoxAfterLowPass) {
  const Waveform waveform = step(5.0);
  // Over (10, 15] ms: 3000 − 2000 · (5/5) · (1 − e⁻¹) = 1735.76.
  EXPECT_NEAR(mean(waveform, 5.0, 15.0)[0], 1735.758882342885, 1e-8);
  EXPECT_NEAR(mean(waveform, 5.0, 15.0)[1], 5.0 * 1735.758882342885, 1e-8);
}

TEST(Response, ConversionGridHoldsTheLastFinishedConversion) {
  Response response{0.0, 2.0 * kMs, Grid{6.0 * kMs, 1.0 * kMs}};
  // Conversions end at …, −5, 1, 7, 13, … ms; a reading at t sees what ended by t − 2.
  EXPECT_DOUBLE_EQ(conversion_at(response, 9.0 * kMs).end_ns, 7.0 * kMs);
  EXPECT_DOUBLE_EQ(conversion_at(response, 8.9 * kMs).end_ns, 1.0 * kMs);
  EXPECT_DOUBLE_EQ(conversion_at(response, 14.9 * kMs).end_ns, 7.0 * kMs);
  EXPECT_DOUBLE_EQ(conversion_at(response, 0.0).end_ns, -5.0 * kMs);
  EXPECT_EQ(conversion_at(response, 9.0 * kMs).index, 1);
  EXPECT_EQ(conversion_at(response, 0.0).index, -1);
  response.grid.reset();
  EXPECT_DOUBLE_EQ(conversion_at(response, 9.0 * kMs).end_ns, 7.0 * kMs);
}

// The closed forms against brute force, on a waveform of stretches of every length.
TEST(Response, AgreesWithAFineQuadrature) {
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> length(0.02, 2.0);
  std::uniform_real_distribution<double> power(500.0, 20'000.0);
  const double tau_ms = 3.0;
  Waveform waveform({2000.0}, tau_ms);
  std::vector<double> fine;  // every 1 µs
  std::int64_t end = 0;
  while (end < 60 * kMsNs) {
    const double mw = power(random);
    const auto us = static_cast<std::int64_t>(1000.0 * length(random));
    end += us * 1000;
    waveform.append(end, std::vector<double>{mw});
    fine.insert(fine.end(), static_cast<std::size_t>(us), mw);
  }
  std::vector<double> filtered;  // at the middle of every 1 µs
  double state = 2000.0;
  for (const double mw : fine) {
    state = mw + (state - mw) * std::exp(-0.0005 / tau_ms);
    filtered.push_back(state);
    state = mw + (state - mw) * std::exp(-0.0005 / tau_ms);
  }
  for (const int window_us : {37, 1100, 6600}) {
    for (int end_us = 7000; end_us < 60'000; end_us += 1731) {
      double sum = 0.0;
      for (int i = end_us - window_us; i < end_us; ++i)
        sum += filtered[static_cast<std::size_t>(i)];
      EXPECT_NEAR(mean(waveform, window_us / 1000.0, end_us / 1000.0)[0], sum / window_us, 1e-3)
          << window_us << " µs up to " << end_us << " µs";
    }
  }
}

}  // namespace
}  // namespace layerwatt::sim
