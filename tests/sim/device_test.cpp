#include "sim/device.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "sensor/fake_sink.hpp"
#include "sim/spec_text.hpp"

namespace layerwatt::sim {
namespace {

using fake::kStartNs;
using fake::spec_with;
using fake::virtual_device;
using testing::Each;
using testing::ElementsAre;

constexpr std::int64_t kMsNs = 1'000'000;

struct Measured {
  std::vector<Inference> inferences;
  std::vector<FakeSink::Sample> samples;
  std::vector<std::string> lines;
  Truth truth;
};

Measured measure(Device& device, int iterations, double interval_ms = 5.0) {
  Measured measured;
  FakeSink sink;
  device.start_sampling(sink, interval_ms);
  for (int i = 0; i < iterations; ++i) device.infer(measured.inferences.emplace_back());
  device.stop_sampling();
  measured.samples = sink.samples();
  measured.lines = sink.lines();
  measured.truth = device.truth();
  return measured;
}

TEST(Device, ReadsTheStaircaseThatTheSpecDescribes) {
  // Lead-in of two periods, then 2 ms of 5 W, 1 ms of 3 W, and idle again.
  const auto device = virtual_device(spec_with(R"({"sensor": {"period_ms": 0.5}})"));
  const Measured got = measure(*device, 1);
  ASSERT_EQ(got.inferences[0].start_ns, kStartNs + kMsNs);
  std::vector<double> mw;
  for (const auto& sample : got.samples) mw.push_back(sample.values[0]);
  EXPECT_THAT(mw, ElementsAre(1000, 1000, 1000, 5000, 5000, 5000, 5000, 3000, 3000, 1000, 1000));
  EXPECT_EQ(got.samples[3].time_ns, kStartNs + 3 * kMsNs / 2);
}

TEST(Device, ReadingsGoOnUntilLatencyAndWindowHavePassed) {
  const auto device = virtual_device(
      spec_with(R"({"sensor": {"period_ms": 5, "window_ms": 20, "latency_ms": 30}})"));
  const Measured got = measure(*device, 3);
  EXPECT_GE(got.samples.back().time_ns, got.inferences.back().end_ns + 50 * kMsNs);
  EXPECT_NEAR(got.samples.back().values[0], 1000.0, 1e-6);
  // The first reading comes before the first inference, so that its beginning is covered.
  EXPECT_LE(got.samples.front().time_ns, got.inferences.front().start_ns);
}

TEST(Device, StartsWithAReadingEvenWhereMostAreLost) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Spec spec = spec_with(R"({"sensor": {"drop_probability": 0.9}})");
    spec.seed = seed;
    const auto device = virtual_device(std::move(spec));
    FakeSink sink;
    device->start_sampling(sink, 5.0);
    EXPECT_GE(sink.samples().size(), 1u) << "seed " << seed;
    device->stop_sampling();
  }
}

TEST(Device, AnIntervalAskedForHoldsWhereTheSpecIsOpen) {
  const auto open = virtual_device(spec_with(R"({"sensor": {"period_ms": null}})"));
  const Measured asked = measure(*open, 10, 2.0);
  EXPECT_EQ(asked.samples[1].time_ns - asked.samples[0].time_ns, 2 * kMsNs);
  const auto fixed = virtual_device(spec_with("{}"));
  const Measured own = measure(*fixed, 10, 2.0);
  EXPECT_EQ(own.samples[1].time_ns - own.samples[0].time_ns, 1 * kMsNs);
}

constexpr char kBusy[] = R"({
  "engine": {"common_jitter": 0.02, "gap_ms": 0.3,
    "layers": [{"name": "a", "time_ms": 2, "power_mw": 5000, "jitter": 0.1, "power_jitter": 0.05},
               {"name": "b", "time_ms": 1, "power_mw": 3000, "jitter": 0.2}],
    "outside": {"time_ms": 0.5, "jitter": 0.1, "power_mw": 1500},
    "drift": {"rise": 0.05, "time_constant_s": 1, "amplitude": 0.02, "period_s": 0.5}},
  "sensor": {"period_ms": 5, "period_jitter_ms": 0.1, "window_ms": 1.1, "latency_ms": 7,
             "time_constant_ms": 2, "stamp_error_ms": 0.05, "noise_mw": 30,
             "drop_probability": 0.01, "grid": {"period_ms": 6.6}}})";

TEST(Device, TheSameSeedGivesTheSameRun) {
  const auto run_of = [](std::uint64_t seed) {
    Spec spec = spec_with(kBusy);
    spec.seed = seed;
    return measure(*virtual_device(std::move(spec)), 200);
  };
  const Measured one = run_of(1);
  const Measured same = run_of(1);
  const Measured other = run_of(2);
  ASSERT_EQ(one.samples.size(), same.samples.size());
  for (std::size_t i = 0; i < one.samples.size(); ++i) {
    EXPECT_EQ(one.samples[i].time_ns, same.samples[i].time_ns);
    EXPECT_EQ(one.samples[i].values, same.samples[i].values);
  }
  for (std::size_t i = 0; i < one.inferences.size(); ++i) {
    EXPECT_EQ(one.inferences[i].end_ns, same.inferences[i].end_ns);
    EXPECT_EQ(one.inferences[i].layer_ms, same.inferences[i].layer_ms);
  }
  EXPECT_NE(one.inferences.back().end_ns, other.inferences.back().end_ns);
}

// The power that the device must have drawn, from the inferences that it reported: an independent
// path to what the sensor should have seen.
Waveform redraw(const Spec& spec, const std::vector<Inference>& inferences, std::int64_t begin_ns,
                std::int64_t end_ns) {
  const std::vector<double> idle{spec.rails[0].idle_mw};
  Waveform waveform(idle, spec.sensor.time_constant_ms);
  for (const Inference& inference : inferences) {
    std::int64_t at = inference.start_ns - begin_ns;
    waveform.append(at, idle);
    for (std::size_t i = 0; i < inference.layer_ms.size(); ++i) {
      at += std::llround(inference.layer_ms[i] * 1e6);
      waveform.append(at, spec.engine.layers[i].stretch.power_mw);
    }
    if (spec.engine.outside) {
      waveform.append(inference.end_ns - begin_ns, spec.engine.outside->power_mw);
    }
  }
  waveform.append(end_ns - begin_ns, idle);
  return waveform;
}

void expect_readings_follow(const Spec& spec, const Measured& got) {
  const std::int64_t begin_ns = got.samples.front().time_ns - 1'000'000'000;
  const Waveform waveform =
      redraw(spec, got.inferences, begin_ns, got.samples.back().time_ns + kMsNs);
  std::vector<double> scratch;
  std::vector<double> expected(1);
  const Response response{spec.sensor.window_ms * 1e6, spec.sensor.latency_ms * 1e6, {}};
  for (const auto& sample : got.samples) {
    const auto end = conversion_at(response, static_cast<double>(sample.time_ns - begin_ns));
    mean_power_mw(waveform, response, end.end_ns, scratch, expected);
    ASSERT_NEAR(sample.values[0], expected[0], 1e-4) << "at " << sample.time_ns;
  }
}

constexpr char kExact[] = R"({
  "engine": {"common_jitter": 0.02, "gap_ms": 0.3,
    "layers": [{"name": "a", "time_ms": 2, "power_mw": 5000, "jitter": 0.1},
               {"name": "b", "time_ms": 1, "power_mw": 3000, "jitter": 0.2}],
    "outside": {"time_ms": 0.5, "jitter": 0.1, "power_mw": 1500}},
  "sensor": {"period_ms": 1.3, "window_ms": 1.1, "latency_ms": 3.7, "time_constant_ms": 2}})";

TEST(Device, ReadingsAreTheResponseToTheInferencesReported) {
  const Spec spec = spec_with(kExact);
  const Measured got = measure(*virtual_device(spec), 300);
  EXPECT_GT(got.samples.size(), 700u);
  expect_readings_follow(spec, got);
}

TEST(Device, AnEnergyCounterClosesToTheTruth) {
  const auto device = virtual_device(spec_with(R"({"sensor": {"reading": "energy"},
      "engine": {"gap_ms": 0, "common_jitter": 0.05,
                 "outside": {"time_ms": 0.5, "power_mw": 1500}}})"));
  const Measured got = measure(*device, 500);
  const double run_ms =
      static_cast<double>(got.inferences.back().end_ns - got.inferences.front().start_ns) * 1e-6;
  const double all_ms =
      static_cast<double>(got.samples.back().time_ns - got.samples.front().time_ns) * 1e-6;
  const double counted = got.samples.back().values[0] - got.samples.front().values[0];
  const double idle_mj = (all_ms - run_ms) * 1.0;
  EXPECT_NEAR(counted - idle_mj, 500 * got.truth.total->energy_mj[0], 1e-6);
  EXPECT_NEAR(run_ms, 500 * got.truth.total->time_ms, 1e-6);
  EXPECT_NEAR(got.truth.total->energy_mj[0],
              got.truth.layers[0].energy_mj[0] + got.truth.layers[1].energy_mj[0] +
                  got.truth.outside->energy_mj[0],
              1e-9);
}

TEST(Device, TheTruthIsOfWhatWasDrawnWhileSampling) {
  const auto device = virtual_device(spec_with(kBusy));
  Inference warm_up;
  for (int i = 0; i < 50; ++i) device->infer(warm_up);
  const Measured got = measure(*device, 100);
  ASSERT_EQ(got.truth.iterations, 100u);
  double sum_ms = 0.0;
  for (const Inference& inference : got.inferences) sum_ms += inference.layer_ms[0];
  EXPECT_NEAR(got.truth.layers[0].time_ms, sum_ms / 100.0, 1e-9);
  EXPECT_NEAR(got.truth.layers[0].time_ms, 2.0, 0.1);
  EXPECT_NE(got.truth.layers[0].time_ms, 2.0);
  ASSERT_TRUE(got.truth.grid_phase_ms);
}

TEST(Device, SamplingCanBeginAgainAfterItWasStopped) {
  const auto device = virtual_device(spec_with(kExact));
  const Measured first = measure(*device, 20);
  device->clock()->sleep_until_ns(device->clock()->now_ns() + 100 * kMsNs);
  const Measured second = measure(*device, 20);
  EXPECT_GT(second.samples.front().time_ns, first.samples.back().time_ns);
  EXPECT_EQ(second.truth.iterations, 20u);
  EXPECT_NEAR(second.samples.front().values[0], 1000.0, 1e-6);
}

TEST(Device, WritesLinesOfTegrastatsWhereTheSpecSaysSo) {
  const auto device = virtual_device(spec_with(R"({"sensor": {"format": "tegrastats"}})"));
  const Measured got = measure(*device, 3);
  ASSERT_EQ(got.lines.size(), got.samples.size());
  EXPECT_EQ(got.lines.front(), "01-01-1970 00:16:40 VDD_IN 1000mW/1000mW");
}

TEST(Device, VirtualTimeBeginsAtAFixedDateAndIsTheHosts) {
  Host host;
  attach_device(host, std::string(LAYERWATT_SOURCE) + "/examples/sim/ideal.sim.json", {7, {}});
  ASSERT_TRUE(host.simulated);
  EXPECT_EQ(host.simulated->spec().seed, 7u);
  EXPECT_EQ(host.clock, host.simulated->clock());
  EXPECT_EQ(host.clock->now_ns(), 1'704'067'200'000'000'000);
  const auto real = std::make_shared<SteadyClock>();
  host.clock = real;
  attach_device(host, std::string(LAYERWATT_SOURCE) + "/examples/sim/ideal.sim.json",
                {{}, TimeMode::real_time});
  EXPECT_EQ(host.clock, real);
  EXPECT_TRUE(host.simulated->real_time());
}

}  // namespace
}  // namespace layerwatt::sim
