#include "engine/nvtx_ranges.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include "engine/cuda_graph_recorder.hpp"
#include "fakes/fake_cuda_driver.hpp"

namespace layerwatt {
namespace {

class NvtxRanges : public testing::Test {
 protected:
  void SetUp() override {
    ::setenv("LAYERWATT_MODULE_PATH", LAYERWATT_MODULES, 1);
    ::unsetenv("NVTX_INJECTION64_PATH");
  }
  void TearDown() override {
    ::unsetenv("LAYERWATT_MODULE_PATH");
    ::unsetenv("NVTX_INJECTION64_PATH");
  }
  std::shared_ptr<fakes::FakeCudaDriver> driver_ =
      std::make_shared<fakes::FakeCudaDriver>(std::make_shared<VirtualClock>(0));
};

TEST_F(NvtxRanges, NamesItsLibraryToNvtx) {
  CapturingRecorder recorder(driver_);
  EXPECT_TRUE(recorder.follow_nvtx());
  EXPECT_EQ(::getenv("NVTX_INJECTION64_PATH"), nvtx_injection_library().string());
}

TEST_F(NvtxRanges, AnotherToolsLibraryIsLeftAlone) {
  ::setenv("NVTX_INJECTION64_PATH", "/opt/profiler/libother.so", 1);
  CapturingRecorder recorder(driver_);
  EXPECT_FALSE(recorder.follow_nvtx());
  EXPECT_STREQ(::getenv("NVTX_INJECTION64_PATH"), "/opt/profiler/libother.so");
}

}  // namespace
}  // namespace layerwatt
