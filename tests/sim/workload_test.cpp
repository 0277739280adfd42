#include "sim/workload.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "sim/spec_text.hpp"

namespace layerwatt::sim {
namespace {

using fake::spec_with;
using testing::ElementsAre;

TEST(Workload, WithoutJitterEveryInferenceIsTheNominalOne) {
  Workload workload(spec_with(R"({"engine": {"outside": {"time_ms": 0.5, "power_mw": 1500}}})"), 1);
  DrawnInference drawn;
  for (int i = 0; i < 2; ++i) {
    workload.draw(0.0, drawn);
    EXPECT_THAT(drawn.stretch_ns, ElementsAre(2'000'000, 1'000'000, 500'000));
    EXPECT_THAT(drawn.power_mw, ElementsAre(5000.0, 3000.0, 1500.0));
  }
}

struct Series {
  std::vector<double> first_ms;
  std::vector<double> second_ms;
  std::vector<double> first_mw;
};

Series draw_many(const std::string& patch) {
  Workload workload(spec_with(patch), 7);
  Series series;
  DrawnInference drawn;
  for (int i = 0; i < 20'000; ++i) {
    workload.draw(0.0, drawn);
    series.first_ms.push_back(static_cast<double>(drawn.stretch_ns[0]) * 1e-6);
    series.second_ms.push_back(static_cast<double>(drawn.stretch_ns[1]) * 1e-6);
    series.first_mw.push_back(drawn.power_mw[0]);
  }
  return series;
}

double mean(const std::vector<double>& values) {
  double sum = 0.0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

double covariance(const std::vector<double>& a, const std::vector<double>& b) {
  const double mean_a = mean(a);
  const double mean_b = mean(b);
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - mean_a) * (b[i] - mean_b);
  return sum / static_cast<double>(a.size());
}

double relative_std(const std::vector<double>& values) {
  return std::sqrt(covariance(values, values)) / mean(values);
}

double correlation(const std::vector<double>& a, const std::vector<double>& b) {
  return covariance(a, b) / std::sqrt(covariance(a, a) * covariance(b, b));
}

constexpr char kOwnJitter[] = R"({"engine": {"layers": [
  {"name": "a", "time_ms": 2, "power_mw": 5000, "jitter": 0.1, "power_jitter": 0.05},
  {"name": "b", "time_ms": 1, "power_mw": 3000, "jitter": 0.2}]}})";

TEST(Workload, OwnJitterIsOfEachLayerAlone) {
  const Series got = draw_many(kOwnJitter);
  EXPECT_NEAR(mean(got.first_ms), 2.0, 0.01);
  EXPECT_NEAR(relative_std(got.first_ms), 0.1, 0.005);
  EXPECT_NEAR(relative_std(got.second_ms), 0.2, 0.01);
  EXPECT_NEAR(relative_std(got.first_mw), 0.05, 0.003);
  EXPECT_NEAR(correlation(got.first_ms, got.second_ms), 0.0, 0.03);
}

TEST(Workload, CommonJitterMovesAllTimesTogether) {
  const Series got = draw_many(R"({"engine": {"common_jitter": 0.1}})");
  EXPECT_NEAR(relative_std(got.first_ms), 0.1, 0.005);
  EXPECT_NEAR(correlation(got.first_ms, got.second_ms), 1.0, 1e-6);
}

TEST(Workload, DriftIsAWarmUpAndAWave) {
  DriftSpec drift;
  EXPECT_EQ(drift_factor(drift, 10.0), 1.0);
  drift.rise = 0.1;
  drift.time_constant_s = 20.0;
  EXPECT_EQ(drift_factor(drift, 0.0), 1.0);
  EXPECT_NEAR(drift_factor(drift, 20.0), 1.063212055882856, 1e-12);  // 1 + 0.1 · (1 − e⁻¹)
  drift.amplitude = 0.05;
  drift.period_s = 80.0;
  EXPECT_NEAR(drift_factor(drift, 20.0), 1.113212055882856, 1e-12);
}

}  // namespace
}  // namespace layerwatt::sim
