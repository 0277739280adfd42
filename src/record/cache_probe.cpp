#include "record/cache_probe.hpp"

#include <cstdint>

namespace layerwatt {
namespace {

constexpr std::int64_t kProbeNs = 20'000'000;

double pass_of(Repeating& repeating, const ExtraRuns& row) {
  repeating.prepare(row);
  RepeatedRun run;
  repeating.run(row, kProbeNs, run);
  return static_cast<double>(run.end_ns - run.start_ns) / 1e6 / static_cast<double>(run.passes);
}

}  // namespace

std::vector<CacheKinds> probe_cache(Repeating& repeating, std::span<const ExcitablePart> parts,
                                    double pass_ms, double boost, std::size_t beside,
                                    double run_ms) {
  // Not pass_ms: begin and end of so short a run cost it the same in each.
  const double plain_ms = pass_of(repeating, ExtraRuns(parts.size(), 0));
  const ExtraRuns extra = extra_runs(parts, pass_ms, boost);
  std::vector<CacheKinds> kinds(beside);
  for (std::size_t j = 0; j < beside; ++j) {
    if (extra[j] == 0) continue;
    ExtraRuns row(parts.size(), 0);
    row[j] = extra[j];
    const double runs = extra[j];
    CacheTimes times;
    times.place_ms = parts[j].time_ms;
    times.warm_ms = (pass_of(repeating, row) - plain_ms) / runs;
    row[beside] = extra[j];
    times.cold_ms = (pass_of(repeating, row) - plain_ms) / runs - run_ms;
    kinds[j] = cache_kinds(times, pass_ms);
  }
  return kinds;
}

}  // namespace layerwatt
