// Text of CSV files (RFC 4180) and the numbers in it: pure functions, no file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace layerwatt::recording {

// Stamps beyond ±2^62 ns (the year 2116) are refused, so that a difference of two never overflows.
inline constexpr std::int64_t kMaxStampNs = std::int64_t{1} << 62;

// A finite decimal number ("12", "-1.5", "3e-05"), correctly rounded. The whole text must be the
// number; nullopt otherwise, and for what a double cannot hold ("1e999", "1e-999", "inf", "nan").
std::optional<double> parse_number(std::string_view text);
// The same for a number that more text follows: where it ends, or nullptr.
const char* scan_number(const char* begin, const char* end, double& value);

// Nanoseconds. "17e8" and "1700000000.0" are fine because they name an integer exactly; "1.5" is
// not.
std::optional<std::int64_t> parse_stamp_ns(std::string_view text);

// How long the first record of `text` is, its newline included; nullopt when the record does not
// end in `text`. Newlines inside quotes do not end a record.
std::optional<std::size_t> record_length(std::string_view text);

// The cells of one record, quotes undone; its newline ("\n", "\r\n" or none) is not part of them.
// A quote that is never closed gives nullopt.
std::optional<std::vector<std::string>> split_record(std::string_view record);

// Appends `text` as one cell, quoted where it has to be.
void append_cell(std::string& out, std::string_view text);
// The shortest text that reads back as the same double; NaN is an empty cell.
void append_cell(std::string& out, double value);
void append_cell(std::string& out, std::int64_t value);

// A piece of a file for an error message: one line, short, no control characters.
std::string shown(std::string_view text);

// Bytes that are not UTF-8 become U+FFFD, and so does NUL: a name has to survive JSON and CSV.
std::string to_utf8(std::string_view text);

}  // namespace layerwatt::recording
