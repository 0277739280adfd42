#include "sensor/cpu_power_model.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace layerwatt {
namespace {

struct Row {
  std::string_view vendor;
  int family;
  int model_first;
  int model_last;
  int stepping_first;
  int stepping_last;
  CpuCoefficients coefficients;
};

constexpr std::string_view kIntel = "GenuineIntel";
constexpr std::string_view kAmd = "AuthenticAMD";
constexpr int kAny = 255;

// Watts: Cloud Carbon Footprint, ccf-coefficients, output/coefficients-aws-use.csv (Apache-2.0),
// from SPECpower_ssj2008 results: a server's power when idle and at 100 % load over its hardware
// threads. Its Graviton rows copy an EPYC and its EPYC 5th Gen row rests on a handful of results;
// left out. Family, model and stepping: arch/x86/include/asm/intel-family.h and the CPUs' revision
// guides.
constexpr CpuCoefficients kSandyBridge{"Sandy Bridge", 2212.2, 8630.9};
constexpr CpuCoefficients kIvyBridge{"Ivy Bridge", 1707.4, 5556.9};
constexpr CpuCoefficients kHaswell{"Haswell", 1857.4, 5595.4};
constexpr CpuCoefficients kBroadwell{"Broadwell", 712.8, 3685.3};
constexpr CpuCoefficients kSkylake{"Skylake", 613.0, 4104.2};
constexpr CpuCoefficients kCascadeLake{"Cascade Lake", 690.3, 4063.2};
constexpr CpuCoefficients kCoffeeLake{"Coffee Lake", 1138.4, 5421.8};
constexpr CpuCoefficients kIceLake{"Ice Lake", 766.8, 3758.2};
constexpr CpuCoefficients kSapphireRapids{"Sapphire Rapids", 1036.3, 4160.5};
constexpr CpuCoefficients kEmeraldRapids{"Emerald Rapids", 814.0, 4482.0};
constexpr CpuCoefficients kGraniteRapids{"Granite Rapids", 581.6, 2527.5};
constexpr CpuCoefficients kEpyc1{"EPYC 1st Gen", 846.8, 2604.2};
constexpr CpuCoefficients kEpyc2{"EPYC 2nd Gen", 474.3, 1693.0};
constexpr CpuCoefficients kEpyc3{"EPYC 3rd Gen", 455.6, 1957.3};
constexpr CpuCoefficients kEpyc4{"EPYC 4th Gen", 739.1, 2282.2};

constexpr std::array kRows{
    Row{kIntel, 6, 42, 42, 0, kAny, kSandyBridge},
    Row{kIntel, 6, 45, 45, 0, kAny, kSandyBridge},
    Row{kIntel, 6, 58, 58, 0, kAny, kIvyBridge},
    Row{kIntel, 6, 62, 62, 0, kAny, kIvyBridge},
    Row{kIntel, 6, 60, 60, 0, kAny, kHaswell},
    Row{kIntel, 6, 63, 63, 0, kAny, kHaswell},
    Row{kIntel, 6, 69, 70, 0, kAny, kHaswell},
    Row{kIntel, 6, 61, 61, 0, kAny, kBroadwell},
    Row{kIntel, 6, 71, 71, 0, kAny, kBroadwell},
    Row{kIntel, 6, 79, 79, 0, kAny, kBroadwell},
    Row{kIntel, 6, 86, 86, 0, kAny, kBroadwell},
    Row{kIntel, 6, 78, 78, 0, kAny, kSkylake},
    Row{kIntel, 6, 94, 94, 0, kAny, kSkylake},
    Row{kIntel, 6, 85, 85, 0, 4, kSkylake},
    Row{kIntel, 6, 85, 85, 5, 9, kCascadeLake},
    Row{kIntel, 6, 142, 142, 10, kAny, kCoffeeLake},
    Row{kIntel, 6, 158, 158, 10, kAny, kCoffeeLake},
    Row{kIntel, 6, 106, 106, 0, kAny, kIceLake},
    Row{kIntel, 6, 108, 108, 0, kAny, kIceLake},
    Row{kIntel, 6, 143, 143, 0, kAny, kSapphireRapids},
    Row{kIntel, 6, 207, 207, 0, kAny, kEmeraldRapids},
    Row{kIntel, 6, 173, 174, 0, kAny, kGraniteRapids},
    Row{kAmd, 23, 1, 1, 0, kAny, kEpyc1},
    Row{kAmd, 23, 49, 49, 0, kAny, kEpyc2},
    Row{kAmd, 25, 0, 1, 0, kAny, kEpyc3},
    Row{kAmd, 25, 16, 17, 0, kAny, kEpyc4},
    Row{kAmd, 25, 160, 175, 0, kAny, kEpyc4},
};

// Cloud Carbon Footprint's mean over all the servers of a provider (AWS), which it uses for a CPU
// that it does not know.
constexpr CpuCoefficients kUnknown{"of a kind not in the table", 740.0, 3500.0};

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::string_view cut_line(std::string_view& rest) {
  const auto end = rest.find('\n');
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return line;
}

template <class Integer>
bool to_number(std::string_view text, Integer& number) {
  return std::from_chars(text.data(), text.data() + text.size(), number).ec == std::errc();
}

double seconds(double ns) { return ns / 1e9; }

}  // namespace

CpuIdentity parse_cpuinfo(std::string_view text) {
  CpuIdentity cpu;
  while (!text.empty()) {
    const std::string_view line = cut_line(text);
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) {
      if (!cpu.name.empty() || !cpu.vendor.empty()) break;  // the blank line after the first CPU
      continue;
    }
    const std::string_view key = trim(line.substr(0, colon));
    const std::string_view value = trim(line.substr(colon + 1));
    if (key == "vendor_id") cpu.vendor = value;
    if (key == "cpu family") to_number(value, cpu.family);
    if (key == "model") to_number(value, cpu.model);
    if (key == "stepping") to_number(value, cpu.stepping);
    if (key == "model name") cpu.name = value;
  }
  return cpu;
}

CpuCoefficients coefficients_for(const CpuIdentity& cpu) {
  const auto found = std::find_if(kRows.begin(), kRows.end(), [&](const Row& row) {
    return row.vendor == cpu.vendor && row.family == cpu.family && row.model_first <= cpu.model &&
           cpu.model <= row.model_last && row.stepping_first <= cpu.stepping &&
           cpu.stepping <= row.stepping_last;
  });
  return found == kRows.end() ? kUnknown : found->coefficients;
}

std::optional<CpuUse> parse_proc_stat(std::string_view text, std::int64_t ticks_per_second) {
  CpuUse use;
  bool found = false;
  while (!text.empty()) {
    std::string_view line = cut_line(text);
    if (!line.starts_with("cpu")) continue;
    if (!line.starts_with("cpu ")) {
      ++use.online;
      continue;
    }
    line.remove_prefix(4);
    std::array<std::int64_t, 7> ticks{};  // user nice system idle iowait irq softirq
    for (std::int64_t& field : ticks) {
      line = trim(line);
      const auto end = line.find(' ');
      if (!to_number(line.substr(0, end), field)) return std::nullopt;
      line.remove_prefix(std::min(line.size(), end));
    }
    const std::int64_t busy = ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6];
    use.busy_ns = busy * (1'000'000'000 / ticks_per_second);
    found = true;
  }
  if (!found || use.online == 0) return std::nullopt;
  return use;
}

double CpuEnergy::advance(std::int64_t now_ns, std::int64_t own_ns) {
  if (started_) {
    const double elapsed_ns = static_cast<double>(now_ns - time_ns_);
    const double others_ns = others_rate_ * elapsed_ns;
    const double busy_ns = static_cast<double>(own_ns - own_ns_) + others_ns;
    others_counted_ns_ += others_ns;
    const double active_mw = (coefficients_.full_mw - coefficients_.idle_mw) * frequency_;
    energy_mj_ +=
        coefficients_.idle_mw * cpus_ * seconds(elapsed_ns) + active_mw * seconds(busy_ns);
  }
  started_ = true;
  time_ns_ = now_ns;
  own_ns_ = own_ns;
  return energy_mj_;
}

void CpuEnergy::look(std::int64_t machine_ns, double frequency) {
  frequency_ = std::clamp(frequency, 0.0, 1.0);
  if (!first_) {
    first_ = Look{time_ns_, own_ns_, machine_ns};
  } else if (time_ns_ > last_look_ns_) {
    const auto others_ns =
        static_cast<double>((machine_ns - first_->machine_ns) - (own_ns_ - first_->own_ns));
    const double since_ns = static_cast<double>(time_ns_ - last_look_ns_);
    // Ticks lag behind the exact clocks, so the difference may be negative for a while: what is
    // clamped away here is still in others_counted_ns_ and comes back with the next look.
    others_rate_ =
        std::clamp((others_ns - others_counted_ns_) / since_ns, 0.0, static_cast<double>(cpus_));
  }
  last_look_ns_ = time_ns_;
}

}  // namespace layerwatt
