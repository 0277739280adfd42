#include "archive/names.hpp"

#include <unistd.h>

#include <array>
#include <cctype>
#include <chrono>
#include <ctime>

#include "core/sha256.hpp"

namespace layerwatt::archive {
namespace {

constexpr std::size_t kLongestValue = 64;
constexpr std::int64_t kSecond = 1'000'000;

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

std::tm utc(std::int64_t time_us) {
  std::int64_t seconds = time_us / kSecond;
  if (time_us % kSecond < 0) --seconds;
  const std::time_t time = seconds;
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  return parts;
}

std::string formatted(std::int64_t time_us, const char* format) {
  const std::tm parts = utc(time_us);
  std::array<char, 64> text{};
  return {text.data(), std::strftime(text.data(), text.size(), format, &parts)};
}

// Exactly `digits` digits at `at`, which moves past them.
std::optional<int> digits(std::string_view text, std::size_t& at, std::size_t digits) {
  int value = 0;
  if (text.size() < at + digits) return std::nullopt;
  for (std::size_t end = at + digits; at < end; ++at) {
    if (text[at] < '0' || text[at] > '9') return std::nullopt;
    value = 10 * value + (text[at] - '0');
  }
  return value;
}

bool take(std::string_view text, std::size_t& at, std::string_view any_of) {
  if (at >= text.size() || any_of.find(text[at]) == std::string_view::npos) return false;
  ++at;
  return true;
}

}  // namespace

std::string partition_value(std::string_view text) {
  std::string value;
  for (const char c : text) {
    if (is_plain(c)) {
      value += c;
    } else if (value.empty() || value.back() != '_') {
      value += '_';
    }
  }
  const bool hidden = !value.empty() && (value[0] == '.' || value[0] == '_' || value[0] == '-');
  // Spark and DuckDB read this word as NULL.
  const bool is_null_word = value.find("HIVE_DEFAULT") != std::string::npos;
  if (value == text && !value.empty() && !hidden && !is_null_word &&
      value.size() <= kLongestValue) {
    return value;
  }
  while (!value.empty() && !std::isalnum(static_cast<unsigned char>(value.front()))) {
    value.erase(0, 1);
  }
  if (is_null_word) value.clear();
  value = value.substr(0, kLongestValue - 9);
  while (!value.empty() && !std::isalnum(static_cast<unsigned char>(value.back()))) {
    value.pop_back();
  }
  return (value.empty() ? "x" : value) + "-" + sha256_hex(text).substr(0, 8);
}

std::string partition(std::int64_t recorded_us, std::string_view device, std::string_view model) {
  return "date=" + day_of(recorded_us) + "/device=" + partition_value(device) +
         "/model=" + partition_value(model);
}

std::string run_identity(std::string_view result_json, std::int64_t recorded_us) {
  std::string all = "layerwatt run 1\n" + std::to_string(recorded_us) + '\n';
  all += result_json;
  return sha256_hex(all).substr(0, 24);
}

std::string hashed_board(std::string_view salt, std::string_view name) {
  std::string all = "layerwatt board 1\n";
  all += salt;
  all += '\n';
  all += name;
  return sha256_hex(all).substr(0, 16);
}

std::optional<std::string> machine_name(const SysRoot& sys) {
  // A serial number stays when a board is flashed again; a machine id does not.
  for (const char* file : {"/proc/device-tree/serial-number", "/etc/machine-id"}) {
    if (auto text = sys.read_text(file)) {
      while (!text->empty() && (text->back() == '\0' || text->back() == '\n')) text->pop_back();
      if (!text->empty()) return std::string(file) + "=" + *text;
    }
  }
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0 || host[0] == '\0') return std::nullopt;
  return std::string("host=") + host.data();
}

std::optional<std::int64_t> parse_time_us(const std::string& text) {
  std::size_t at = 0;
  std::tm parts{};
  const auto year = digits(text, at, 4);
  if (!year || !take(text, at, "-")) return std::nullopt;
  const auto month = digits(text, at, 2);
  if (!month || !take(text, at, "-")) return std::nullopt;
  const auto day = digits(text, at, 2);
  if (!day) return std::nullopt;
  // timegm() takes the 31st of February for a day in March.
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  parts.tm_year = *year - 1900;
  parts.tm_mon = *month - 1;
  parts.tm_mday = *day;
  std::int64_t fraction_us = 0;
  std::int64_t offset_s = 0;
  if (at < text.size()) {
    if (!take(text, at, "T ")) return std::nullopt;
    const auto hour = digits(text, at, 2);
    if (!hour || !take(text, at, ":")) return std::nullopt;
    const auto minute = digits(text, at, 2);
    if (!minute || !take(text, at, ":")) return std::nullopt;
    const auto second = digits(text, at, 2);
    if (!second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
    parts.tm_hour = *hour;
    parts.tm_min = *minute;
    parts.tm_sec = *second;
    if (take(text, at, ".")) {
      const std::size_t first = at;
      for (std::int64_t unit = kSecond / 10; at < text.size(); ++at, unit /= 10) {
        if (text[at] < '0' || text[at] > '9') break;
        fraction_us += unit * (text[at] - '0');
      }
      if (at == first) return std::nullopt;
    }
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) {
      const int sign = text[at++] == '+' ? 1 : -1;
      const auto hours = digits(text, at, 2);
      take(text, at, ":");
      const auto minutes = digits(text, at, 2);
      if (!hours || !minutes) return std::nullopt;
      offset_s = sign * (*hours * 3600 + *minutes * 60);
    } else if (!take(text, at, "Z")) {
      return std::nullopt;  // local time of nobody knows where
    }
    if (at != text.size()) return std::nullopt;
  }
  return (std::int64_t{::timegm(&parts)} - offset_s) * kSecond + fraction_us;
}

std::string day_of(std::int64_t time_us) { return formatted(time_us, "%Y-%m-%d"); }

std::string time_text(std::int64_t time_us) { return formatted(time_us, "%Y-%m-%d %H:%M:%S"); }

}  // namespace layerwatt::archive
