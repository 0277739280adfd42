#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "layerwatt/error.hpp"
#include "layerwatt/registry.hpp"
#include "sensor/fake_sink.hpp"
#include "sim/spec_text.hpp"

namespace layerwatt {
namespace {

using sim::fake::spec_with;
using sim::fake::virtual_device;

Host host_with(const std::string& patch) {
  Host host;
  host.simulated = virtual_device(spec_with(patch));
  host.clock = host.simulated->clock();
  return host;
}

TEST(SimulatedSensor, IsUsableOnlyBesideASimulatedBoard) {
  const SensorBackend& backend = find_sensor("simulated");
  EXPECT_FALSE(backend.probe({}, {}).usable);
  EXPECT_THROW(backend.create({}, {}), Error);
  EXPECT_TRUE(backend.probe(host_with("{}"), {}).usable);
}

TEST(SimulatedSensor, DeclaresWhatTheSpecSays) {
  const auto sensor = find_sensor("simulated")
                          .create(host_with(R"({"sensor": {
      "period_ms": 5, "window_ms": 1.1, "latency_ms": 7, "time_constant_ms": 2,
      "stamp_error_ms": 0.1, "scope": "module", "declare": ["window_ms", "period_ms"],
      "grid": {"period_ms": 6.6}}})"),
                                  {});
  sensor->open();
  const SensorInfo info = sensor->info();
  EXPECT_EQ(info.kind, "simulated");
  EXPECT_FALSE(info.measured);
  EXPECT_EQ(info.scope, "module");
  EXPECT_EQ(info.model.period_ms, 6.6);
  EXPECT_EQ(info.model.window_ms, 1.1);
  EXPECT_FALSE(info.model.latency_ms);
  EXPECT_FALSE(info.model.time_constant_ms);
  EXPECT_FALSE(info.model.timestamp_error_ms);
}

TEST(SimulatedSensor, DeclaresNothingWhereTheSpecSaysNone) {
  const auto sensor =
      find_sensor("simulated").create(host_with(R"({"sensor": {"declare": "none"}})"), {});
  const SensorInfo info = sensor->info();
  EXPECT_FALSE(info.model.period_ms);
  EXPECT_FALSE(info.model.window_ms);
  EXPECT_FALSE(info.model.time_constant_ms);
}

TEST(SimulatedSensor, SaysHowItsReadingsAreStored) {
  const auto info = [](const std::string& patch) {
    return find_sensor("simulated").create(host_with(patch), {})->info();
  };
  EXPECT_EQ(info("{}").format, PowerFormat::power_csv);
  EXPECT_EQ(info(R"({"sensor": {"reading": "energy"}})").format, PowerFormat::energy_csv);
  EXPECT_EQ(info(R"({"sensor": {"reading": "energy"}})").reading, Reading::energy);
  EXPECT_EQ(info(R"({"sensor": {"format": "tegrastats"}})").format, PowerFormat::tegrastats);
}

TEST(SimulatedSensor, StopsTwiceAndWithoutAStart) {
  const auto sensor = find_sensor("simulated").create(host_with("{}"), {});
  sensor->stop();
  FakeSink sink;
  sensor->start(sink);
  sensor->stop();
  const std::size_t count = sink.samples().size();
  EXPECT_GT(count, 0u);
  sensor->stop();
  EXPECT_EQ(sink.samples().size(), count);
}

constexpr char kRealTime[] = R"({"time": "real",
  "engine": {"common_jitter": 0.02,
    "layers": [{"name": "a", "time_ms": 0.8, "power_mw": 5000, "jitter": 0.1},
               {"name": "b", "time_ms": 0.3, "power_mw": 3000, "jitter": 0.2}],
    "outside": {"time_ms": 0.1, "jitter": 0.1, "power_mw": 1500}},
  "sensor": {"period_ms": 0.7, "window_ms": 1.1, "latency_ms": 3, "time_constant_ms": 2}})";

// The thread reads late and in bursts when the machine is busy; what it reads must be exact all the
// same, whatever inferences were going on meanwhile.
TEST(SimulatedSensor, InRealTimeReadsExactlyWhatTheInferencesDrew) {
  Host host;
  const sim::Spec spec = spec_with(kRealTime);
  host.simulated = std::make_shared<sim::Device>(spec, host.clock);
  const auto engine = find_engine("sim").create(host, {});
  const auto sensor = find_sensor("simulated").create(host, {});
  FakeSink sink;
  sensor->start(sink);
  std::vector<Inference> inferences(150);
  for (Inference& inference : inferences) {
    engine->infer(inference);
    EXPECT_GE(host.clock->now_ns(), inference.end_ns);
  }
  sensor->stop();

  const auto samples = sink.samples();
  ASSERT_GT(samples.size(), 150u);
  EXPECT_LE(samples.front().time_ns, inferences.front().start_ns);
  EXPECT_GE(samples.back().time_ns, inferences.back().end_ns + 4'100'000);

  const std::int64_t begin_ns = samples.front().time_ns - 1'000'000'000;
  const std::vector<double> idle{1000.0};
  sim::Waveform drawn(idle, 2.0);
  for (const Inference& inference : inferences) {
    std::int64_t at = inference.start_ns - begin_ns;
    ASSERT_GE(at, drawn.end_ns());
    drawn.append(at, idle);
    for (std::size_t i = 0; i < 2; ++i) {
      at += std::llround(inference.layer_ms[i] * 1e6);
      drawn.append(at, spec.engine.layers[i].stretch.power_mw);
    }
    drawn.append(inference.end_ns - begin_ns, spec.engine.outside->power_mw);
  }
  drawn.append(samples.back().time_ns - begin_ns, idle);
  std::vector<double> scratch;
  std::vector<double> expected(1);
  const sim::Response response{1.1e6, 3e6, {}};
  for (const auto& sample : samples) {
    const auto end_ns = static_cast<double>(sample.time_ns - begin_ns) - response.latency_ns;
    sim::mean_power_mw(drawn, response, end_ns, scratch, expected);
    ASSERT_NEAR(sample.values[0], expected[0], 1e-4);
  }
  EXPECT_EQ(host.simulated->truth().iterations, inferences.size());
}

TEST(SimulatedSensor, RealAndVirtualTimeRunTheSameInferences) {
  Host real;
  real.simulated = std::make_shared<sim::Device>(spec_with(kRealTime), real.clock);
  const auto in_real_time = find_engine("sim").create(real, {});
  const Host host = host_with(std::string(kRealTime).replace(9, 6, "\"virtual\""));
  ASSERT_FALSE(host.simulated->real_time());
  const auto in_virtual_time = find_engine("sim").create(host, {});
  for (int i = 0; i < 20; ++i) {
    Inference one;
    Inference other;
    in_real_time->infer(one);
    in_virtual_time->infer(other);
    EXPECT_EQ(one.layer_ms, other.layer_ms);
    EXPECT_EQ(one.end_ns - one.start_ns, other.end_ns - other.start_ns);
  }
  EXPECT_EQ(real.simulated->truth().total->energy_mj, host.simulated->truth().total->energy_mj);
}

}  // namespace
}  // namespace layerwatt
