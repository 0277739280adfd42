#include "recording/excitation_csv.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <string_view>

#include "layerwatt/error.hpp"
#include "recording/csv_cells.hpp"

namespace layerwatt::recording {
namespace {

constexpr std::string_view kStamps[] = {"start_ns", "settled_ns", "end_ns"};
constexpr std::size_t kRound = 0;
constexpr std::size_t kPasses = 1;
constexpr std::size_t kClock = 2;
constexpr std::size_t kBeforeLayers = 3;
constexpr const char* kOutside = "outside layers";

template <class Whole>
Whole whole_number(double value, const std::string& where) {
  constexpr auto kMost = static_cast<double>(std::numeric_limits<std::uint32_t>::max());
  if (!(value >= 0.0 && value <= kMost) || value != std::floor(value)) {
    throw Error(ErrorKind::bad_input, fmt::format("{} is not a count", value), where,
                "round, passes and the extra runs of a layer are whole numbers from 0 on");
  }
  return static_cast<Whole>(value);
}

}  // namespace

ExcitationFile read_excitation(BlockReader& reader, LastRow last_row, std::size_t layers) {
  ExcitationFile file;
  const auto header = read_numeric_header(reader, kStamps);
  if (header.columns.size() != kBeforeLayers + layers + 1) {
    throw Error(ErrorKind::bad_input,
                fmt::format("the header has {} columns, {} layers need {}",
                            header.columns.size() + std::size(kStamps), layers,
                            kBeforeLayers + layers + 1 + std::size(kStamps)),
                place(reader, 1),
                "the columns are start_ns,settled_ns,end_ns,round,passes,clock_mhz, one a layer of "
                "iterations.csv, and outside layers");
  }
  std::vector<double> values;
  const auto on_row = [&](const NumericRow& row) {
    const std::string where = place(reader, row.line);
    ExcitationWindow window;
    window.start_ns = row.stamps[0];
    window.settled_ns = row.stamps[1];
    window.end_ns = row.stamps[2];
    if (window.settled_ns < window.start_ns || window.end_ns < window.settled_ns) {
      throw Error(ErrorKind::bad_input, "a window starts, settles and ends in that order", where,
                  "check the stamps of this row");
    }
    if (!file.windows.empty() && window.start_ns < file.windows.back().end_ns) {
      throw Error(ErrorKind::bad_input, "the window begins before the one above it ended", where,
                  "sort the rows by start_ns");
    }
    window.round = whole_number<std::uint64_t>(row.values[kRound], where);
    window.passes = whole_number<std::uint64_t>(row.values[kPasses], where);
    if (window.passes == 0) {
      throw Error(ErrorKind::bad_input, "a window without a pass says nothing", where,
                  "leave the row out");
    }
    window.clock_mhz = row.values[kClock];
    for (std::size_t j = kBeforeLayers; j < row.values.size(); ++j) {
      window.extra.push_back(whole_number<std::uint32_t>(row.values[j], where));
    }
    file.windows.push_back(std::move(window));
  };
  file.truncated = read_numeric_rows(reader, kStamps, header, last_row, values, on_row);
  return file;
}

std::string excitation_header(const std::vector<LayerInfo>& layers) {
  std::string header = "start_ns,settled_ns,end_ns,round,passes,clock_mhz";
  for (const LayerInfo& layer : layers) {
    header += ',';
    append_cell(header, layer.name);
  }
  return header + ',' + kOutside + '\n';
}

std::string excitation_row(const ExcitationWindow& window) {
  std::string row;
  append_cell(row, window.start_ns);
  for (const std::int64_t value :
       {window.settled_ns, window.end_ns, static_cast<std::int64_t>(window.round),
        static_cast<std::int64_t>(window.passes)}) {
    row += ',';
    append_cell(row, value);
  }
  row += ',';
  append_cell(row, window.clock_mhz);
  for (const std::uint32_t extra : window.extra) {
    row += ',';
    append_cell(row, static_cast<std::int64_t>(extra));
  }
  row += '\n';
  return row;
}

}  // namespace layerwatt::recording
