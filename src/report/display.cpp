#include "report/display.hpp"

#include <fmt/format.h>
#include <utf8proc.h>

#include <algorithm>

namespace layerwatt {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD
constexpr std::string_view kEllipsis = "…";

struct CodePoint {
  utf8proc_int32_t value = -1;  // -1: the byte here is not UTF-8
  std::size_t bytes = 1;
};

CodePoint decode(std::string_view text) {
  CodePoint point;
  const auto read = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                     static_cast<utf8proc_ssize_t>(text.size()), &point.value);
  if (read < 1) return {};
  point.bytes = static_cast<std::size_t>(read);
  return point;
}

// Format characters are zero-width joiners too, which emoji need: only those that change the
// direction or end the line are taken out.
bool is_direction_or_line(utf8proc_int32_t point) {
  return point == 0x061C || point == 0x200E || point == 0x200F ||
         (point >= 0x2028 && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069);
}

std::string escaped(utf8proc_int32_t point) {
  switch (point) {
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    default:
      return point < 0x100 ? fmt::format("\\x{:02x}", point) : fmt::format("\\u{:04x}", point);
  }
}

// A character as a reader sees it: a base with its marks.
struct Cluster {
  std::string_view bytes;
  std::size_t width = 0;
};

std::vector<Cluster> clusters(std::string_view text) {
  std::vector<Cluster> all;
  utf8proc_int32_t previous = -1;
  utf8proc_int32_t state = 0;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = decode(text.substr(at));
    const int width = point.value < 0 ? 1 : utf8proc_charwidth(point.value);
    const bool starts = all.empty() || point.value < 0 || previous < 0 ||
                        utf8proc_grapheme_break_stateful(previous, point.value, &state);
    if (starts) all.push_back({text.substr(at, 0), 0});
    Cluster& cluster = all.back();
    cluster.bytes = {cluster.bytes.data(), cluster.bytes.size() + point.bytes};
    cluster.width += static_cast<std::size_t>(std::max(width, 0));
    previous = point.value;
    at += point.bytes;
  }
  return all;
}

}  // namespace

std::string harmless(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = decode(text.substr(at));
    if (point.value < 0) {
      out += kReplacement;
    } else if (utf8proc_category(point.value) == UTF8PROC_CATEGORY_CC ||
               is_direction_or_line(point.value)) {
      out += escaped(point.value);
    } else {
      out += text.substr(at, point.bytes);
    }
    at += point.bytes;
  }
  return out;
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  for (const Cluster& cluster : clusters(text)) width += cluster.width;
  return width;
}

std::string shorten_middle(std::string_view text, std::size_t width) {
  if (display_width(text) <= width) return std::string(text);
  if (width == 0) return "";
  const std::vector<Cluster> all = clusters(text);
  const std::size_t room = width - 1;
  std::string head;
  std::size_t used = 0;
  for (const Cluster& cluster : all) {
    if (used + cluster.width > room / 2) break;
    head += cluster.bytes;
    used += cluster.width;
  }
  std::size_t first = all.size();  // of the tail
  while (first > 0 && used + all[first - 1].width <= room) used += all[--first].width;
  const std::string_view tail =
      first == all.size()
          ? std::string_view()
          : text.substr(static_cast<std::size_t>(all[first].bytes.data() - text.data()));
  return fmt::format("{}{}{}", head, kEllipsis, tail);
}

std::string pad_left(std::string_view text, std::size_t width) {
  const std::size_t used = display_width(text);
  return std::string(width > used ? width - used : 0, ' ') + std::string(text);
}

std::string pad_right(std::string_view text, std::size_t width) {
  const std::size_t used = display_width(text);
  return std::string(text) + std::string(width > used ? width - used : 0, ' ');
}

std::vector<std::string> wrap(std::string_view text, std::size_t width) {
  std::vector<std::string> lines(1);
  std::size_t used = 0;
  const auto break_line = [&] {
    lines.emplace_back();
    used = 0;
  };
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string_view word = text.substr(at, end - at);
    const std::size_t wide = display_width(word);
    if (used > 0 && used + 1 + wide > width) break_line();
    if (used > 0 && wide > 0) {
      lines.back() += ' ';
      ++used;
    }
    for (const Cluster& cluster : clusters(word)) {
      if (used > 0 && used + cluster.width > width) break_line();
      lines.back() += cluster.bytes;
      used += cluster.width;
    }
    at = end + 1;
  }
  return lines;
}

}  // namespace layerwatt
