// What trtexec exports: layer times (--exportProfile) and inferences (--exportTimes). Pure text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/recording.hpp"

namespace layerwatt {

struct TrtexecProfile {
  std::size_t count = 0;            // inferences that it is the mean of
  std::vector<std::string> layers;  // in execution order; may repeat
  std::vector<double> mean_ms;
};

// Throws Error(bad_input) with `where` for what is not such a file.
TrtexecProfile parse_trtexec_profile(std::string_view json, const std::string& where);

struct TrtexecTime {
  double compute_start_ms = 0.0;  // since trtexec began
  double compute_end_ms = 0.0;
  double end_ms = 0.0;  // the outputs are on the host
};

// By start. trtexec prints six digits of a stamp, so after ten seconds stamps are right to a tenth
// of a millisecond and inferences are laid one after the other as far as that allows; their
// durations are those that it printed beside. Throws Error(bad_input) with `where`; also for
// inferences that ran beside each other, whose layers cannot be told apart in time.
std::vector<TrtexecTime> parse_trtexec_times(std::string_view json, const std::string& where);

// The two together. trtexec exports one mean a layer: every inference gets it, shortened to fit its
// compute time where the profiler made layers longer; so the times' spread is that of the
// inferences alone. `begin_ns` is when trtexec's own clock was 0, on the clock of the power
// readings.
Iterations trtexec_iterations(const TrtexecProfile& profile, const std::vector<TrtexecTime>& times,
                              std::int64_t begin_ns);

// By how much the latest stamps can be off.
double trtexec_stamp_step_ms(const std::vector<TrtexecTime>& times);

// When trtexec's clock was 0, if its last inference ended when it wrote the file: right to a second
// or so, which is enough for means over a long run and for nothing finer.
std::int64_t trtexec_begin_by_file_time(const std::vector<TrtexecTime>& times,
                                        std::int64_t written_ns);

}  // namespace layerwatt
