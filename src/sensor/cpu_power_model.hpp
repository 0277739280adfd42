// A model of what CPUs draw, for machines on which nothing can be measured. Formula, coefficients
// and their source: docs/sensors.md, "estimate". Pure: text and numbers in, numbers out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace layerwatt {

struct CpuIdentity {
  std::string vendor;  // "GenuineIntel", "AuthenticAMD"; empty on ARM
  int family = 0;
  int model = 0;
  int stepping = 0;
  std::string name;  // as the CPU calls itself; may be empty
};

// The first processor of /proc/cpuinfo.
CpuIdentity parse_cpuinfo(std::string_view text);

// Of one hardware thread, as its share of a whole server.
struct CpuCoefficients {
  std::string_view architecture;
  double idle_mw = 0.0;
  double full_mw = 0.0;
};

// The table's row for the CPU; for one that is not in the table the mean of many servers, and an
// architecture that says so.
CpuCoefficients coefficients_for(const CpuIdentity& cpu);

struct CpuUse {
  int online = 0;            // CPUs that have a line
  std::int64_t busy_ns = 0;  // of all of them since boot
};
// /proc/stat: user + nice + system + irq + softirq. Not idle, not iowait, not steal (another
// machine's work); guest time is in user already.
std::optional<CpuUse> parse_proc_stat(std::string_view text, std::int64_t ticks_per_second);

// Adds the modelled energy up. The time that this process's threads ran is known to the nanosecond
// at every reading. That of all other processes comes from /proc/stat, whose 10 ms ticks are far
// coarser than a layer: it is spread over the time until the next look at it, which keeps its sum
// right and puts it late by one look.
class CpuEnergy {
 public:
  CpuEnergy(CpuCoefficients coefficients, int cpus) : coefficients_(coefficients), cpus_(cpus) {}

  // Energy in mJ since the first call. own_ns: CPU time of this process so far.
  // Both arguments must not decrease.
  double advance(std::int64_t now_ns, std::int64_t own_ns);
  // machine_ns: CPU time of all processes. To be called just after advance().
  // frequency: of the CPUs relative to nominal, at most 1.
  void look(std::int64_t machine_ns, double frequency);

 private:
  struct Look {
    std::int64_t time_ns;
    std::int64_t own_ns;
    std::int64_t machine_ns;
  };
  CpuCoefficients coefficients_;
  int cpus_;
  bool started_ = false;
  std::int64_t time_ns_ = 0;
  std::int64_t own_ns_ = 0;
  double energy_mj_ = 0.0;
  double frequency_ = 1.0;
  double others_rate_ = 0.0;        // CPUs kept busy by other processes
  double others_counted_ns_ = 0.0;  // of their time, what energy_mj_ has
  std::optional<Look> first_;
  std::int64_t last_look_ns_ = 0;
};

}  // namespace layerwatt
