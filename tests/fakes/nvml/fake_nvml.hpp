// A libnvidia-ml that is not there: what its functions answer. A test opens the same library, asks
// it for this table by fake_nvml(), and changes it; a program that knows nothing of it sees one
// idle H100 whose energy counter runs at 120 W in steps of 100 ms.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace layerwatt::fakes {

struct FakeGpu {
  std::string name = "NVIDIA H100 80GB HBM3";
  std::string uuid = "GPU-00000000-0000-0000-0000-000000000000";
  unsigned architecture = 9;
  int compute_major = 9;
  int compute_minor = 0;
  // Empty: NVML_ERROR_NOT_SUPPORTED.
  std::optional<unsigned> power_mw = 119000;  // nvmlDeviceGetPowerUsage
  std::optional<unsigned> instant_mw = 120000;
  std::optional<unsigned> average_mw = 119000;
  std::function<std::optional<std::uint64_t>()> energy_mj;  // empty: the counter that runs
  bool has_energy = true;
  unsigned limit_mw = 700000;
  unsigned sm_mhz = 1980;
  unsigned memory_mhz = 2619;
  unsigned temperature_c = 34;
  std::uint64_t throttle = 0x1;
  int lost = 0;  // not 0: every reading fails with this code (15: the GPU fell off the bus)
};

inline FakeGpu fake_gpu(std::string name, std::string uuid, unsigned architecture,
                        int compute_major) {
  FakeGpu gpu;
  gpu.name = std::move(name);
  gpu.uuid = std::move(uuid);
  gpu.architecture = architecture;
  gpu.compute_major = compute_major;
  return gpu;
}

struct FakeNvml {
  std::mutex mutex;
  int init = 0;  // what nvmlInit answers
  int initialised = 0;
  std::string driver = "580.00.00";
  std::vector<FakeGpu> gpus = {FakeGpu{}};
};

}  // namespace layerwatt::fakes

extern "C" layerwatt::fakes::FakeNvml* fake_nvml();
