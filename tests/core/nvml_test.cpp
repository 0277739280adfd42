#include "core/nvml.hpp"

#include <gtest/gtest.h>

#include "fakes/nvml/opened_fake.hpp"
#include "layerwatt/error.hpp"

namespace layerwatt::nvml {
namespace {

using fakes::FakeGpu;
using fakes::OpenedFakeNvml;

TEST(Nvml, ListsTheGpusAndWhatTheyAre) {
  OpenedFakeNvml fake;
  fake.table().gpus = {FakeGpu{}, fakes::fake_gpu("NVIDIA A100", "GPU-a100", 7, 8)};
  const Machine machine = open(fake.sys());
  EXPECT_EQ(machine.driver, "580.00.00");
  ASSERT_EQ(machine.gpus.size(), 2u);
  EXPECT_EQ(machine.gpus[0].architecture(), Architecture::hopper);
  EXPECT_EQ(machine.gpus[1].name(), "NVIDIA A100");
  EXPECT_EQ(machine.gpus[1].uuid(), "GPU-a100");
  EXPECT_EQ(machine.gpus[1].architecture(), Architecture::ampere);
  EXPECT_EQ(machine.gpus[1].compute_major(), 8);
}

TEST(Nvml, ReadsInTheUnitsOfTheNames) {
  OpenedFakeNvml fake;
  fake.gpu().energy_mj = [] { return std::optional<std::uint64_t>(5'000'000'123ULL); };
  fake.gpu().average_mw = std::nullopt;
  const Machine machine = open(fake.sys());
  const Device& gpu = machine.gpus.front();
  EXPECT_EQ(gpu.power_mw(Power::instant).value(), 120000.0);
  EXPECT_EQ(gpu.power_mw(Power::whatever).value(), 119000.0);
  EXPECT_EQ(gpu.power_mw(Power::average).reason(), "NVML: Not Supported") << "missing is not 0";
  EXPECT_EQ(gpu.energy_mj().value(), 5'000'000'123.0) << "more than 32 bits";
  EXPECT_EQ(gpu.power_limit_mw().value(), 700000.0);
  EXPECT_EQ(gpu.clock_mhz(ClockDomain::sm).value(), 1980u);
  EXPECT_EQ(gpu.clock_mhz(ClockDomain::memory).value(), 2619u);
  EXPECT_EQ(gpu.temperature_c().value(), 34u);
  EXPECT_EQ(gpu.throttle_reasons().value(), kGpuIdle) << "by the name of older drivers";
}

TEST(Nvml, AGpuThatIsLostGivesNothingAndSaysSo) {
  OpenedFakeNvml fake;
  const Machine machine = open(fake.sys());
  fake.gpu().lost = 15;
  EXPECT_EQ(machine.gpus.front().energy_mj().reason(), "NVML: GPU is lost");
  EXPECT_EQ(machine.gpus.front().power_mw(Power::instant).reason(), "NVML: GPU is lost");
}

TEST(Nvml, ClosesTheLibraryWithTheLastDevice) {
  OpenedFakeNvml fake;
  {
    std::vector<Device> kept;
    {
      kept = open(fake.sys()).gpus;
      EXPECT_EQ(fake.table().initialised, 1);
    }
    EXPECT_EQ(fake.table().initialised, 1) << "a device is still there";
    EXPECT_TRUE(kept.front().temperature_c().has_value());
  }
  EXPECT_EQ(fake.table().initialised, 0);
}

TEST(Nvml, EveryWayToHaveNoGpuHasItsHint) {
  OpenedFakeNvml fake;
  const auto error_with = [&](int init) {
    fake.table().init = init;
    try {
      open(fake.sys());
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::sensor);
      return error;
    }
    return Error(ErrorKind::gate, "no error");
  };
  EXPECT_NE(error_with(4).hint().find("/dev/nvidia"), std::string::npos);
  EXPECT_EQ(error_with(9).problem(), "Driver Not Loaded");
  EXPECT_NE(error_with(9).hint().find("modprobe nvidia"), std::string::npos);
  EXPECT_NE(error_with(18).hint().find("restart"), std::string::npos);
  fake.table().gpus.clear();
  EXPECT_NE(error_with(0).problem().find("no GPU"), std::string::npos);

  FakeRoot bare;
  try {
    open(bare.sys());
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.where(), "/dev/nvidiactl");
  }
  bare.set_env("LAYERWATT_NVML", "/nowhere/libnvidia-ml.so");
  EXPECT_THROW(open(bare.sys()), Error);
}

TEST(ThrottleWords, LeavesOutWhatIsNoFault) {
  EXPECT_EQ(throttle_words(kGpuIdle | kApplicationClocks), "");
  EXPECT_EQ(throttle_words(kSoftwarePowerCap | kHardwareThermal),
            "power cap, thermal slowdown by the hardware");
}

}  // namespace
}  // namespace layerwatt::nvml
