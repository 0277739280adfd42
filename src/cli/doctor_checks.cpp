#include "cli/doctor_checks.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <sstream>
#include <system_error>

#include "layerwatt/registry.hpp"

namespace layerwatt::cli {
namespace {

constexpr double kBusyCpus = 0.25;
constexpr double kHotCelsius = 85.0;
constexpr std::uint64_t kLittleDisk = std::uint64_t{1} << 30;

constexpr const char* kPolicies = "/sys/devices/system/cpu/cpufreq";

bool exists(const SysRoot& sys, const std::string& file) {
  std::error_code failed;
  return std::filesystem::exists(sys.path(file), failed);
}

// Folders in `folder` whose name starts with `prefix`, as paths under SysRoot, in order.
std::vector<std::string> folders(const SysRoot& sys, const std::string& folder,
                                 const std::string& prefix) {
  std::vector<std::string> found;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(sys.path(folder), none)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(prefix)) found.push_back(folder + "/" + name);
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::optional<double> read_number(const SysRoot& sys, const std::string& file) {
  std::istringstream text(sys.read_text(file).value_or(""));
  double number = 0.0;
  return text >> number ? std::optional<double>(number) : std::nullopt;
}

bool is_jetson(const SysRoot& sys) { return exists(sys, "/etc/nv_tegra_release"); }

bool is_virtual(const SysRoot& sys) {
  const std::string cpuinfo = sys.read_text("/proc/cpuinfo").value_or("");
  return cpuinfo.find(" hypervisor") != std::string::npos || exists(sys, "/sys/hypervisor/uuid");
}

// A hint for a machine that cannot have the sensor would send the user after nothing.
constexpr const char* kExternalMeter =
    "measure on the machine itself, or give an external meter's readings with --sensor file:F";

std::optional<Finding> check_sensor(const DoctorView& view) {
  const SensorBackend* best = nullptr;
  std::optional<Availability> how;
  std::string hints;
  for (const SensorBackend& backend : sensors()) {
    if (backend.auto_rank == 0) continue;
    Availability probed = backend.probe(view.host, SensorOptions{});
    if (!probed.usable && !probed.hint.empty()) {
      hints += (hints.empty() ? "" : "; ") + backend.name + ": " + probed.hint;
    }
    if (!probed.usable || (best != nullptr && best->auto_rank >= backend.auto_rank)) continue;
    best = &backend;
    how = std::move(probed);
  }
  if (is_virtual(view.host.sys)) hints = kExternalMeter;
  if (best == nullptr) return Finding{Health::problem, "no power source can be used", hints};
  if (how->info && !how->info->measured) {
    return Finding{Health::problem,
                   fmt::format("no power sensor: energy would come from a model ({})", best->name),
                   hints};
  }
  return Finding{Health::ok, fmt::format("{}: {}", best->name, how->reason), ""};
}

std::optional<Finding> check_permissions(const DoctorView& view) {
  const SysRoot& sys = view.host.sys;
  const std::string rapl = "/sys/class/powercap/intel-rapl:0/energy_uj";
  if (!exists(sys, rapl)) return std::nullopt;
  if (sys.read_text(rapl)) return Finding{Health::ok, "the CPUs' energy counters can be read", ""};
  return Finding{Health::problem,
                 "the CPUs' energy counters are there, but only root may read them",
                 "sudo chmod a+r /sys/class/powercap/intel-rapl:*/energy_uj"};
}

std::optional<Finding> check_engine(const DoctorView& view) {
  std::string usable;
  std::string why_not;
  for (const EngineBackend& backend : engines()) {
    // Runs everywhere, and no network.
    if (backend.extensions == std::vector<std::string>{".sim.json"}) continue;
    const std::string unavailable =
        backend.unavailable ? backend.unavailable(view.host) : std::string();
    if (unavailable.empty()) {
      usable += (usable.empty() ? "" : ", ") + backend.name;
    } else {
      why_not += (why_not.empty() ? "" : "; ") + backend.name + ": " + unavailable;
    }
  }
  if (usable.empty()) return Finding{Health::problem, "no engine can be used", why_not};
  if (why_not.empty()) return Finding{Health::ok, usable, ""};
  return Finding{Health::note, "usable: " + usable, why_not};
}

std::optional<Finding> check_jetson(const DoctorView& view) {
  const SysRoot& sys = view.host.sys;
  if (!is_jetson(sys)) return std::nullopt;
  // "# R36 (release), REVISION: 4.3, GCID: …"
  std::string release = sys.read_text("/etc/nv_tegra_release").value_or("");
  release = release.substr(0, release.find(", GCID"));
  while (release.starts_with('#') || release.starts_with(' ')) release.erase(0, 1);
  const std::string status = sys.read_text("/var/lib/nvpmodel/status").value_or("");
  const auto colon = status.find("pmode:");
  if (colon == std::string::npos) return Finding{Health::note, release, "sudo nvpmodel -q"};
  std::string mode = status.substr(colon + 6, status.find_first_of(" \n", colon) - colon - 6);
  mode.erase(0, std::min(mode.find_first_not_of('0'), mode.size() - 1));
  if (mode == "0") return Finding{Health::ok, release + ", power mode 0", ""};
  return Finding{Health::problem,
                 fmt::format("{}, power mode {}: clocks and CPUs are limited", release, mode),
                 "sudo nvpmodel -m 0, unless this is the mode you want to know about"};
}

std::optional<Finding> check_clocks(const DoctorView& view) {
  const SysRoot& sys = view.host.sys;
  const std::vector<std::string> policies = folders(sys, kPolicies, "policy");
  if (policies.empty()) {
    return Finding{Health::note, "the CPUs' clocks cannot be seen from here", ""};
  }
  if (is_jetson(sys)) {
    // jetson_clocks holds the clocks by making the lowest the highest.
    std::vector<std::pair<std::string, std::string>> ranges;
    for (const std::string& policy : policies) {
      ranges.emplace_back(policy + "/scaling_min_freq", policy + "/scaling_max_freq");
    }
    for (const std::string& device : folders(sys, "/sys/class/devfreq", "")) {
      if (device.find("gpu") == std::string::npos && device.find("gv11b") == std::string::npos &&
          device.find("ga10b") == std::string::npos && device.find("gp10b") == std::string::npos) {
        continue;
      }
      ranges.emplace_back(device + "/min_freq", device + "/max_freq");
    }
    for (const auto& [lowest, highest] : ranges) {
      if (read_number(sys, lowest) == read_number(sys, highest)) continue;
      return Finding{Health::problem, "clocks change with the load (" + lowest + ")",
                     "sudo jetson_clocks"};
    }
    return Finding{Health::ok, "clocks are held", ""};
  }
  for (const std::string& policy : policies) {
    const std::string governor = sys.read_text(policy + "/scaling_governor").value_or("unknown");
    if (governor == "performance") continue;
    return Finding{
        Health::problem, fmt::format("CPU clocks change with the load (governor {})", governor),
        "echo performance | sudo tee /sys/devices/system/cpu/cpufreq/policy*/scaling_governor"};
  }
  return Finding{Health::ok, "governor performance", ""};
}

std::optional<Finding> check_boost(const DoctorView& view) {
  const SysRoot& sys = view.host.sys;
  const std::string intel = "/sys/devices/system/cpu/intel_pstate/no_turbo";
  const std::string other = "/sys/devices/system/cpu/cpufreq/boost";
  const std::optional<double> no_turbo = read_number(sys, intel);
  const std::optional<double> boost = read_number(sys, other);
  if (!no_turbo && !boost) return std::nullopt;
  if (no_turbo ? *no_turbo != 0.0 : *boost == 0.0) return Finding{Health::ok, "off", ""};
  return Finding{Health::note, "clocks above nominal come and go with temperature",
                 no_turbo ? "echo 1 | sudo tee " + intel : "echo 0 | sudo tee " + other};
}

std::optional<Finding> check_load(const DoctorView& view) {
  const std::optional<double> load = read_number(view.host.sys, "/proc/loadavg");
  if (!load) return std::nullopt;
  if (*load <= kBusyCpus) return Finding{Health::ok, fmt::format("{:.2f}", *load), ""};
  return Finding{Health::problem,
                 fmt::format("other programs kept {:.2f} CPUs busy in the last minute; their power "
                             "would be given to the layers",
                             *load),
                 "stop them; top -o %CPU shows which"};
}

std::optional<Finding> check_temperature(const DoctorView& view) {
  const SysRoot& sys = view.host.sys;
  std::optional<double> hottest;
  std::string where;
  for (const std::string& zone : folders(sys, "/sys/class/thermal", "thermal_zone")) {
    const std::optional<double> millidegrees = read_number(sys, zone + "/temp");
    // Zones that are switched off answer nothing or −256 °C.
    if (!millidegrees || *millidegrees <= 0.0) continue;
    if (hottest && *hottest >= *millidegrees / 1000.0) continue;
    hottest = *millidegrees / 1000.0;
    where = sys.read_text(zone + "/type").value_or(zone);
  }
  if (!hottest) return std::nullopt;
  const std::string message = fmt::format("{:.0f} °C ({})", *hottest, where);
  if (*hottest <= kHotCelsius) return Finding{Health::ok, message, ""};
  return Finding{
      Health::problem, message + ": clocks are about to drop",
      is_jetson(sys) ? "sudo jetson_clocks --fan, and let it cool down" : "let it cool down"};
}

std::optional<Finding> check_time_source(const DoctorView& view) {
  const auto source =
      view.host.sys.read_text("/sys/devices/system/clocksource/clocksource0/current_clocksource");
  if (!source) return std::nullopt;
  constexpr std::array kFast{"tsc", "kvm-clock", "arch_sys_counter", "hyperv_clocksource_tsc_page"};
  if (std::find(kFast.begin(), kFast.end(), *source) != kFast.end()) {
    return Finding{Health::ok, *source, ""};
  }
  return Finding{Health::problem, *source + ": reading the time takes microseconds",
                 "see dmesg | grep -i clocksource for why the kernel dropped the fast one"};
}

std::optional<Finding> check_virtual_machine(const DoctorView& view) {
  const SysRoot& sys = view.host.sys;
  const bool container = exists(sys, "/.dockerenv") || exists(sys, "/run/.containerenv");
  if (is_virtual(sys)) {
    return Finding{Health::note,
                   "a virtual machine: the host's sensors do not reach it, and its neighbours "
                   "share the CPUs",
                   kExternalMeter};
  }
  if (container) {
    return Finding{Health::note, "a container: sensors are hidden unless /sys is the host's",
                   "docker run -v /sys:/sys:ro …"};
  }
  return std::nullopt;
}

std::optional<Finding> check_disk(const DoctorView& view) {
  if (!view.free_bytes) return std::nullopt;
  const double gib = static_cast<double>(*view.free_bytes) / static_cast<double>(1 << 30);
  const std::string message = fmt::format("{:.1f} GiB free", gib);
  if (*view.free_bytes >= kLittleDisk) return Finding{Health::ok, message, ""};
  return Finding{Health::problem, message + " where recordings would go",
                 "record to another disk (--save DIR), or make room"};
}

constexpr std::array kChecks{
    DoctorCheck{"sensor", check_sensor},
    DoctorCheck{"permissions", check_permissions},
    DoctorCheck{"engine", check_engine},
    DoctorCheck{"jetson", check_jetson},
    DoctorCheck{"clocks", check_clocks},
    DoctorCheck{"boost", check_boost},
    DoctorCheck{"load", check_load},
    DoctorCheck{"temperature", check_temperature},
    DoctorCheck{"time source", check_time_source},
    DoctorCheck{"virtual machine", check_virtual_machine},
    DoctorCheck{"disk", check_disk},
};

}  // namespace

std::span<const DoctorCheck> doctor_checks() { return kChecks; }

const char* to_string(Health health) {
  switch (health) {
    case Health::ok:
      return "ok";
    case Health::note:
      return "note";
    case Health::problem:
      break;
  }
  return "problem";
}

}  // namespace layerwatt::cli
