#include "engine/cuda_graph_recorder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/fake_cuda_driver.hpp"
#include "layerwatt/error.hpp"

namespace layerwatt {
namespace {

using fakes::FakeCudaDriver;
using testing::ElementsAre;

struct Bench {
  std::shared_ptr<FakeCudaDriver> driver =
      std::make_shared<FakeCudaDriver>(std::make_shared<VirtualClock>(0));
  CapturingRecorder recorder{driver};
  Bench() { recorder.begin(FakeCudaDriver::stream()); }
};

TEST(CudaGraphRecorder, AKernelBelongsToTheInnermostScope) {
  Bench bench;
  bench.driver->kernel("before", 1.0);
  {
    const auto block = bench.recorder.layer("block");
    {
      const auto conv = bench.recorder.layer("conv");
      bench.driver->kernel("gemm", 1.0);
      bench.driver->kernel("bias", 1.0);
    }
    bench.driver->kernel("add", 1.0);
    const auto empty = bench.recorder.layer("nothing");
  }
  {
    const auto conv = bench.recorder.layer("conv");
    bench.driver->kernel("gemm", 1.0);
  }
  bench.driver->kernel("after", 1.0);
  bench.recorder.end();
  const CapturedGraph captured = bench.recorder.take();
  ASSERT_EQ(captured.layers.size(), 3u) << "a scope without kernels is no layer";
  EXPECT_EQ(captured.layers[0].name, "conv");
  EXPECT_EQ(captured.layers[0].kernels, "gemm +1");
  EXPECT_EQ(captured.layers[1].name, "block");
  EXPECT_EQ(captured.layers[2].name, "conv") << "the same name twice is two layers";
  EXPECT_THAT(captured.owner, ElementsAre(3, 0, 0, 1, 2, 3));
}

TEST(CudaGraphRecorder, ForkedStreamsBelongToTheScopeTheyAreLaunchedIn) {
  Bench bench;
  CudaNode first = nullptr;
  CudaNode left = nullptr;
  CudaNode right = nullptr;
  {
    const auto scope = bench.recorder.layer("a");
    first = bench.driver->kernel("a", 1.0);
  }
  {
    const auto scope = bench.recorder.layer("left");
    left = bench.driver->kernel("left", 1.0, {first});
  }
  {
    const auto scope = bench.recorder.layer("right");
    right = bench.driver->kernel("right", 1.0, {first});
  }
  {
    const auto scope = bench.recorder.layer("join");
    bench.driver->kernel("join", 1.0, {left, right});
  }
  bench.recorder.end();
  EXPECT_THAT(bench.recorder.take().owner, ElementsAre(0, 1, 2, 3));
}

TEST(CudaGraphRecorder, MisuseIsSaid) {
  Bench bench;
  EXPECT_THROW(bench.recorder.begin(FakeCudaDriver::stream()), Error);
  EXPECT_THROW(bench.recorder.take(), Error) << "before end()";
  EXPECT_THROW(bench.recorder.end(), Error) << "nothing was captured";
}

TEST(CudaGraphRecorder, ScopesOutsideACaptureAreIgnored) {
  auto driver = std::make_shared<FakeCudaDriver>(std::make_shared<VirtualClock>(0));
  CapturingRecorder recorder(driver);
  { const auto scope = recorder.layer("warm-up"); }
  recorder.begin(FakeCudaDriver::stream());
  driver->kernel("k", 1.0);
  recorder.end();
  EXPECT_TRUE(recorder.take().layers.empty());
}

TEST(CudaGraphRecorder, InfinityAndNanAreNotFinite) {
  EXPECT_TRUE(all_finite({0x00, 0x7B}, DeviceNumber::f16)) << "0x7B00";
  EXPECT_FALSE(all_finite({0x00, 0x7C}, DeviceNumber::f16)) << "infinity";
  EXPECT_TRUE(all_finite({0x7F, 0x7F}, DeviceNumber::bf16));
  EXPECT_FALSE(all_finite({0x80, 0xFF}, DeviceNumber::bf16)) << "minus infinity";
  EXPECT_FALSE(all_finite({0, 0, 0, 0, 0, 0, 0xC0, 0x7F}, DeviceNumber::f32)) << "NaN, the second";
  EXPECT_TRUE(all_finite({0, 0, 0x7F, 0x7F}, DeviceNumber::f32));
  EXPECT_FALSE(all_finite({0, 0, 0, 0, 0, 0, 0xF0, 0x7F}, DeviceNumber::f64));
}

TEST(CudaGraphRecorder, KernelsHaveShortNames) {
  EXPECT_EQ(short_kernel_name("_ZN7cutlass7Kernel2INS_4GemmEEEvT_"), "cutlass::Kernel2");
  EXPECT_EQ(short_kernel_name("_ZN12_GLOBAL__N_14copyEPKfPfm"), "copy");
  EXPECT_EQ(short_kernel_name("sm80_xmma_fprop"), "sm80_xmma_fprop");
}

}  // namespace
}  // namespace layerwatt
