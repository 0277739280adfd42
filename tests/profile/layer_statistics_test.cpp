// LayerProfiler's statistics, with and without power.
#include <gtest/gtest.h>

#include <cmath>

#include "layerwatt/error.hpp"
#include "layerwatt/layer_profiler.hpp"

namespace layerwatt {
namespace {

constexpr std::int64_t kMs = 1'000'000;

// 100 inferences of 10 ms, back to back: layer "a" 6 ms, "b" 4 ms.
LayerProfiler profiled() {
  LayerProfiler profiler;
  for (int i = 0; i < 100; ++i) {
    profiler.start_iteration(i * 10 * kMs);
    profiler.report_layer_time("a", 6.0F);
    profiler.report_layer_time("b", 4.0F);
    profiler.finalize_iteration((i + 1) * 10 * kMs);
  }
  return profiler;
}

TEST(LayerStatistics, AreOverTheIterationsThatReportedTheLayer) {
  LayerProfiler profiler;
  for (const float ms : {1.0F, 3.0F, 2.0F}) {
    profiler.start_iteration();
    profiler.report_layer_time("a", ms);
    if (ms > 2.0F) profiler.report_layer_time("b", 5.0F);
    profiler.finalize_iteration();
  }
  const std::vector<LayerTiming> layers = profiler.statistics();
  ASSERT_EQ(layers.size(), 2u);
  EXPECT_EQ(layers[0].name, "a");
  EXPECT_EQ(layers[0].time_ms->mean, 2.0);
  EXPECT_EQ(layers[0].time_ms->median, 2.0);
  EXPECT_EQ(layers[0].time_ms->max, 3.0);
  EXPECT_EQ(layers[0].raw, (std::vector<double>{1.0, 3.0, 2.0}));
  EXPECT_EQ(layers[1].time_ms->mean, 5.0) << "once, and not a third of it";
  EXPECT_TRUE(std::isnan(layers[1].raw[0]));
}

TEST(LayerStatistics, WithPowerAreAProfilesFigures) {
  // A sensor with a window of 0.1 ms that is read every 1 ms: 20 W in a, 5 W in b.
  PowerSamples power;
  power.rails = {{"GPU", true}};
  for (std::int64_t t = 0; t < 1000; ++t) {
    power.time_ns.push_back(t * kMs + kMs / 2);
    power.rail_mw.push_back(t % 10 < 6 ? 20000.0 : 5000.0);
  }
  SensorInfo sensor;
  sensor.kind = "meter";
  sensor.scope = "gpu";
  sensor.rails = power.rails;
  sensor.model = {1.0, 0.1, 0.0, 0.0, 0.0};
  AttributionOptions options;
  options.method = Method::overlap;
  const Result result = profiled().statistics(power, sensor, options);
  ASSERT_EQ(result.layers.size(), 2u);
  EXPECT_NEAR(result.layers[0].energy_mj->mean, 120.0, 0.5);
  EXPECT_NEAR(result.layers[1].energy_mj->mean, 20.0, 0.5);
}

TEST(LayerStatistics, WithoutIterationsThereIsNothingToAttribute) {
  EXPECT_THROW(LayerProfiler().statistics(PowerSamples{}, SensorInfo{}), Error);
}

}  // namespace
}  // namespace layerwatt
