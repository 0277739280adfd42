#include "sensor/sample_lines.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include "layerwatt/error.hpp"
#include "sensor/rail_map.hpp"

namespace layerwatt {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kStamp = "time_ns";

template <class Number>
bool parse_whole(std::string_view text, Number& number) {
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  return failed == std::errc() && end == text.data() + text.size();
}

std::string_view cut_cell(std::string_view& rest) {
  const auto comma = rest.find(',');
  const std::string_view cell = rest.substr(0, comma);
  rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
  return cell;
}

}  // namespace

std::vector<std::string> split_header(std::string_view line) {
  std::vector<std::string> cells(1);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '"') {
      const bool doubled = quoted && i + 1 < line.size() && line[i + 1] == '"';
      if (doubled) cells.back() += line[++i];
      if (!doubled) quoted = !quoted;
    } else if (c == ',' && !quoted) {
      cells.emplace_back();
    } else {
      cells.back() += c;
    }
  }
  return cells;
}

bool SampleLines::understand(std::string_view line) {
  if (line.starts_with(kByteOrderMark)) line.remove_prefix(kByteOrderMark.size());
  if (line.empty()) return false;
  std::vector<std::string> cells = split_header(line);
  if (cells.front() == kStamp) {
    format_ = energy_ ? PowerFormat::energy_csv : PowerFormat::power_csv;
    header_ = line;
    cells.erase(cells.begin());
    know_rails(std::move(cells));
    return true;
  }
  const auto problem = parse_tegrastats_line(line, tegrastats_);
  if (problem && !tegrastats_.time_ns && line.find("::") == std::string_view::npos) {
    throw Error(ErrorKind::sensor,
                "starts neither with the header time_ns,RAIL,… nor with a line of tegrastats", {},
                "docs/sensors.md says what a file for --sensor file:F looks like");
  }
  if (!problem && !tegrastats_.time_ns) {
    throw Error(ErrorKind::sensor, "its lines of tegrastats have no stamp (epoch_seconds::RAM …)",
                {}, "stamp them as they come, or let --sensor tegrastats run it");
  }
  if (problem || tegrastats_.rails.empty()) return false;
  format_ = PowerFormat::tegrastats;
  std::vector<std::string> names;
  for (const TegraRail& rail : tegrastats_.rails) names.emplace_back(rail.name);
  know_rails(std::move(names));
  follower_.emplace(rails_);
  return true;
}

void SampleLines::know_rails(std::vector<std::string> names) {
  if (names.empty()) {
    throw Error(ErrorKind::sensor, "has no rail beside time_ns", {},
                "its header is time_ns,RAIL,…");
  }
  RailChoice choice = choose_rails(std::span<const std::string>(names));
  if (choice.scope.empty() && names.size() == 1) {
    // One rail is the total of itself.
    choice = {{{names.front(), true}}, "rail " + names.front(), ""};
  }
  rails_ = std::move(choice.rails);
  scope_ = std::move(choice.scope);
  reason_ = std::move(choice.reason);
}

std::optional<std::int64_t> SampleLines::parse(std::string_view line, std::span<double> values,
                                               Problems& problems) {
  std::fill(values.begin(), values.end(), std::numeric_limits<double>::quiet_NaN());
  if (line.empty() || line == header_) return std::nullopt;
  return format_ == PowerFormat::tegrastats ? parse_tegrastats(line, values, problems)
                                            : parse_csv(line, values, problems);
}

std::optional<std::int64_t> SampleLines::parse_csv(std::string_view line, std::span<double> values,
                                                   Problems& problems) const {
  std::int64_t stamp_ns = 0;
  if (!parse_whole(cut_cell(line), stamp_ns)) {
    problems.report("bad_line", "a row does not start with a whole number of nanoseconds");
    return std::nullopt;
  }
  for (double& value : values) {
    const std::string_view cell = cut_cell(line);
    if (cell.empty()) continue;  // not read
    if (!parse_whole(cell, value) || !std::isfinite(value)) {
      problems.report("bad_line", "a row has a cell that is no number");
      return std::nullopt;
    }
  }
  if (!line.empty()) {
    problems.report("bad_line", "a row has more cells than the header");
    return std::nullopt;
  }
  return stamp_ns;
}

std::optional<std::int64_t> SampleLines::parse_tegrastats(std::string_view line,
                                                          std::span<double> values,
                                                          Problems& problems) {
  if (const auto problem = parse_tegrastats_line(line, tegrastats_)) {
    problems.report("bad_line", describe(*problem));
    return std::nullopt;
  }
  if (!tegrastats_.time_ns) {
    problems.report("bad_line", "a line has no stamp (epoch_seconds::)");
    return std::nullopt;
  }
  follower_->follow(tegrastats_, values, problems);
  return tegrastats_.time_ns;
}

}  // namespace layerwatt
