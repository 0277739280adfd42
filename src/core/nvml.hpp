// NVIDIA's management library, opened while the program runs: one build serves machines with and
// without a GPU, and no header of NVIDIA's is needed to build it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "layerwatt/host.hpp"
#include "layerwatt/result.hpp"

namespace layerwatt {

namespace nvml {
struct Library;

// NVML_DEVICE_ARCH_*
enum class Architecture : unsigned {
  kepler = 2,
  maxwell = 3,
  pascal = 4,
  volta = 5,
  turing = 6,
  ampere = 7,
  ada = 8,
  hopper = 9,
  blackwell = 10,
  orin = 11,
  unknown = 0xffffffffU,
};

// Bits of throttle_reasons(): nvmlClocksEventReason*.
enum Throttle : std::uint64_t {
  kGpuIdle = 0x1,
  kApplicationClocks = 0x2,
  kSoftwarePowerCap = 0x4,
  kHardwareSlowdown = 0x8,
  kSyncBoost = 0x10,
  kSoftwareThermal = 0x20,
  kHardwareThermal = 0x40,
  kHardwarePowerBrake = 0x80,
  kDisplayClocks = 0x100,
};

// "software power cap, hardware thermal slowdown". Only those that take performance away: an idle
// GPU, or clocks that the user set, are no fault. Empty: none.
std::string throttle_words(std::uint64_t reasons);

enum class Power {
  instant,   // NVML_FI_DEV_POWER_INSTANT; drivers older than that field do not know it
  average,   // NVML_FI_DEV_POWER_AVERAGE: over 1 s; Ampere (without GA100) and newer
  whatever,  // nvmlDeviceGetPowerUsage: the average where there is one, else the instant
};

enum class ClockDomain : unsigned { sm = 1, memory = 2 };

// One GPU. A reading that NVML refuses is Missing, with NVML's own words. Safe from any thread.
class Device {
 public:
  Device(std::shared_ptr<const Library> library, unsigned index);

  unsigned index() const { return index_; }  // in PCI order, which CUDA's need not be
  const std::string& name() const { return name_; }
  const std::string& uuid() const { return uuid_; }  // "GPU-…"
  Architecture architecture() const { return architecture_; }
  int compute_major() const { return compute_major_; }  // 0: not known
  int compute_minor() const { return compute_minor_; }

  Known<double> power_mw(Power which) const;
  Known<double> energy_mj() const;  // since the driver was loaded; Volta and newer
  Known<double> power_limit_mw() const;
  Known<unsigned> clock_mhz(ClockDomain domain) const;
  Known<unsigned> temperature_c() const;
  Known<std::uint64_t> throttle_reasons() const;

 private:
  std::shared_ptr<const Library> library_;
  void* handle_ = nullptr;
  unsigned index_ = 0;
  std::string name_;
  std::string uuid_;
  Architecture architecture_ = Architecture::unknown;
  int compute_major_ = 0;
  int compute_minor_ = 0;
};

struct Machine {
  std::string driver;  // "580.159.04"
  std::vector<Device> gpus;
};

// Opens libnvidia-ml.so.1 (or the library that LAYERWATT_NVML names) and lists the GPUs. The
// library is closed with the last Device. Throws Error(sensor), with a hint, where there is no
// driver, no library, no permission or no GPU.
Machine open(const SysRoot& sys);

}  // namespace nvml
}  // namespace layerwatt
