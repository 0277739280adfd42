#include "recording/power_csv.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>

#include "layerwatt/error.hpp"
#include "layerwatt/units.hpp"
#include "recording/csv_cells.hpp"

namespace layerwatt::recording {
namespace {

constexpr std::string_view kStamps[] = {"time_ns"};
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

bool none_read(std::span<const double> row) {
  return std::all_of(row.begin(), row.end(), [](double v) { return std::isnan(v); });
}

}  // namespace

Readings read_power_csv(BlockReader& reader, LastRow last_row) {
  Readings out;
  const auto header = read_numeric_header(reader, kStamps);
  out.rails = header.columns;
  out.not_utf8 = header.not_utf8;
  std::vector<std::size_t> repeated;  // rows
  std::vector<std::int64_t> times;

  const auto on_row = [&](const NumericRow& row) {
    const auto time = row.stamps[0];
    if (!times.empty() && time < times.back()) {
      throw Error(ErrorKind::bad_input,
                  fmt::format("time_ns {} is before the row above it ({})", time, times.back()),
                  place(reader, row.line),
                  "sort the rows by time_ns; if the clock was set back, record again");
    }
    if (!times.empty() && time == times.back()) repeated.push_back(times.size());
    times.push_back(time);
  };
  out.truncated = read_numeric_rows(reader, kStamps, header, last_row, out.values, on_row);

  out.repeated_stamps = repeated.size();
  if (repeated.empty()) {
    out.time_ns = std::move(times);
    return out;
  }
  const std::size_t columns = out.rails.size();
  std::vector<double> values;
  values.reserve(out.values.size());
  auto skip = repeated.begin();
  for (std::size_t i = 0; i < times.size(); ++i) {
    if (skip != repeated.end() && *skip == i) {
      ++skip;
      continue;
    }
    out.time_ns.push_back(times[i]);
    values.insert(values.end(), out.values.begin() + static_cast<std::ptrdiff_t>(i * columns),
                  out.values.begin() + static_cast<std::ptrdiff_t>((i + 1) * columns));
  }
  out.values = std::move(values);
  return out;
}

PowerFromEnergy power_from_energy(std::span<const std::int64_t> time_ns, std::span<const double> mj,
                                  std::size_t rails) {
  PowerFromEnergy out;
  const auto row = [&](std::size_t i) { return mj.subspan(i * rails, rails); };
  std::size_t before = 0;
  bool have_before = false;
  for (std::size_t i = 0; i < time_ns.size(); ++i) {
    if (none_read(row(i))) continue;
    if (have_before) {
      const auto first = row(before);
      const auto second = row(i);
      bool reset = false;
      for (std::size_t r = 0; r < rails; ++r) reset = reset || second[r] < first[r];
      if (reset) {
        ++out.dropped_resets;
      } else {
        const auto time = milliseconds_between(time_ns[before], time_ns[i]);
        out.begin_ns.push_back(time_ns[before]);
        out.end_ns.push_back(time_ns[i]);
        for (std::size_t r = 0; r < rails; ++r) {
          const double difference = second[r] - first[r];  // NaN stays NaN
          out.mw.push_back(std::isnan(difference) ? kNone : (Millijoules{difference} / time).value);
        }
      }
    }
    before = i;
    have_before = true;
  }
  return out;
}

bool looks_cumulative(const Readings& readings) {
  const std::size_t rails = readings.rails.size();
  if (readings.time_ns.size() < 10 || rails == 0) return false;
  for (std::size_t i = rails; i < readings.values.size(); ++i) {
    if (!(readings.values[i] > readings.values[i - rails])) return false;
  }
  return true;
}

}  // namespace layerwatt::recording
