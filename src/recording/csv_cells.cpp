#include "recording/csv_cells.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#ifdef LAYERWATT_HAS_FAST_FLOAT
#include <fast_float/fast_float.h>
#endif

namespace layerwatt::recording {
namespace {

#ifdef LAYERWATT_HAS_FAST_FLOAT
using fast_float::from_chars;
#else
using std::from_chars;
#endif

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// digits × 10^exponent as an integer of at most ±kMaxStampNs; nullopt when it is none.
std::optional<std::int64_t> exact_integer(std::string digits, long exponent, bool negative) {
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
  while (!digits.empty() && digits.back() == '0') {
    digits.pop_back();
    ++exponent;
  }
  if (digits.empty()) return 0;
  if (exponent < 0 || exponent > 18 || digits.size() + static_cast<std::size_t>(exponent) > 19) {
    return std::nullopt;
  }
  digits.append(static_cast<std::size_t>(exponent), '0');
  std::uint64_t value = 0;  // 19 digits always fit
  for (const char c : digits) value = value * 10 + static_cast<std::uint64_t>(c - '0');
  if (value > static_cast<std::uint64_t>(kMaxStampNs)) return std::nullopt;
  const auto magnitude = static_cast<std::int64_t>(value);
  return negative ? -magnitude : magnitude;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

std::string_view take_digits(std::string_view& text) {
  std::size_t n = 0;
  while (n < text.size() && is_digit(text[n])) ++n;
  const auto digits = text.substr(0, n);
  text.remove_prefix(n);
  return digits;
}

}  // namespace

const char* scan_number(const char* begin, const char* end, double& value) {
  const auto [stop, error] = from_chars(begin, end, value);
  if (error != std::errc() || !std::isfinite(value)) return nullptr;
  // std::from_chars reports an underflow, fast_float returns 0: the same answer for both.
  if (value == 0.0) {
    const std::string_view text(begin, static_cast<std::size_t>(stop - begin));
    const auto mantissa = text.substr(0, text.find_first_of("eE"));
    if (mantissa.find_first_of("123456789") != std::string_view::npos) return nullptr;
  }
  return stop;
}

std::optional<double> parse_number(std::string_view text) {
  double value = 0.0;
  const char* const end = text.data() + text.size();
  if (scan_number(text.data(), end, value) != end || text.empty()) return std::nullopt;
  return value;
}

std::optional<std::int64_t> parse_stamp_ns(std::string_view text) {
  const bool negative = take(text, '-');
  const auto whole = take_digits(text);
  std::string digits(whole);
  if (take(text, '.')) digits += take_digits(text);
  if (digits.empty()) return std::nullopt;
  long exponent = static_cast<long>(whole.size()) - static_cast<long>(digits.size());
  if (take(text, 'e') || take(text, 'E')) {
    const bool down = take(text, '-');
    if (!down) take(text, '+');
    int power = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), power);
    if (error != std::errc() || text.front() == '-' || power > 1000) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    exponent += down ? -power : power;
  }
  if (!text.empty()) return std::nullopt;
  return exact_integer(std::move(digits), exponent, negative);
}

std::optional<std::size_t> record_length(std::string_view text) {
  bool quoted = false;
  bool cell_start = true;  // a quote anywhere else is a character like any other
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c != '"') continue;
      if (i + 1 < text.size() && text[i + 1] == '"') {
        ++i;
      } else {
        quoted = false;
      }
      continue;
    }
    if (c == '\n') return i + 1;
    quoted = c == '"' && cell_start;
    cell_start = c == ',';
  }
  return std::nullopt;
}

std::optional<std::vector<std::string>> split_record(std::string_view record) {
  if (!record.empty() && record.back() == '\n') record.remove_suffix(1);
  if (!record.empty() && record.back() == '\r') record.remove_suffix(1);
  std::vector<std::string> cells(1);
  bool quoted = false;
  bool cell_start = true;
  for (std::size_t i = 0; i < record.size(); ++i) {
    const char c = record[i];
    if (quoted) {
      if (c != '"') {
        cells.back() += c;
      } else if (i + 1 < record.size() && record[i + 1] == '"') {
        cells.back() += '"';
        ++i;
      } else {
        quoted = false;
      }
      continue;
    }
    quoted = c == '"' && cell_start;
    cell_start = c == ',';
    if (cell_start) {
      cells.emplace_back();
    } else if (!quoted) {
      cells.back() += c;
    }
  }
  if (quoted) return std::nullopt;
  return cells;
}

void append_cell(std::string& out, std::string_view text) {
  const bool padded = !text.empty() && (text.front() == ' ' || text.back() == ' ');
  if (!padded && text.find_first_of(",\"\r\n") == std::string_view::npos) {
    out += text;
    return;
  }
  out += '"';
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

void append_cell(std::string& out, double value) {
  if (std::isnan(value)) return;
  char text[32];
  const auto result = std::to_chars(text, text + sizeof text, value);
  out.append(text, result.ptr);
}

void append_cell(std::string& out, std::int64_t value) {
  char text[24];
  const auto result = std::to_chars(text, text + sizeof text, value);
  out.append(text, result.ptr);
}

std::string shown(std::string_view text) {
  constexpr std::size_t kMost = 40;
  std::string out;
  for (const char c : text.substr(0, kMost)) {
    out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
  }
  if (text.size() > kMost) out += "...";
  return to_utf8(out);
}

std::string to_utf8(std::string_view text) {
  if (std::all_of(text.begin(), text.end(),
                  [](char c) { return static_cast<signed char>(c) > 0; })) {
    return std::string(text);
  }
  std::string bytes;
  for (const char c : text) {
    if (c == '\0') {
      bytes += kReplacement;
    } else {
      bytes += c;
    }
  }
  using nlohmann::json;
  return json::parse(json(bytes).dump(-1, ' ', false, json::error_handler_t::replace))
      .get<std::string>();
}

}  // namespace layerwatt::recording
