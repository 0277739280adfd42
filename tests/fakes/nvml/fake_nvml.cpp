#include "fakes/nvml/fake_nvml.hpp"

#include <chrono>
#include <cstdint>
#include <cstdio>

using layerwatt::fakes::FakeGpu;
using layerwatt::fakes::FakeNvml;

extern "C" {

// As nvml.h declares it.
struct FieldValue {
  unsigned field;
  unsigned scope;
  long long timestamp_us;
  long long latency_us;
  int type;
  int result;
  union {
    double as_double;
    unsigned as_unsigned;
    unsigned long long as_unsigned_long_long;
  } value;
};

FakeNvml* fake_nvml() {
  static FakeNvml table;  // goes with the library, which tests close
  return &table;
}

}  // extern "C"

namespace {

constexpr int kSuccess = 0;
constexpr int kUninitialised = 1;
constexpr int kInvalidArgument = 2;
constexpr int kNotSupported = 3;

// One hundred ms are one step of the counter.
std::uint64_t running_counter_mj() {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(
                      std::chrono::steady_clock::now().time_since_epoch())
                      .count();
  return static_cast<std::uint64_t>(ms / 100) * 12000;
}

template <class Answer>
int with_gpu(const void* handle, Answer answer) {
  FakeNvml& table = *fake_nvml();
  const std::lock_guard lock(table.mutex);
  if (table.initialised <= 0) return kUninitialised;
  const auto index = reinterpret_cast<std::uintptr_t>(handle) - 1;
  if (index >= table.gpus.size()) return kInvalidArgument;
  FakeGpu& gpu = table.gpus[index];
  return gpu.lost != 0 ? gpu.lost : answer(gpu);
}

template <class Out>
int give(const std::optional<unsigned>& value, Out* out) {
  if (!value) return kNotSupported;
  *out = *value;
  return kSuccess;
}

int give_text(const std::string& text, char* out, unsigned length) {
  std::snprintf(out, length, "%s", text.c_str());
  return kSuccess;
}

}  // namespace

extern "C" {

int nvmlInit_v2() {
  FakeNvml& table = *fake_nvml();
  const std::lock_guard lock(table.mutex);
  if (table.init == kSuccess) ++table.initialised;
  return table.init;
}

int nvmlShutdown() {
  FakeNvml& table = *fake_nvml();
  const std::lock_guard lock(table.mutex);
  --table.initialised;
  return kSuccess;
}

const char* nvmlErrorString(int result) {
  switch (result) {
    case kNotSupported:
      return "Not Supported";
    case 4:
      return "Insufficient Permissions";
    case 9:
      return "Driver Not Loaded";
    case 13:
      return "Function Not Found";
    case 15:
      return "GPU is lost";
    case 18:
      return "Driver/library version mismatch";
    default:
      return "Unknown Error";
  }
}

int nvmlSystemGetDriverVersion(char* out, unsigned length) {
  return give_text(fake_nvml()->driver, out, length);
}

int nvmlDeviceGetCount_v2(unsigned* count) {
  *count = static_cast<unsigned>(fake_nvml()->gpus.size());
  return kSuccess;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned index, void** handle) {
  if (index >= fake_nvml()->gpus.size()) return kInvalidArgument;
  *handle = reinterpret_cast<void*>(std::uintptr_t{index} + 1);
  return kSuccess;
}

int nvmlDeviceGetName(void* handle, char* out, unsigned length) {
  return with_gpu(handle, [&](FakeGpu& gpu) { return give_text(gpu.name, out, length); });
}

int nvmlDeviceGetUUID(void* handle, char* out, unsigned length) {
  return with_gpu(handle, [&](FakeGpu& gpu) { return give_text(gpu.uuid, out, length); });
}

int nvmlDeviceGetArchitecture(void* handle, unsigned* out) {
  return with_gpu(handle, [&](FakeGpu& gpu) { return give({gpu.architecture}, out); });
}

int nvmlDeviceGetCudaComputeCapability(void* handle, int* major, int* minor) {
  return with_gpu(handle, [&](FakeGpu& gpu) {
    *major = gpu.compute_major;
    *minor = gpu.compute_minor;
    return kSuccess;
  });
}

int nvmlDeviceGetPowerUsage(void* handle, unsigned* out) {
  return with_gpu(handle, [&](FakeGpu& gpu) { return give(gpu.power_mw, out); });
}

int nvmlDeviceGetTotalEnergyConsumption(void* handle, unsigned long long* out) {
  return with_gpu(handle, [&](FakeGpu& gpu) {
    if (!gpu.has_energy) return kNotSupported;
    const auto energy =
        gpu.energy_mj ? gpu.energy_mj() : std::optional<std::uint64_t>(running_counter_mj());
    if (!energy) return kNotSupported;
    *out = *energy;
    return kSuccess;
  });
}

int nvmlDeviceGetFieldValues(void* handle, int count, FieldValue* values) {
  return with_gpu(handle, [&](FakeGpu& gpu) {
    for (int i = 0; i < count; ++i) {
      FieldValue& value = values[i];
      value.type = 1;
      value.result = kNotSupported;
      if (value.field == 185) value.result = give(gpu.average_mw, &value.value.as_unsigned);
      if (value.field == 186) value.result = give(gpu.instant_mw, &value.value.as_unsigned);
    }
    return kSuccess;
  });
}

int nvmlDeviceGetEnforcedPowerLimit(void* handle, unsigned* out) {
  return with_gpu(handle, [&](FakeGpu& gpu) { return give({gpu.limit_mw}, out); });
}

int nvmlDeviceGetClockInfo(void* handle, unsigned domain, unsigned* out) {
  return with_gpu(
      handle, [&](FakeGpu& gpu) { return give({domain == 2 ? gpu.memory_mhz : gpu.sm_mhz}, out); });
}

int nvmlDeviceGetTemperature(void* handle, unsigned, unsigned* out) {
  return with_gpu(handle, [&](FakeGpu& gpu) { return give({gpu.temperature_c}, out); });
}

// The older name alone, so that the fallback is what is tested.
int nvmlDeviceGetCurrentClocksThrottleReasons(void* handle, unsigned long long* out) {
  return with_gpu(handle, [&](FakeGpu& gpu) {
    *out = gpu.throttle;
    return kSuccess;
  });
}

}  // extern "C"
