#include "recording/idle_csv.hpp"

#include <string_view>

#include "layerwatt/error.hpp"
#include "recording/csv_cells.hpp"

namespace layerwatt::recording {
namespace {

constexpr std::string_view kStamps[] = {"start_ns", "settled_ns", "end_ns"};

}  // namespace

IdleFile read_idle(BlockReader& reader, LastRow last_row) {
  IdleFile file;
  const auto header = read_numeric_header(reader, kStamps);
  std::vector<double> none;
  const auto on_row = [&](const NumericRow& row) {
    const IdleWindow window{row.stamps[0], row.stamps[1], row.stamps[2]};
    if (window.settled_ns < window.start_ns || window.end_ns < window.settled_ns) {
      throw Error(ErrorKind::bad_input, "a window starts, settles and ends in that order",
                  place(reader, row.line), "check the stamps of this row");
    }
    if (!file.windows.empty() && window.start_ns < file.windows.back().end_ns) {
      throw Error(ErrorKind::bad_input, "the window begins before the one above it ended",
                  place(reader, row.line), "sort the rows by start_ns");
    }
    file.windows.push_back(window);
  };
  file.truncated = read_numeric_rows(reader, kStamps, header, last_row, none, on_row);
  return file;
}

std::string idle_header() { return "start_ns,settled_ns,end_ns\n"; }

std::string idle_row(const IdleWindow& window) {
  std::string row;
  append_cell(row, window.start_ns);
  for (const std::int64_t stamp : {window.settled_ns, window.end_ns}) {
    row += ',';
    append_cell(row, stamp);
  }
  return row + '\n';
}

}  // namespace layerwatt::recording
