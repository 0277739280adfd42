// Which GPUs, and which of NVML's readings: from --device, what follows "nvml:" and CUDA's
// environment. Pure arithmetic.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace layerwatt {

enum class NvmlReading {
  energy,   // the counter: differences are means over whole updates
  instant,  // the power of the last update, over its window
  average,  // over 1 s, where the GPU has it
};

struct GpuName {
  std::string name;
  std::string uuid;
};

struct NvmlChoice {
  std::vector<std::size_t> gpus;       // in NVML's order
  std::optional<NvmlReading> reading;  // empty: the counter where there is one
  std::string note;                    // what the user should know of the choice; may be empty
};

// `argument`: a list with commas of energy, power (or instant), average, all, and UUIDs, of which
// the start is enough. Without a UUID it is GPU `device` as CUDA counts: CUDA_VISIBLE_DEVICES
// renumbers the GPUs, and without CUDA_DEVICE_ORDER=PCI_BUS_ID the fastest comes first, which NVML
// does not follow. Throws Error(usage) for words it does not know and GPUs that are not there.
NvmlChoice choose_gpus(std::span<const GpuName> gpus, int device,
                       const std::optional<std::string>& argument,
                       const std::optional<std::string>& cuda_visible_devices,
                       const std::optional<std::string>& cuda_device_order);

}  // namespace layerwatt
