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

}  // namespace
}  // namespace layerwatt
