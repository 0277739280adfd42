// The shape that iterations.csv, power.csv and energy.csv share: a header, then rows of one or more
// int64 stamps followed by numbers, one row a line. The fast path of reading a recording.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "recording/block_reader.hpp"

namespace layerwatt::recording {

// What to do with a last row that has no newline. Where the writer was cut short, its last number
// may lack digits and nothing shows it ("0.21" of "0.2134"), so the row cannot be trusted; a file
// that was completed and then lost its newline in an editor can.
enum class LastRow { drop, accept_if_whole };

struct NumericRow {
  std::span<const std::int64_t> stamps;
  std::span<const double> values;  // NaN: an empty cell
  std::size_t line = 0;            // 1 is the first line of the file
};

struct NumericHeader {
  std::vector<std::string> columns;  // behind the stamps; valid UTF-8
  bool not_utf8 = false;             // a name had to be repaired
  std::size_t next_line = 2;         // names may hold newlines
};

// Reads and checks the header: `stamps` are the names that it must start with. Throws
// Error(bad_input) for an empty file or another header.
NumericHeader read_numeric_header(BlockReader& reader, std::span<const std::string_view> stamps);

// Reads the rows behind the header. Values are appended to `values`, row-major; on_row sees every
// row as soon as it is there and may throw to refuse it. Returns whether a last row was cut short
// and left out. Throws Error(bad_input) naming file and line for a row with too few or too many
// cells or a cell that is not a finite number.
bool read_numeric_rows(BlockReader& reader, std::span<const std::string_view> stamps,
                       const NumericHeader& header, LastRow last_row, std::vector<double>& values,
                       const std::function<void(const NumericRow&)>& on_row);

// "file:line", as errors name places.
std::string place(const BlockReader& reader, std::size_t line);

}  // namespace layerwatt::recording
