// One line of tegrastats, from text to numbers. Pure: no files, no clock, no state.
//
// NVIDIA documents the line loosely and changes it with every release, so tokens are known by their
// shape and never by their place: a date may stand in front (R34+), SWAP, EMC and the clocks come
// and go with privileges, rails have one, two or three values with or without "mW". The same name
// can be three things in one line (`CPU [..]`, `CPU@40C`, `CPU 1236/1236`): the lists below are
// keyed by kind first. What fits no shape is kept in raw_unknown and costs nothing else.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace layerwatt {

// NaN is "not printed, or the sensor is off"; 0 is a reading.
inline constexpr double kNotPrinted = std::numeric_limits<double>::quiet_NaN();

struct TegraRail {
  std::string_view name;        // may repeat: AGX Orin prints NC twice
  double mw = kNotPrinted;      // now
  double avg_mw = kNotPrinted;  // mean of every mw since this tegrastats started: not a window
  double max_mw = kNotPrinted;  // R39: largest since the start
};

struct TegraTemperature {
  std::string_view name;             // the type of the thermal zone
  double celsius = kNotPrinted;      // NaN where tegrastats prints -256C: the zone is switched off
  double max_celsius = kNotPrinted;  // R39: largest since the start
};

struct TegraCore {
  double load_percent = kNotPrinted;
  double mhz = kNotPrinted;
  bool online = true;  // false: `off`, which is not a load of 0 %
};

// GPU, memory controller, codecs, accelerators: anything with a load, a clock, or both. A load or
// a clock a cluster: `GR3D_FREQ 14%@[407,407]`; read them with TegrastatsLine::loads() and
// clocks().
struct TegraUnit {
  std::string_view name;
  bool off = false;
  std::uint32_t first = 0;  // in TegrastatsLine::values: the loads (%), then the clocks (MHz)
  std::uint32_t load_count = 0;
  std::uint32_t clock_count = 0;
};

// In MB; SWAP's and IRAM's too.
struct TegraMemory {
  double used_mb = kNotPrinted;
  double total_mb = kNotPrinted;
  double largest_free_mb = kNotPrinted;  // RAM, IRAM: size of the largest free block
  double largest_free_count = kNotPrinted;
  double cached_mb = kNotPrinted;  // SWAP

  bool printed() const { return !std::isnan(total_mb); }
};

// Owns its text: the string_views stay good until the next line is parsed into it. To be reused,
// not copied (a copy's views would point into the original).
struct TegrastatsLine {
  TegrastatsLine() = default;
  TegrastatsLine(const TegrastatsLine&) = delete;
  TegrastatsLine& operator=(const TegrastatsLine&) = delete;

  // From an `epoch_seconds::` prefix, exact to the nanosecond; digits beyond that are cut.
  std::optional<std::int64_t> time_ns;
  std::string_view date;  // "06-25-2025 10:34:26": local time, whole seconds; empty if not printed
  TegraMemory ram;
  TegraMemory swap;
  TegraMemory iram;
  std::vector<TegraCore> cores;
  std::vector<TegraUnit> units;
  std::vector<TegraTemperature> temperatures;
  std::vector<TegraRail> rails;
  double mts_foreground_percent = kNotPrinted;
  double mts_background_percent = kNotPrinted;
  double edp_limit = kNotPrinted;
  std::vector<std::string_view> raw_unknown;
  std::vector<double> values;  // of the units
  std::string text;

  std::span<const double> loads(const TegraUnit& unit) const {
    return {values.data() + unit.first, unit.load_count};
  }
  std::span<const double> clocks(const TegraUnit& unit) const {
    return {values.data() + unit.first + unit.load_count, unit.clock_count};
  }
  // Every whole line starts with a date or with RAM. One that has neither may have lost its
  // beginning: its tokens are right, but a reader of a stream should not take it for a sample.
  bool has_beginning() const { return !date.empty() || ram.printed(); }

  void clear();  // keeps the memory
};

// Why a line cannot be used. `out` then holds nothing that should be believed.
enum class TegrastatsProblem {
  blank,
  not_tegrastats,  // `Unknown command: --x`, messages, binary
  bad_time,        // an `epoch::` prefix that is not a time in nanoseconds since 1970
  cut_short,       // ends inside a token
  no_beginning,    // starts inside a token
  run_together,    // two lines without a newline between them
};

// A sentence's end: "the line ends inside a token".
std::string_view describe(TegrastatsProblem problem);

// Parses one line (a newline or carriage return at its end is ignored; NUL bytes separate tokens).
// Returns nothing when the line can be used. `out` is cleared first and reused: in steady state
// nothing is allocated. Never throws but std::bad_alloc; any bytes are safe.
//
// A line cut between two tokens cannot be told from a whole one by itself; compare its rails with
// those of its neighbours. A line without its newline at the end of a file should be called cut.
std::optional<TegrastatsProblem> parse_tegrastats_line(std::string_view line, TegrastatsLine& out);

}  // namespace layerwatt
