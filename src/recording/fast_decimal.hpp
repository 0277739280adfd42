// Short decimals and stamps, as nearly every cell of a recording is: what makes reading one fast.
// Anything else is left to parse_number() and parse_stamp_ns(), with the same results.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "recording/csv_cells.hpp"

namespace layerwatt::recording {

// Bytes that must be readable behind a cell.
inline constexpr std::size_t kReadAhead = 8;

inline bool is_digit(char c) { return static_cast<unsigned char>(c - '0') < 10; }
inline bool ends_cell(char c) { return c == ',' || c == '\n' || c == '\r'; }

// Up to 7 digits at p as one number; `count` is how many there are, 8 for eight or more.
inline std::uint64_t leading_digits(const char* p, int& count) {
  if constexpr (std::endian::native == std::endian::little) {
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, p, sizeof bytes);
    bytes ^= 0x3030303030303030;  // digits become 0 to 9, all else becomes more
    const std::uint64_t others = ((bytes + 0x7676767676767676) | bytes) & 0x8080808080808080;
    count = others == 0 ? 8 : std::countr_zero(others) / 8;
    if (count == 0) return 0;
    // The first digit is the lowest byte: shifting puts zeros in front and drops what follows.
    bytes <<= (8 - count) * 8;
    // Neighbours are joined to numbers of two, four and eight digits (Lemire 2018).
    bytes = bytes * 10 + (bytes >> 8);
    return (((bytes & 0x000000FF000000FF) * 0x000F424000000064) +
            (((bytes >> 16) & 0x000000FF000000FF) * 0x0000271000000001)) >>
           32;
  } else {
    std::uint64_t digits = 0;
    for (count = 0; count < 8 && is_digit(p[count]); ++count) {
      digits = digits * 10 + static_cast<std::uint64_t>(p[count] - '0');
    }
    return digits;
  }
}

// Reads "12", "0.25" or "123.4567890" at p and returns behind it; nullptr for anything harder,
// `value` is then not touched. Correctly rounded: up to 2^53 the digits are a double, so is the
// power of ten, and IEEE division rounds once (Clinger 1990).
inline const char* scan_short_decimal(const char* p, double& value) {
  constexpr double kPower[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7};
  constexpr std::uint64_t kWhole[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000};
  const char* const first = p;
  std::uint64_t digits = 0;
  for (; is_digit(*p); ++p) digits = digits * 10 + static_cast<std::uint64_t>(*p - '0');
  // 8 + 7 digits are always below 2^53.
  if (p == first || p - first > 8) return nullptr;
  int decimals = 0;
  if (*p == '.') {
    const std::uint64_t fraction = leading_digits(++p, decimals);
    if (decimals == 8) return nullptr;
    digits = digits * kWhole[decimals] + fraction;
    p += decimals;
  }
  if (!ends_cell(*p)) return nullptr;
  value = static_cast<double>(digits) / kPower[decimals];
  return p;
}

// The same for digits of a stamp below 2^62.
inline const char* scan_short_stamp(const char* p, std::int64_t& value) {
  const char* const first = p;
  std::int64_t digits = 0;
  for (; is_digit(*p) && p - first < 18; ++p) digits = digits * 10 + (*p - '0');
  // Stamps of today have 19.
  if (is_digit(*p) && digits < kMaxStampNs / 10) digits = digits * 10 + (*p++ - '0');
  if (p == first || !ends_cell(*p)) return nullptr;
  value = digits;
  return p;
}

}  // namespace layerwatt::recording
