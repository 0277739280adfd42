#include "engine/gpu_clock.hpp"

#include <gtest/gtest.h>

#include "engine/tensorrt_fixture.hpp"

namespace layerwatt {
namespace {

TEST(Narrowest, IsTheBracketThatSaysMost) {
  EXPECT_EQ(narrowest(std::vector<Bracket>{{0, 10}, {20, 25}, {30, 40}}), 1u);
  EXPECT_EQ(narrowest(std::vector<Bracket>{{0, 10}, {20, 30}}), 0u) << "the first of equals";
  EXPECT_EQ(narrowest(std::vector<Bracket>{}), 0u);
}

TEST_F(TensorRtTest, AnEventLiesBetweenTheHostsReadingsAroundIt) {
  const Host here = host();
  const cuda::Device device(here.sys, 0);
  GpuClock gpu(device, *here.clock);
  const cuda::Stream stream(device);
  const cuda::Event event(device);
  const std::int64_t before = here.clock->now_ns();
  stream.record(event);
  event.wait();
  const std::int64_t after = here.clock->now_ns();
  // Both clocks are the machine's here, so only the tie is off, and it knows by how much.
  const auto slack = static_cast<std::int64_t>(gpu.uncertainty_us() * 1000.0) + 1000;
  EXPECT_GE(gpu.time_ns(event), before - slack);
  EXPECT_LE(gpu.time_ns(event), after + slack);
}

}  // namespace
}  // namespace layerwatt
