#include "sensor/tegrastats_parse.hpp"

#include "sensor/tegrastats_token.hpp"

namespace layerwatt {
namespace tegra {
namespace {

class LineParser : private TokenParser {
 public:
  LineParser(std::string_view line, TegrastatsLine& out) : TokenParser(line, out) {}

  std::optional<TegrastatsProblem> run() {
    skip_gaps();
    if (at_digit()) {
      if (auto problem = time_prefix()) return problem;
      skip_gaps();
    }
    if (at_end()) {
      return out_.time_ns ? TegrastatsProblem::cut_short : TegrastatsProblem::blank;
    }
    begin_of_tokens_ = p_;
    date();
    while (true) {
      skip_gaps();
      if (at_end()) return verdict();
      const char* begin = p_;
      const Fit fit = token();
      if (fit == Fit::yes) continue;
      if (fit == Fit::incomplete) return cut_or_foreign();
      const std::string_view unknown = take_unknown(begin);
      if (begins_a_line(unknown)) return TegrastatsProblem::run_together;
      out_.raw_unknown.push_back(unknown);
    }
  }

 private:
  // --- in front of the tokens ------------------------------------------------------------------

  // Not through a double: that has 53 bits, and nanoseconds since 1970 need 61.
  std::optional<TegrastatsProblem> time_prefix() {
    constexpr std::uint64_t kEndOfTime = 9'223'372'036;  // int64 nanoseconds: the year 2262
    static constexpr std::int64_t kUnits[] = {
        1'000'000'000, 100'000'000, 10'000'000, 1'000'000, 100'000, 10'000, 1'000, 100, 10, 1};
    constexpr std::ptrdiff_t kDecimals = 9;
    const char* p = p_;
    std::uint64_t seconds = 0;
    for (; is_digit(*p); ++p) seconds = seconds * 10 + digit_of(*p);
    const std::ptrdiff_t digits = p - p_;
    std::int64_t fraction = 0;
    std::ptrdiff_t decimals = 0;
    if (*p == '.') {
      const char* begin = ++p;
      for (; is_digit(*p) && p - begin < kDecimals; ++p) fraction = fraction * 10 + digit_of(*p);
      decimals = p - begin;
      while (is_digit(*p)) ++p;
    }
    if (p == end_) return TegrastatsProblem::cut_short;
    if (*p != ':') return std::nullopt;  // a date, or a line that lost its beginning
    ++p;
    if (p == end_) return TegrastatsProblem::cut_short;
    if (*p != ':') return std::nullopt;
    if (digits > 19 || seconds >= kEndOfTime) return TegrastatsProblem::bad_time;
    out_.time_ns = static_cast<std::int64_t>(seconds) * kUnits[0] + fraction * kUnits[decimals];
    p_ = p + 1;
    return std::nullopt;
  }

  static bool fits_shape(std::string_view text, std::string_view shape) {
    if (text.size() < shape.size()) return false;
    for (std::size_t i = 0; i < shape.size(); ++i) {
      if (shape[i] == 'd' ? !is_digit(text[i]) : text[i] != shape[i]) return false;
    }
    return true;
  }

  void date() {
    static constexpr std::string_view kShape = "dd-dd-dddd dd:dd:dd";
    const std::string_view rest(p_, static_cast<std::size_t>(end_ - p_));
    if (!fits_shape(rest, kShape)) return;
    out_.date = rest.substr(0, kShape.size());
    p_ += kShape.size();
  }

  // --- what does not fit -----------------------------------------------------------------------

  // A word, and with it a value, which cannot be a name: `NEW_THING 3q`.
  std::string_view take_unknown(const char* begin) {
    out_.cores.resize(whole_cores_);
    p_ = begin;
    skip_to_gap();
    const char* behind = p_;
    skip_gaps();
    const bool value = !at_end() && (is_digit(*p_) || class_of(*p_) == kMark);
    if (value && !is_digit(*begin)) {
      skip_to_gap();
    } else {
      p_ = behind;
    }
    last_ = Last::other;
    return since(begin);
  }

  // Whether this holds what stands at a line's beginning, or once in a line.
  bool begins_a_line(std::string_view unknown) const {
    static constexpr std::string_view kDate = "dd-dd-dddd";
    if (out_.ram.printed() && unknown.starts_with("RAM ")) return true;
    if (whole_cores_ != 0 && (unknown.starts_with("CPU [") || unknown.starts_with("cpu ["))) {
      return true;
    }
    if (unknown.find("::") != std::string_view::npos) return true;
    const bool at_beginning = unknown.data() == begin_of_tokens_;
    for (std::size_t i = at_beginning ? 1 : 0; i + kDate.size() <= unknown.size(); ++i) {
      if (fits_shape(unknown.substr(i), kDate)) return true;
    }
    return false;
  }

  bool knows_something() const {
    return out_.ram.printed() || whole_cores_ != 0 || !out_.temperatures.empty() ||
           !out_.rails.empty();
  }

  // Any text can end like a token that was cut.
  TegrastatsProblem cut_or_foreign() const {
    const bool foreign =
        !knows_something() && !out_.raw_unknown.empty() && out_.date.empty() && !out_.time_ns;
    return foreign ? TegrastatsProblem::not_tegrastats : TegrastatsProblem::cut_short;
  }

  std::optional<TegrastatsProblem> verdict() const {
    if (!knows_something()) {
      if (out_.raw_unknown.empty() && !out_.units.empty() && last_ != Last::bare_number) {
        return std::nullopt;
      }
      const bool stamped = !out_.date.empty() || out_.time_ns;
      const bool half_a_date = !out_.raw_unknown.empty() && is_digit(out_.raw_unknown[0][0]);
      return stamped || half_a_date ? TegrastatsProblem::cut_short
                                    : TegrastatsProblem::not_tegrastats;
    }
    if (!out_.has_beginning() && !out_.raw_unknown.empty()) return TegrastatsProblem::no_beginning;
    // Rails stand last, and without "mW" a cut one can look like the clock of an engine.
    if (last_ == Last::bare_number && bare_rails_) return TegrastatsProblem::cut_short;
    // All rails of a line have the same number of values, and so have its temperatures.
    if (last_ == Last::rail && rail_values_ < rail_values_before_) {
      return TegrastatsProblem::cut_short;
    }
    if (last_ == Last::temperature && lost_its_maximum()) return TegrastatsProblem::cut_short;
    return std::nullopt;
  }

  bool lost_its_maximum() const {
    const std::size_t count = out_.temperatures.size();
    if (count < 2) return false;
    const TegraTemperature& zone = out_.temperatures[count - 1];
    return !std::isnan(out_.temperatures[count - 2].max_celsius) && !std::isnan(zone.celsius) &&
           std::isnan(zone.max_celsius);
  }

  const char* begin_of_tokens_ = nullptr;
};

}  // namespace
}  // namespace tegra

void TegrastatsLine::clear() {
  time_ns.reset();
  date = {};
  ram = swap = iram = TegraMemory{};
  cores.clear();
  units.clear();
  temperatures.clear();
  rails.clear();
  mts_foreground_percent = mts_background_percent = edp_limit = kNotPrinted;
  raw_unknown.clear();
  values.clear();
}

std::string_view describe(TegrastatsProblem problem) {
  switch (problem) {
    case TegrastatsProblem::blank:
      return "the line is blank";
    case TegrastatsProblem::not_tegrastats:
      return "this is not a tegrastats line";
    case TegrastatsProblem::bad_time:
      return "the time before :: is out of range";
    case TegrastatsProblem::cut_short:
      return "the line ends inside a token";
    case TegrastatsProblem::no_beginning:
      return "the line starts inside a token";
    case TegrastatsProblem::run_together:
      return "two lines run together";
  }
  return "the line cannot be read";
}

std::optional<TegrastatsProblem> parse_tegrastats_line(std::string_view line, TegrastatsLine& out) {
  out.clear();
  while (!line.empty() && tegra::is_gap(line.back())) line.remove_suffix(1);
  out.text.reserve(line.size() + tegra::kPadding.size());
  out.text.assign(line);
  out.text.append(tegra::kPadding);
  return tegra::LineParser({out.text.data(), line.size()}, out).run();
}

}  // namespace layerwatt
