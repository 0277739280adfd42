#include "engine/builtin_workload.hpp"

#include <gtest/gtest.h>

#include "engine/tensorrt_fixture.hpp"

namespace layerwatt {
namespace {

TEST_F(TensorRtTest, TheBuiltInGpuWorkIsMadeToTakeItsTime) {
  const auto engine = make_gpu_workload(host(), 0, 0.5);
  engine->load();
  engine->load();  // as a recorder does for each run
  Inference inference;
  engine->infer(inference);
  ASSERT_EQ(inference.layer_ms.size(), engine->layers().size());
  // A launch of the fake GPU takes what its rounds say, and no less.
  for (const double ms : inference.layer_ms) EXPECT_GE(ms, 0.49);
  EXPECT_GE(inference.end_ns - inference.start_ns, 1'900'000);
  EXPECT_TRUE(clock_uncertainty_us(*engine));
}

TEST(BuiltinWorkload, TheCpusLayersLastAsLongAsAsked) {
  const auto engine = make_cpu_workload(Host{}, 0.2);
  engine->load();
  Inference inference;
  engine->infer(inference);
  ASSERT_EQ(inference.layer_ms.size(), 3u);
  for (const double ms : inference.layer_ms) EXPECT_GE(ms, 0.2);
  EXPECT_FALSE(clock_uncertainty_us(*engine));
}

}  // namespace
}  // namespace layerwatt
