#include "engine/cuda_driver.hpp"

#include <gmock/gmock.h>

#include "engine/tensorrt_fixture.hpp"

namespace layerwatt::cuda {
namespace {

using ::testing::HasSubstr;

class CudaDriverTest : public TensorRtTest {
 protected:
  void work(const Stream& stream, std::int64_t ns) {
    cuda_library_.find_function<void (*)(CUstream_st*, std::int64_t)>("fake_cuda_work")(
        stream.get(), ns);
  }
  void break_capture(const Stream& stream) {
    cuda_library_.find_function<void (*)(CUstream_st*)>("fake_cuda_break_capture")(stream.get());
  }
};

TEST_F(CudaDriverTest, KnowsTheGpuAndItsMemory) {
  const Host here = host();
  const Device device(here.sys, 0);
  EXPECT_EQ(device.name(), "Fake GPU");
  EXPECT_EQ(device.compute_major(), 8);
  EXPECT_FALSE(device.integrated());
  EXPECT_EQ(device.free_bytes(), device.memory_bytes());
  const Buffer buffer(device, 1000, "a tensor");
  EXPECT_EQ(device.free_bytes(), device.memory_bytes() - 1000);
  EXPECT_EQ(buffer.host().size(), 1000u);
  EXPECT_NE(buffer.device(), static_cast<void*>(buffer.host().data()));
  const Buffer empty(device, 0, "an empty tensor");
  EXPECT_NE(empty.device(), nullptr);
}

TEST_F(CudaDriverTest, EventsTellTheTimeBetweenThem) {
  const Host here = host();
  const Device device(here.sys, 0);
  const Stream stream(device);
  const Event begin(device);
  const Event end(device);
  work(stream, 1000);  // a stream that has worked begins where it ended
  stream.record(begin);
  work(stream, 3'000'000);
  stream.record(end);
  end.wait();
  EXPECT_TRUE(end.done());
  EXPECT_NEAR(end.ms_since(begin), 3.0, 1e-3);
}

TEST_F(CudaDriverTest, CapturesAndLaunchesAndLivesOnAfterACaptureThatFailed) {
  const Host here = host();
  const Device device(here.sys, 0);
  const Stream stream(device);
  std::string why_not;
  const auto broken = stream.capture(
      [&] {
        break_capture(stream);
        return true;
      },
      why_not);
  EXPECT_EQ(broken, nullptr);
  EXPECT_THAT(why_not, HasSubstr("during capture"));
  EXPECT_EQ(stream.capture([] { return false; }, why_not), nullptr);
  EXPECT_THAT(why_not, HasSubstr("cannot be captured"));
  const auto graph = stream.capture(
      [&] {
        work(stream, 2'000'000);
        return true;
      },
      why_not);
  ASSERT_NE(graph, nullptr);
  const Event begin(device);
  const Event end(device);
  stream.record(begin);
  graph->launch(stream.get());
  stream.record(end);
  end.wait();
  EXPECT_GE(end.ms_since(begin), 2.0 - 1e-3);
}

TEST_F(CudaDriverTest, SaysWhatIsMissing) {
  EXPECT_EQ(unavailable(host().sys), "");
  cuda_->init = 100;
  EXPECT_THAT(unavailable(host().sys), HasSubstr("no CUDA-capable device"));
  cuda_->init = 0;
  EXPECT_THAT(error_of([&] { Device(host().sys, 1); }).hint(), HasSubstr("there is one, 0"));
}

}  // namespace
}  // namespace layerwatt::cuda
