#include "layerwatt/layer_profiler.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <memory>

namespace layerwatt {
namespace {

using ::testing::ElementsAre;

// An inference that reports these names, with the layer's place (from 1) as its time.
void infer(LayerProfiler& profiler, const std::vector<std::string>& names) {
  profiler.start_iteration();
  float ms = 0.0F;
  for (const std::string& name : names) profiler.report_layer_time(name.c_str(), ms += 1.0F);
  profiler.finalize_iteration();
}

std::vector<double> row(const LayerProfiler& profiler, std::size_t iteration) {
  std::vector<double> values;
  profiler.row(iteration, values);
  return values;
}

TEST(LayerProfiler, KeepsLayersApartThatShareAName) {
  LayerProfiler profiler;
  infer(profiler, {"conv", "pool", "conv"});
  infer(profiler, {"conv", "pool", "conv"});
  EXPECT_THAT(profiler.layers(), ElementsAre("conv", "pool", "conv"));
  EXPECT_THAT(row(profiler, 1), ElementsAre(1.0, 2.0, 3.0));
}

TEST(LayerProfiler, ALayerThatIsMissingMovesNoOther) {
  LayerProfiler profiler;
  infer(profiler, {"a", "b", "c"});
  infer(profiler, {"a", "c"});
  infer(profiler, {"a", "b", "c"});
  EXPECT_EQ(profiler.layers().size(), 3u);
  EXPECT_TRUE(std::isnan(row(profiler, 1)[1]));
  EXPECT_EQ(row(profiler, 1)[2], 2.0);
  EXPECT_THAT(row(profiler, 2), ElementsAre(1.0, 2.0, 3.0));
}

TEST(LayerProfiler, ALayerThatComesLaterIsMissingBefore) {
  LayerProfiler profiler;
  infer(profiler, {"a"});
  infer(profiler, {"a", "b"});
  EXPECT_THAT(profiler.layers(), ElementsAre("a", "b"));
  EXPECT_TRUE(std::isnan(row(profiler, 0)[1]));
}

TEST(LayerProfiler, StampsIterationsAndDropsThoseThatNeverEnded) {
  const auto clock = std::make_shared<VirtualClock>(1000);
  LayerProfiler profiler(clock);
  profiler.report_layer_time("outside", 1.0F);
  profiler.start_iteration();
  profiler.report_layer_time("lost", 1.0F);
  profiler.start_iteration();
  profiler.report_layer_time("a", 2.0F);
  clock->sleep_until_ns(3000);
  profiler.finalize_iteration();
  profiler.finalize_iteration();
  profiler.start_iteration(5000);
  profiler.finalize_iteration(7000);
  const Iterations recorded = profiler.recorded();
  EXPECT_EQ(recorded.start_ns, (std::vector<std::int64_t>{1000, 5000}));
  EXPECT_EQ(recorded.end_ns, (std::vector<std::int64_t>{3000, 7000}));
  EXPECT_EQ(row(profiler, 0)[1], 2.0);
  EXPECT_TRUE(std::isnan(row(profiler, 1)[1])) << "an iteration without reports";
  profiler.reset();
  EXPECT_EQ(profiler.iterations(), 0u);
  EXPECT_TRUE(profiler.layers().empty());
}

// As nvinfer1 declares it.
struct IProfiler {
  virtual ~IProfiler() = default;
  virtual void reportLayerTime(const char* name, float ms) noexcept = 0;
};

TEST(ProfilerFor, HandsTensorRtsReportsOn) {
  LayerProfiler profiler;
  ProfilerFor<IProfiler> adapter(profiler);
  IProfiler& as_tensorrt_sees_it = adapter;
  profiler.start_iteration();
  as_tensorrt_sees_it.reportLayerTime("a", 0.5F);
  profiler.finalize_iteration();
  EXPECT_THAT(row(profiler, 0), ElementsAre(0.5));
}

}  // namespace
}  // namespace layerwatt
