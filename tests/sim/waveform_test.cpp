#include "sim/waveform.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

namespace layerwatt::sim {
namespace {

constexpr std::int64_t kMsNs = 1'000'000;

double at(const Waveform& waveform, void (Waveform::*what)(double, std::span<double>) const,
          double time_ms) {
  std::vector<double> out(waveform.rails());
  (waveform.*what)(time_ms * 1e6, out);
  return out[0];
}

TEST(Waveform, EnergyIsPowerTimesTime) {
  Waveform waveform({500.0}, 0.0);
  waveform.append(4 * kMsNs, std::vector<double>{2000.0});
  waveform.append(5 * kMsNs, std::vector<double>{10'000.0});
  // 2000 mW · 4 ms = 8 mJ; + 10000 mW · 0.5 ms = 5 mJ.
  EXPECT_NEAR(at(waveform, &Waveform::filtered_mj, 4.0), 8.0, 1e-12);
  EXPECT_NEAR(at(waveform, &Waveform::filtered_mj, 4.5), 13.0, 1e-12);
  EXPECT_NEAR(at(waveform, &Waveform::filtered_mj, -2.0), -1.0, 1e-12);
}

TEST(Waveform, ALowPassLosesNoEnergy) {
  Waveform waveform({500.0}, 5.0);
  waveform.append(10 * kMsNs, std::vector<double>{9000.0});
  waveform.append(500 * kMsNs, std::vector<double>{500.0});
  // After 98 time constants of idle nothing is left in the filter: 90 mJ + 245 mJ.
  EXPECT_NEAR(at(waveform, &Waveform::filtered_mj, 500.0), 335.0, 1e-9);
  // While it is loaded, what it still holds is missing: τ · (z − idle).
  const double loaded = 9000.0 - 8500.0 * std::exp(-2.0);
  EXPECT_NEAR(at(waveform, &Waveform::filtered_mw, 10.0), loaded, 1e-9);
  EXPECT_NEAR(at(waveform, &Waveform::filtered_mj, 10.0), 90.0 - 5.0 * (loaded - 500.0) / 1000.0,
              1e-12);
}

TEST(Waveform, OnlyTheDecidedAndRememberedCanBeRead) {
  Waveform waveform({500.0}, 1.0);
  for (int i = 1; i <= 100; ++i) waveform.append(i * kMsNs, std::vector<double>{100.0 * i});
  EXPECT_THROW(at(waveform, &Waveform::filtered_mw, 100.001), std::logic_error);
  const double before = at(waveform, &Waveform::filtered_mj, 50.0);
  waveform.forget_before(50 * kMsNs);
  EXPECT_EQ(at(waveform, &Waveform::filtered_mj, 50.0), before);
  EXPECT_THROW(at(waveform, &Waveform::filtered_mw, 48.9), std::logic_error);
  waveform.append(10 * kMsNs, std::vector<double>{1.0});  // in the past: nothing
  EXPECT_EQ(waveform.end_ns(), 100 * kMsNs);
}

TEST(Waveform, MemoryStaysFlatAndValuesStayExact) {
  Waveform trimmed({500.0}, 2.0);
  Waveform whole({500.0}, 2.0);
  std::size_t largest = 0;
  for (int i = 1; i <= 50'000; ++i) {
    const std::vector<double> power{1000.0 + 37.0 * (i % 101)};
    trimmed.append(i * kMsNs / 10, power);
    whole.append(i * kMsNs / 10, power);
    trimmed.forget_before((i - 200) * kMsNs / 10);
    largest = std::max(largest, trimmed.size());
    if (i % 997 == 0) {
      const double time_ms = (i - 150) / 10.0 + 0.033;
      EXPECT_EQ(at(trimmed, &Waveform::filtered_mj, time_ms),
                at(whole, &Waveform::filtered_mj, time_ms));
    }
  }
  EXPECT_LE(largest, 202u);
}

}  // namespace
}  // namespace layerwatt::sim
