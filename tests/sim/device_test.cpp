#include "sim/device.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "sensor/fake_sink.hpp"
#include "sim/spec_text.hpp"

namespace layerwatt::sim {
namespace {

using testing::Each;
using testing::ElementsAre;
using fake::kStartNs;
using fake::spec_with;
using fake::virtual_device;

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

TEST(Device, AnIntervalAskedForHoldsWhereTheSpecIsOpen) {
  const auto open = virtual_device(spec_with(R"({"sensor": {"period_ms": null}})"));
  const Measured asked = measure(*open, 10, 2.0);
  EXPECT_EQ(asked.samples[1].time_ns - asked.samples[0].time_ns, 2 * kMsNs);
  const auto fixed = virtual_device(spec_with("{}"));
  const Measured own = measure(*fixed, 10, 2.0);
  EXPECT_EQ(own.samples[1].time_ns - own.samples[0].time_ns, 1 * kMsNs);
}

}  // namespace
}  // namespace layerwatt::sim
