#include "sim/sampler.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "sim/spec_text.hpp"

namespace layerwatt::sim {
namespace {

using fake::spec_with;

constexpr std::int64_t kMsNs = 1'000'000;

// A slow ramp of stretches of 1 ms: 1000, 1010, 1020, … mW.
Waveform ramp(int length_ms) {
  Waveform waveform({1000.0}, 0.0);
  for (int i = 0; i < length_ms; ++i) {
    waveform.append((i + 1) * kMsNs, std::vector<double>{1000.0 + 10.0 * i});
  }
  return waveform;
}

Waveform flat(double mw, int length_ms) {
  Waveform waveform({mw}, 0.0);
  waveform.append(length_ms * kMsNs, std::vector<double>{mw});
  return waveform;
}

std::vector<Sample> take_all(Sampler& sampler, const Waveform& waveform) {
  std::vector<Sample> samples;
  sampler.begin(0, 5.0);
  while (sampler.next_ns() <= waveform.end_ns()) {
    Sample sample;
    if (sampler.take(waveform, sample)) samples.push_back(sample);
  }
  return samples;
}

std::vector<Sample> take_all(const std::string& patch, const Waveform& waveform) {
  const Spec spec = spec_with(patch);
  Sampler sampler(spec, spec.seed);
  return take_all(sampler, waveform);
}

struct Moments {
  double mean;
  double std;
};

Moments moments(const std::vector<double>& values) {
  double sum = 0.0;
  double squares = 0.0;
  for (const double value : values) {
    sum += value;
    squares += value * value;
  }
  const auto count = static_cast<double>(values.size());
  return {sum / count, std::sqrt(squares / count - sum * sum / (count * count))};
}

std::vector<double> first_values(const std::vector<Sample>& samples) {
  std::vector<double> values;
  for (const Sample& sample : samples) values.push_back(sample.values[0]);
  return values;
}

TEST(Sampler, LatencyShiftsWhatIsSeen) {
  const auto samples = take_all(R"({"sensor": {"period_ms": 1, "latency_ms": 7.5}})", ramp(20));
  ASSERT_EQ(samples.size(), 21u);
  EXPECT_EQ(samples[20].time_ns, 20 * kMsNs);
  EXPECT_EQ(samples[20].values[0], 1120.0);  // the power at 12.5 ms
  EXPECT_EQ(samples[7].values[0], 1000.0);   // before the beginning
}

TEST(Sampler, AGridRepeatsItsLatestConversionAndItsNoise) {
  const auto samples = take_all(
      R"({"sensor": {"period_ms": 1, "noise_mw": 3, "grid": {"period_ms": 5, "phase_ms": 2}}})",
      flat(8000.0, 1000));
  ASSERT_EQ(samples.size(), 1001u);
  std::vector<double> conversions;
  for (std::size_t i = 2; i + 5 < samples.size(); i += 5) {
    for (std::size_t k = 1; k < 5; ++k) EXPECT_EQ(samples[i + k].values, samples[i].values);
    EXPECT_NE(samples[i + 5].values, samples[i].values);
    conversions.push_back(samples[i].values[0]);
  }
  EXPECT_NEAR(moments(conversions).std, 3.0, 0.5);
}

TEST(Sampler, APhaseThatIsNotGivenIsDrawnFromTheSeed) {
  const Spec spec = spec_with(R"({"sensor": {"grid": {"period_ms": 6.6}}})");
  const double one = Sampler(spec, 1).response().grid->phase_ns;
  EXPECT_EQ(one, Sampler(spec, 1).response().grid->phase_ns);
  EXPECT_NE(one, Sampler(spec, 2).response().grid->phase_ns);
  EXPECT_GE(one, 0.0);
  EXPECT_LT(one, 6.6e6);
}

TEST(Sampler, NoiseHasTheDeviationAskedFor) {
  const auto samples =
      take_all(R"({"sensor": {"period_ms": 1, "noise_mw": 30}})", flat(8000.0, 20'000));
  const Moments got = moments(first_values(samples));
  EXPECT_NEAR(got.mean, 8000.0, 1.0);
  EXPECT_NEAR(got.std, 30.0, 0.6);
}

TEST(Sampler, QuantisationRoundsToTheNearestStep) {
  const auto quantised = [](double mw) {
    return take_all(R"({"rails": [{"name": "VDD_IN", "idle_mw": 0, "step_mw": 400}]})",
                    flat(mw, 10))[3]
        .values[0];
  };
  EXPECT_EQ(quantised(1999.0), 2000.0);
  EXPECT_EQ(quantised(1801.0), 2000.0);
  EXPECT_EQ(quantised(1799.0), 1600.0);
  EXPECT_EQ(quantised(150.0), 0.0);
}

TEST(Sampler, AnEnergyCounterShowsCompleteSteps) {
  const auto samples = take_all(
      R"({"rails": [{"name": "VDD_IN", "idle_mw": 8000, "step_mj": 3}],
          "sensor": {"reading": "energy", "period_ms": 1}})",
      flat(8000.0, 10));
  EXPECT_EQ(samples[0].values[0], 0.0);
  EXPECT_EQ(samples[1].values[0], 6.0);  // 8 mJ
  EXPECT_EQ(samples[2].values[0], 15.0);
  EXPECT_EQ(samples[10].values[0], 78.0);
}

TEST(Sampler, StampErrorsHaveTheDeviationAskedForAndStampsAreSorted) {
  const auto small =
      take_all(R"({"sensor": {"period_ms": 5, "stamp_error_ms": 0.1}})", flat(1.0, 100'000));
  std::vector<double> error_ms;
  for (std::size_t i = 0; i < small.size(); ++i) {
    error_ms.push_back(static_cast<double>(small[i].time_ns) * 1e-6 - 5.0 * static_cast<double>(i));
  }
  EXPECT_NEAR(moments(error_ms).mean, 0.0, 0.003);
  EXPECT_NEAR(moments(error_ms).std, 0.1, 0.002);

  const auto large =
      take_all(R"({"sensor": {"period_ms": 1, "stamp_error_ms": 3}})", flat(1.0, 10'000));
  for (std::size_t i = 1; i < large.size(); ++i) {
    ASSERT_GT(large[i].time_ns, large[i - 1].time_ns);
  }
}

TEST(Sampler, TheCadenceWandersAsThatOfASleepingLoop) {
  const auto samples =
      take_all(R"({"sensor": {"period_ms": 5, "period_jitter_ms": 0.2}})", flat(1.0, 50'000));
  std::vector<double> interval_ms;
  for (std::size_t i = 1; i < samples.size(); ++i) {
    interval_ms.push_back(static_cast<double>(samples[i].time_ns - samples[i - 1].time_ns) * 1e-6);
  }
  EXPECT_NEAR(moments(interval_ms).mean, 5.0, 0.01);
  EXPECT_NEAR(moments(interval_ms).std, 0.2, 0.006);
}

TEST(Sampler, ReadingsAreLostAsOftenAsAskedForAndTheRestIsUnmoved) {
  const std::string rest = R"("period_ms": 1, "noise_mw": 30, "stamp_error_ms": 0.01)";
  const auto all = take_all("{\"sensor\": {" + rest + "}}", flat(8000.0, 10'000));
  const auto some =
      take_all("{\"sensor\": {" + rest + R"(, "drop_probability": 0.1}})", flat(8000.0, 10'000));
  EXPECT_EQ(all.size(), 10'001u);
  EXPECT_NEAR(static_cast<double>(some.size()), 9001.0, 100.0);
  std::size_t at = 0;
  for (const Sample& sample : some) {
    while (at < all.size() && all[at].time_ns < sample.time_ns) ++at;
    ASSERT_LT(at, all.size());
    ASSERT_EQ(all[at].time_ns, sample.time_ns);
    ASSERT_EQ(all[at].values, sample.values);
  }
}

TEST(Sampler, TegrastatsHasWholeMilliwattsAndNoneBelowZero) {
  const auto samples = take_all(
      R"({"sensor": {"period_ms": 1, "format": "tegrastats", "noise_mw": 20}})", flat(3.0, 1000));
  for (const Sample& sample : samples) {
    EXPECT_GE(sample.values[0], 0.0);
    EXPECT_EQ(sample.values[0], std::round(sample.values[0]));
  }
}

}  // namespace
}  // namespace layerwatt::sim
