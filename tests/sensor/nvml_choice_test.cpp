#include "sensor/nvml_choice.hpp"

#include <gtest/gtest.h>

#include "layerwatt/error.hpp"

namespace layerwatt {
namespace {

const std::vector<GpuName> kThree = {
    {"NVIDIA H100", "GPU-aaaa-1"}, {"NVIDIA H100", "GPU-aabb-2"}, {"NVIDIA T4", "GPU-cccc-3"}};
const std::vector<GpuName> kAlike = {{"NVIDIA H100", "GPU-aaaa-1"}, {"NVIDIA H100", "GPU-aabb-2"}};

NvmlChoice choose(const std::vector<GpuName>& gpus, int device,
                  std::optional<std::string> argument = {}, std::optional<std::string> visible = {},
                  std::optional<std::string> order = {}) {
  return choose_gpus(gpus, device, argument, visible, order);
}

TEST(ChooseGpus, TakesTheDeviceAsCudaCounts) {
  EXPECT_EQ(choose(kAlike, 1).gpus, std::vector<std::size_t>{1});
  EXPECT_EQ(choose(kAlike, 1).note, "");
  EXPECT_EQ(choose(kAlike, 0, {}, "1,0").gpus, std::vector<std::size_t>{1});
  EXPECT_EQ(choose(kThree, 0, {}, "GPU-cc").gpus, std::vector<std::size_t>{2});
  EXPECT_NE(choose(kAlike, 0, {}, "1").note.find("CUDA_VISIBLE_DEVICES=1"), std::string::npos);
  EXPECT_FALSE(choose(kAlike, 0).reading);
}

TEST(ChooseGpus, SaysWhereCudaAndNvmlMayCountDifferently) {
  EXPECT_NE(choose(kThree, 1).note.find("CUDA_DEVICE_ORDER"), std::string::npos);
  EXPECT_EQ(choose(kThree, 1, {}, {}, "PCI_BUS_ID").note, "");
}

TEST(ChooseGpus, TakesUuidsByTheirStartAndWordsForTheReading) {
  const NvmlChoice choice = choose(kThree, 0, "GPU-cccc,power,GPU-aabb");
  EXPECT_EQ(choice.gpus, (std::vector<std::size_t>{1, 2}));
  EXPECT_EQ(choice.reading, NvmlReading::instant);
  EXPECT_EQ(choose(kThree, 0, "average").reading, NvmlReading::average);
  EXPECT_EQ(choose(kThree, 0, "energy").reading, NvmlReading::energy);
  EXPECT_EQ(choose(kThree, 0, "all, GPU-cccc").gpus, (std::vector<std::size_t>{0, 1, 2}));
}

TEST(ChooseGpus, RefusesWhatIsNotThere) {
  EXPECT_THROW(choose(kThree, 3), Error);
  EXPECT_THROW(choose(kThree, 1, {}, "0"), Error);
  EXPECT_THROW(choose(kThree, 0, {}, "MIG-1234"), Error);
  EXPECT_THROW(choose(kThree, 0, "watts"), Error);
  EXPECT_THROW(choose(kThree, 0, "GPU-ffff"), Error);
  try {
    choose(kThree, 0, "GPU-aa");
    FAIL() << "two GPUs start like that";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_NE(error.hint().find("GPU-aabb-2 (NVIDIA H100)"), std::string::npos) << error.hint();
  }
}

}  // namespace
}  // namespace layerwatt
