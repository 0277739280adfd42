#include "recording/iterations_csv.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "layerwatt/error.hpp"
#include "layerwatt/units.hpp"
#include "recording/csv_cells.hpp"

namespace layerwatt::recording {
namespace {

constexpr std::string_view kStamps[] = {"start_ns", "end_ns"};

// Layer times are rounded to a float or to microseconds by some engines, and are added up here.
constexpr double kToleranceMs = 0.001;
constexpr double kTolerance = 0.001;

// Σ of the layers that were reported. Every cell of a recording comes by here, so no branch depends
// on one, and four sums hide the latency of an addition.
double layers_ms(const NumericRow& row, const std::vector<std::string>& layers,
                 const BlockReader& reader) {
  double sums[4] = {};
  bool negative = false;
  for (std::size_t i = 0; i < row.values.size(); ++i) {
    const double ms = row.values[i];
    negative |= ms < 0.0;
    sums[i % 4] += std::isnan(ms) ? 0.0 : ms;
  }
  if (negative) {
    const auto at = static_cast<std::size_t>(
        std::find_if(row.values.begin(), row.values.end(), [](double ms) { return ms < 0.0; }) -
        row.values.begin());
    throw Error(
        ErrorKind::bad_input,
        fmt::format("layer '{}' took {} ms, a negative time", shown(layers[at]), row.values[at]),
        place(reader, row.line), "leave the cell empty where nothing was measured");
  }
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

}  // namespace

IterationsFile read_iterations(BlockReader& reader, LastRow last_row) {
  IterationsFile file;
  Iterations& out = file.iterations;
  const auto header = read_numeric_header(reader, kStamps);
  file.not_utf8 = header.not_utf8;

  const auto on_row = [&](const NumericRow& row) {
    const auto start = row.stamps[0];
    const auto end = row.stamps[1];
    if (end < start) {
      throw Error(ErrorKind::bad_input, fmt::format("end_ns {} is before start_ns {}", end, start),
                  place(reader, row.line), "an inference ends after it starts");
    }
    if (!out.end_ns.empty() && start < out.start_ns.back()) {
      throw Error(
          ErrorKind::bad_input,
          fmt::format("start_ns {} is before the row above it ({})", start, out.start_ns.back()),
          place(reader, row.line), "sort the rows by start_ns");
    }
    if (!out.end_ns.empty() && start < out.end_ns.back()) {
      throw Error(ErrorKind::bad_input,
                  fmt::format("the inference starts at {}, before the one above it ended ({})",
                              start, out.end_ns.back()),
                  place(reader, row.line),
                  "inferences must not overlap: record one stream at a time");
    }
    const double duration_ms = milliseconds_between(start, end).value;
    const double sum = layers_ms(row, header.columns, reader);
    if (sum > duration_ms * (1.0 + kTolerance) + kToleranceMs) ++file.overfull_rows;
    out.start_ns.push_back(start);
    out.end_ns.push_back(end);
  };
  file.truncated = read_numeric_rows(reader, kStamps, header, last_row, out.layer_ms, on_row);

  if (out.size() == 0) {
    throw Error(ErrorKind::bad_input,
                file.truncated ? "no whole row: the only one was cut short"
                               : "no inference was recorded: there is no row below the header",
                reader.name(),
                file.truncated ? "if the row is complete, end it with a newline"
                               : "record again, for longer");
  }
  out.layers = header.columns;
  return file;
}

}  // namespace layerwatt::recording
