#include "recording/tegrastats_log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>

#include "layerwatt/error.hpp"
#include "recording/csv_cells.hpp"
#include "sensor/tegrastats_parse.hpp"

namespace layerwatt::recording {
namespace {

constexpr std::size_t kMostRails = 64;  // the most that a board prints is 8
constexpr std::size_t kMostSignals = 64;

// Grows with the log: boards print a rail only while it is powered, so the set is known at the end.
class LogRows {
 public:
  explicit LogRows(const BlockReader& reader) : reader_(reader) {}

  // Returns whether the line could be read, or was blank.
  bool add(std::string_view text, std::size_t line) {
    if (const auto problem = parse_tegrastats_line(text, parsed_)) {
      if (*problem == TegrastatsProblem::blank) return true;
      return refuse(line, describe(*problem));
    }
    if (!parsed_.time_ns) {
      throw Error(ErrorKind::bad_input, "the line has no time stamp in front", place(reader_, line),
                  "tegrastats prints none that is fine enough; write SECONDS::LINE, for example "
                  "with: tegrastats | while read -r l; do echo \"$(date +%s.%N)::$l\"; done");
    }
    const auto time = *parsed_.time_ns;
    if (time > kMaxStampNs || time < -kMaxStampNs) return refuse(line, "its time is out of range");
    if (!out_.time_ns.empty() && time < out_.time_ns.back()) {
      throw Error(ErrorKind::bad_input,
                  fmt::format("the stamp {} ns is before the line above it ({} ns)", time,
                              out_.time_ns.back()),
                  place(reader_, line), "if the clock was set back, record again");
    }
    // Repeats come from stamps of whole seconds: the first is the one nearest to its time.
    if (!out_.time_ns.empty() && time == out_.time_ns.back()) {
      ++out_.repeated_stamps;
      return true;
    }
    if (!add_cells()) return refuse(line, "it prints too many rails");
    out_.time_ns.push_back(time);
    add_signals(time);
    return true;
  }

  Readings finish() {
    const std::size_t rails = out_.rails.size();
    out_.values.assign(out_.time_ns.size() * rails, std::numeric_limits<double>::quiet_NaN());
    for (const auto& cell : cells_) out_.values[cell.row * rails + cell.rail] = cell.mw;
    return std::move(out_);
  }

 private:
  struct Cell {
    std::size_t row;
    std::size_t rail;
    double mw;
  };

  bool refuse(std::size_t line, std::string_view why) {
    if (out_.unreadable_lines++ == 0) out_.first_unreadable = fmt::format("line {}: {}", line, why);
    return false;
  }

  // A name that comes twice in one line (AGX Orin's NC) is two rails.
  bool add_cells() {
    const std::size_t before = cells_.size();
    taken_.assign(out_.rails.size(), false);
    for (const auto& rail : parsed_.rails) {
      std::size_t index = 0;
      while (index < out_.rails.size() && (taken_[index] || out_.rails[index] != rail.name)) {
        ++index;
      }
      if (index == kMostRails) {
        cells_.resize(before);
        return false;
      }
      if (index == out_.rails.size()) {
        out_.rails.emplace_back(rail.name);
        taken_.push_back(false);
      }
      taken_[index] = true;
      cells_.push_back({out_.time_ns.size(), index, rail.mw});
    }
    return true;
  }

  void add_signals(std::int64_t time) {
    for (const TegraUnit& unit : parsed_.units) {
      const auto clocks = parsed_.clocks(unit);
      // One name a unit: of several clusters the fastest, which throttling brings down too.
      if (!clocks.empty())
        signal(unit.name, " clock", "MHz", time, *std::max_element(clocks.begin(), clocks.end()));
    }
    double fastest = std::numeric_limits<double>::quiet_NaN();
    for (const TegraCore& core : parsed_.cores) {
      if (!(core.mhz <= fastest)) fastest = std::isnan(core.mhz) ? fastest : core.mhz;
    }
    signal("CPU", " clock", "MHz", time, fastest);
    for (const TegraTemperature& zone : parsed_.temperatures) {
      signal(zone.name, " temperature", "°C", time, zone.celsius);
    }
  }

  void signal(std::string_view name, std::string_view kind, const char* unit, std::int64_t time,
              double value) {
    if (std::isnan(value)) return;
    auto& signals = out_.signals;
    const auto is_it = [&](const Signal& known) {
      return known.name.size() == name.size() + kind.size() && known.name.starts_with(name) &&
             known.name.ends_with(kind);
    };
    auto found = std::find_if(signals.begin(), signals.end(), is_it);
    if (found == signals.end()) {
      if (signals.size() == kMostSignals) return;
      signals.push_back({std::string(name) + std::string(kind), unit, {}, {}});
      found = signals.end() - 1;
    }
    if (!found->values.empty() && found->values.back() == value) return;
    found->time_ns.push_back(time);
    found->values.push_back(value);
  }

  const BlockReader& reader_;
  TegrastatsLine parsed_;
  Readings out_;
  std::vector<Cell> cells_;
  std::vector<bool> taken_;
};

}  // namespace

Readings read_tegrastats_log(BlockReader& reader, LastRow last_row) {
  LogRows rows(reader);
  std::size_t line = 1;
  bool truncated = false;
  for (auto block = reader.lines(); !block.empty(); block = reader.lines()) {
    while (!block.empty()) {
      const auto newline = block.find('\n');
      if (newline == std::string_view::npos) {  // only at the end of the file
        TegrastatsLine parsed;
        truncated = last_row == LastRow::drop || block.find('\0') != std::string_view::npos ||
                    parse_tegrastats_line(block, parsed).has_value();
        if (!truncated) rows.add(block, line);
        break;
      }
      rows.add(block.substr(0, newline), line);
      block.remove_prefix(newline + 1);
      ++line;
    }
  }
  Readings out = rows.finish();
  out.truncated = truncated;
  if (out.rails.empty() && (!out.time_ns.empty() || out.unreadable_lines > 0)) {
    throw Error(ErrorKind::bad_input,
                out.time_ns.empty()
                    ? fmt::format("no line is one of tegrastats ({})", out.first_unreadable)
                    : std::string("no line prints a power rail"),
                reader.name(),
                out.time_ns.empty() ? "power.csv starts with the header time_ns,<rail>,..."
                                    : "on some boards tegrastats prints rails only with sudo");
  }
  return out;
}

}  // namespace layerwatt::recording
