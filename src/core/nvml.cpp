#include "core/nvml.hpp"

#include <array>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "core/dynlib.hpp"
#include "layerwatt/error.hpp"

namespace layerwatt::nvml {
namespace {

// The part of nvml.h that is used, by its documented C interface (CUDA 12.9's nvml.h).
constexpr int kSuccess = 0;
constexpr int kNoPermission = 4;
constexpr int kDriverNotLoaded = 9;
constexpr int kFunctionNotFound = 13;
constexpr int kVersionMismatch = 18;

constexpr unsigned kFieldPowerAverage = 185;
constexpr unsigned kFieldPowerInstant = 186;
constexpr unsigned kTemperatureGpu = 0;
constexpr unsigned kNameLength = 96;

union FieldUnion {
  double as_double;
  unsigned as_unsigned;
  unsigned long as_unsigned_long;
  unsigned long long as_unsigned_long_long;
  long long as_long_long;
  int as_int;
  unsigned short as_unsigned_short;
};

struct FieldValue {
  unsigned field;
  unsigned scope;
  long long timestamp_us;
  long long latency_us;
  int type;
  int result;
  FieldUnion value;
};
static_assert(sizeof(FieldValue) == 40, "nvmlFieldValue_t of a 64-bit system");

Known<double> number_of(const FieldValue& field) {
  switch (field.type) {
    case 0:
      return field.value.as_double;
    case 1:
      return static_cast<double>(field.value.as_unsigned);
    case 2:
      return static_cast<double>(field.value.as_unsigned_long);
    case 3:
      return static_cast<double>(field.value.as_unsigned_long_long);
    case 4:
      return static_cast<double>(field.value.as_long_long);
    case 5:
      return static_cast<double>(field.value.as_int);
    case 6:
      return static_cast<double>(field.value.as_unsigned_short);
    default:
      return Missing{"NVML: a value of an unknown type"};
  }
}

bool exists(const SysRoot& sys, std::string_view file) {
  std::error_code failed;
  return std::filesystem::exists(sys.path(file), failed);
}

constexpr const char* kInstall = "install NVIDIA's driver; `nvidia-smi` must list the GPU";

}  // namespace

struct Library {
  explicit Library(const std::filesystem::path& file) : library(file) {
    init = need<int (*)()>("nvmlInit_v2");
    shutdown = need<int (*)()>("nvmlShutdown");
    error_string = need<const char* (*)(int)>("nvmlErrorString");
    driver_version = need<int (*)(char*, unsigned)>("nvmlSystemGetDriverVersion");
    count = need<int (*)(unsigned*)>("nvmlDeviceGetCount_v2");
    by_index = need<int (*)(unsigned, void**)>("nvmlDeviceGetHandleByIndex_v2");
    name = need<int (*)(void*, char*, unsigned)>("nvmlDeviceGetName");
    uuid = need<int (*)(void*, char*, unsigned)>("nvmlDeviceGetUUID");
    power = need<int (*)(void*, unsigned*)>("nvmlDeviceGetPowerUsage");
    clock = need<int (*)(void*, unsigned, unsigned*)>("nvmlDeviceGetClockInfo");
    temperature = need<int (*)(void*, unsigned, unsigned*)>("nvmlDeviceGetTemperature");
    // Older drivers lack these.
    energy = find<int (*)(void*, unsigned long long*)>("nvmlDeviceGetTotalEnergyConsumption");
    fields = find<int (*)(void*, int, FieldValue*)>("nvmlDeviceGetFieldValues");
    architecture = find<int (*)(void*, unsigned*)>("nvmlDeviceGetArchitecture");
    capability = find<int (*)(void*, int*, int*)>("nvmlDeviceGetCudaComputeCapability");
    limit = find<int (*)(void*, unsigned*)>("nvmlDeviceGetEnforcedPowerLimit");
    using Reasons = int (*)(void*, unsigned long long*);
    reasons = find<Reasons>("nvmlDeviceGetCurrentClocksEventReasons");
    if (reasons == nullptr) {
      reasons = find<Reasons>("nvmlDeviceGetCurrentClocksThrottleReasons");
    }
    const int result = init();
    if (result == kSuccess) {
      open = true;
      return;
    }
    std::string hint = kInstall;
    if (result == kNoPermission) hint = "give this user access to /dev/nvidia*, or run as root";
    if (result == kVersionMismatch) {
      hint = "the driver was updated while it was loaded: restart the machine";
    }
    if (result == kDriverNotLoaded) hint = "sudo modprobe nvidia; " + hint;
    throw Error(ErrorKind::sensor, words(result), "NVML", hint);
  }
  ~Library() {
    if (open) shutdown();
  }
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  template <class Function>
  Function find(const char* symbol) const {
    return library.find_function<Function>(symbol);
  }
  template <class Function>
  Function need(const char* symbol) const {
    const auto function = find<Function>(symbol);
    if (function == nullptr) {
      throw Error(ErrorKind::sensor, std::string("has no function ") + symbol, "libnvidia-ml.so.1",
                  "the driver is too old for layerwatt: install one of 2018 or later");
    }
    return function;
  }
  std::string words(int result) const { return error_string(result); }
  void check(int result, const std::string& what) const {
    if (result != kSuccess) throw Error(ErrorKind::sensor, what + ": " + words(result), "NVML");
  }

  // A call with one unsigned out, or the reason why there is none.
  template <class Raw, class Function, class... Arguments>
  Known<Raw> ask(Function function, Arguments... arguments) const {
    if (function == nullptr) return Missing{"NVML: " + words(kFunctionNotFound)};
    Raw raw{};
    const int result = function(arguments..., &raw);
    if (result != kSuccess) return Missing{"NVML: " + words(result)};
    return raw;
  }

  DynamicLibrary library;
  bool open = false;
  int (*init)();
  int (*shutdown)();
  const char* (*error_string)(int);
  int (*driver_version)(char*, unsigned);
  int (*count)(unsigned*);
  int (*by_index)(unsigned, void**);
  int (*name)(void*, char*, unsigned);
  int (*uuid)(void*, char*, unsigned);
  int (*power)(void*, unsigned*);
  int (*clock)(void*, unsigned, unsigned*);
  int (*temperature)(void*, unsigned, unsigned*);
  int (*energy)(void*, unsigned long long*);
  int (*fields)(void*, int, FieldValue*);
  int (*architecture)(void*, unsigned*);
  int (*capability)(void*, int*, int*);
  int (*limit)(void*, unsigned*);
  int (*reasons)(void*, unsigned long long*);
};

std::string throttle_words(std::uint64_t reasons) {
  struct Row {
    Throttle bit;
    const char* words;
  };
  static constexpr Row kRows[] = {
      {kSoftwarePowerCap, "power cap"},
      {kHardwareSlowdown, "hardware slowdown"},
      {kSyncBoost, "sync boost with a slower GPU"},
      {kSoftwareThermal, "thermal slowdown by the driver"},
      {kHardwareThermal, "thermal slowdown by the hardware"},
      {kHardwarePowerBrake, "power brake"},
      {kDisplayClocks, "display clocks"},
  };
  std::string words;
  for (const Row& row : kRows) {
    if ((reasons & row.bit) != 0) words += (words.empty() ? "" : ", ") + std::string(row.words);
  }
  return words;
}

Device::Device(std::shared_ptr<const Library> library, unsigned index)
    : library_(std::move(library)), index_(index) {
  const std::string what = "GPU " + std::to_string(index);
  library_->check(library_->by_index(index, &handle_), what);
  std::array<char, kNameLength> text{};
  library_->check(library_->name(handle_, text.data(), text.size()), what);
  name_ = text.data();
  library_->check(library_->uuid(handle_, text.data(), text.size()), what);
  uuid_ = text.data();
  if (const auto known = library_->ask<unsigned>(library_->architecture, handle_)) {
    architecture_ = static_cast<Architecture>(*known);
  }
  if (library_->capability != nullptr &&
      library_->capability(handle_, &compute_major_, &compute_minor_) != kSuccess) {
    compute_major_ = compute_minor_ = 0;
  }
}

Known<double> Device::power_mw(Power which) const {
  if (which == Power::whatever) {
    const auto raw = library_->ask<unsigned>(library_->power, handle_);
    if (!raw) return Missing{raw.reason()};
    return static_cast<double>(*raw);
  }
  if (library_->fields == nullptr) return Missing{"NVML: " + library_->words(kFunctionNotFound)};
  FieldValue field{};
  field.field = which == Power::instant ? kFieldPowerInstant : kFieldPowerAverage;
  int result = library_->fields(handle_, 1, &field);
  if (result == kSuccess) result = field.result;
  if (result != kSuccess) return Missing{"NVML: " + library_->words(result)};
  return number_of(field);
}

Known<double> Device::energy_mj() const {
  const auto raw = library_->ask<unsigned long long>(library_->energy, handle_);
  if (!raw) return Missing{raw.reason()};
  return static_cast<double>(*raw);
}

Known<double> Device::power_limit_mw() const {
  const auto raw = library_->ask<unsigned>(library_->limit, handle_);
  if (!raw) return Missing{raw.reason()};
  return static_cast<double>(*raw);
}

Known<unsigned> Device::clock_mhz(ClockDomain domain) const {
  return library_->ask<unsigned>(library_->clock, handle_, static_cast<unsigned>(domain));
}

Known<unsigned> Device::temperature_c() const {
  return library_->ask<unsigned>(library_->temperature, handle_, kTemperatureGpu);
}

Known<std::uint64_t> Device::throttle_reasons() const {
  const auto raw = library_->ask<unsigned long long>(library_->reasons, handle_);
  if (!raw) return Missing{raw.reason()};
  return static_cast<std::uint64_t>(*raw);
}

Machine open(const SysRoot& sys) {
  const std::optional<std::string> given = sys.env("LAYERWATT_NVML");
  // Without the driver's device the library can only fail, and in a test's fake `/` the machine's
  // own GPU must not show up.
  if (!given && !exists(sys, "/dev/nvidiactl") && !exists(sys, "/dev/dxg")) {
    throw Error(ErrorKind::sensor, "no NVIDIA GPU driver", "/dev/nvidiactl",
                std::string(kInstall) + "; in a container: docker run --gpus all");
  }
  const std::shared_ptr<const Library> library = [&] {
    try {
      return std::make_shared<const Library>(given.value_or("libnvidia-ml.so.1"));
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::sensor) throw;
      throw Error(ErrorKind::sensor, error.problem(), error.where(), kInstall);
    }
  }();
  Machine machine;
  std::array<char, kNameLength> text{};
  if (library->driver_version(text.data(), text.size()) == kSuccess) machine.driver = text.data();
  unsigned count = 0;
  library->check(library->count(&count), "counting the GPUs");
  for (unsigned index = 0; index < count; ++index) machine.gpus.emplace_back(library, index);
  if (machine.gpus.empty()) {
    throw Error(ErrorKind::sensor, "the driver shows no GPU", "NVML",
                "in a container: docker run --gpus all");
  }
  return machine;
}

}  // namespace layerwatt::nvml
