#include "sensor/tegrastats_parse.hpp"

#include "sensor/tegrastats_names.hpp"
#include "sensor/tegrastats_scan.hpp"

namespace layerwatt {
namespace tegra {
namespace {

// Each token's function is entered behind the name and the mark that gave the shape away, and adds
// to the line only what fits to the token's end.
class LineParser : private Scanner {
 public:
  LineParser(std::string_view line, TegrastatsLine& out) : Scanner(line), out_(out) {}

  std::optional<TegrastatsProblem> run() {
    while (!at_end() && is_gap(end_[-1])) --end_;
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
  enum class Last { other, bare_number, rail, temperature };

  // --- in front of the tokens ------------------------------------------------------------------

  // Not through a double: that has 53 bits, and nanoseconds since 1970 need 61.
  std::optional<TegrastatsProblem> time_prefix() {
    const char* p = p_;
    std::int64_t seconds = 0;
    bool fits = true;
    for (; p != end_ && is_digit(*p); ++p) {
      fits = fits && seconds <= 1'000'000'000'000;
      if (fits) seconds = seconds * 10 + digit_of(*p);
    }
    std::int64_t nanoseconds = 0;
    if (p != end_ && *p == '.') {
      std::int64_t unit = 100'000'000;
      for (++p; p != end_ && is_digit(*p); ++p, unit /= 10) nanoseconds += unit * digit_of(*p);
    }
    if (p == end_) return TegrastatsProblem::cut_short;
    if (*p != ':') return std::nullopt;  // a date, or a line that lost its beginning
    if (p + 1 == end_) return TegrastatsProblem::cut_short;
    if (p[1] != ':') return std::nullopt;
    // int64 nanoseconds end in the year 2262.
    if (!fits || seconds >= 9'223'372'036) return TegrastatsProblem::bad_time;
    out_.time_ns = seconds * 1'000'000'000 + nanoseconds;
    p_ = p + 2;
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

  // --- tokens ----------------------------------------------------------------------------------

  Fit token() {
    const std::string_view label = name();
    if (label.empty()) return Fit::no;
    if (take('@')) return temperature(label);
    if (!at_token_end() || is_digit(label.front())) return Fit::no;
    skip_gaps();
    if (at_end()) return looks_like_cut_name(label) ? Fit::incomplete : Fit::no;
    if (is_digit(*p_) || *p_ == '-') return numbers(label);
    if (take('@')) return clocks(label, value_count(), 0);
    if (take('[')) return is_cpu_name(label) ? cores() : load_list(label);
    if (*p_ == 'o') return off(label);
    if (*p_ == 'f' && label == "MTS") return mts();
    if (*p_ == 'l' && label == "EDP") return edp_limit();
    return Fit::no;
  }

  // `v.vvvC`, on R39 `v.vvvC/v.vvvC`.
  Fit temperature(std::string_view label) {
    TegraTemperature zone{label};
    if (!celsius(zone.celsius)) return unfit();
    if (take('/') && !celsius(zone.max_celsius)) return unfit();
    if (!at_token_end()) return Fit::no;
    out_.temperatures.push_back(zone);
    last_ = Last::temperature;
    return Fit::yes;
  }

  bool celsius(double& value) {
    constexpr double kZoneOff = -256.0;
    double read = 0.0;
    if (!decimal(read) || !take('C')) return false;
    value = read == kZoneOff ? kNotPrinted : read;
    return true;
  }

  // A rail, a memory, a load with or without clocks, or a clock alone.
  Fit numbers(std::string_view label) {
    double first = 0.0;
    if (!signed_number(first)) return unfit();
    if (at_token_end()) return bare_number(label, first);
    if (*p_ == 'm') return rail_with_unit(label, first);
    if (take('/')) return rail_or_memory(label, first);
    if (!take('%')) return Fit::no;
    const std::uint32_t begin = value_count();
    out_.values.push_back(first);
    if (take('@')) return clocks(label, begin, 1);
    return at_token_end() ? add_unit(label, begin, 1, 0) : Fit::no;
  }

  // `APE 150`. A rail has a single bare number only where the others have too: at the end of a line
  // it is what is left of two.
  Fit bare_number(std::string_view label, double value) {
    if (looks_like_rail(label)) {
      if (at_end() && rail_values_ != 1) return Fit::incomplete;
      bare_rails_ = true;
      return add_rail({label, value}, 1);
    }
    const std::uint32_t begin = value_count();
    out_.values.push_back(value);
    add_unit(label, begin, 0, 1);
    last_ = Last::bare_number;
    return Fit::yes;
  }

  // `5444mW/5425mW/5450mW`, standing at the first m.
  Fit rail_with_unit(std::string_view label, double first) {
    TegraRail rail{label, first};
    if (!take("mW")) return unfit();
    int values = 1;
    if (take('/')) {
      if (!signed_number(rail.avg_mw) || !take("mW")) return unfit();
      ++values;
      if (take('/')) {
        if (!signed_number(rail.max_mw) || !take("mW")) return unfit();
        ++values;
      }
    }
    return at_token_end() ? add_rail(rail, values) : Fit::no;
  }

  // `5444/5425`, standing at the second number.
  Fit rail_or_memory(std::string_view label, double first) {
    TegraRail rail{label, first};
    if (!signed_number(rail.avg_mw)) return unfit();
    int values = 2;
    if (take('/')) {
      if (!signed_number(rail.max_mw)) return unfit();
      ++values;
    }
    if (is_memory_name(label)) return memory(label, first, rail.avg_mw);
    if (!at_token_end()) return Fit::no;
    bare_rails_ = true;
    return add_rail(rail, values);
  }

  Fit add_rail(const TegraRail& rail, int values) {
    out_.rails.push_back(rail);
    rail_values_before_ = rail_values_;
    rail_values_ = values;
    last_ = Last::rail;
    return Fit::yes;
  }

  // "MB" and its kin, as a factor to MB.
  bool memory_unit(double& factor) {
    if (take('M')) {
      factor = 1.0;
    } else if (take('k')) {
      factor = 1.0 / 1024.0;
    } else if (take('G')) {
      factor = 1024.0;
    } else {
      return false;
    }
    return take('B');
  }

  // `u/t` was read; `MB (lfb NxZMB)`, `MB (cached cMB)`, `kB(lfb ZkB)` follow.
  Fit memory(std::string_view label, double used, double total) {
    TegraMemory& place = label == "RAM" ? out_.ram : label == "SWAP" ? out_.swap : out_.iram;
    if (place.printed()) return Fit::no;
    double factor = 0.0;
    if (!memory_unit(factor)) return unfit();
    TegraMemory memory;
    memory.used_mb = used * factor;
    memory.total_mb = total * factor;
    const char* behind = p_;
    skip_gaps();
    if (at_end()) return Fit::incomplete;  // each of them says more, in brackets
    if (take('(')) {
      // `IRAM 0/252kB(lfb` alone has no gap here; behind a cut it would read RAM.
      if (label == "RAM" && p_ == behind + 1) return Fit::no;
      if (!memory_detail(memory)) return unfit();
    } else {
      p_ = behind;
    }
    if (!at_token_end()) return Fit::no;
    place = memory;
    last_ = Last::other;
    return Fit::yes;
  }

  bool memory_detail(TegraMemory& memory) {
    const bool largest_free = at('l');
    if (!take(largest_free ? std::string_view("lfb") : std::string_view("cached"))) return false;
    skip_gaps();
    double value = 0.0;
    if (!number(value)) return false;
    if (largest_free && take('x')) {
      memory.largest_free_count = value;
      if (!number(value)) return false;
    }
    double factor = 0.0;
    if (!memory_unit(factor) || !take(')')) return false;
    (largest_free ? memory.largest_free_mb : memory.cached_mb) = value * factor;
    return true;
  }

  // `l%@f,off]`, `l%,l%]@f`.
  Fit cores() {
    if (whole_cores_ != 0) return Fit::no;
    bool own_clocks = false;
    do {
      TegraCore core;
      if (at('o')) {
        if (!take("off")) return unfit();
        core.online = false;
      } else {
        if (!number(core.load_percent) || !take('%')) return unfit();
        if (take('@')) {
          own_clocks = true;
          if (!number(core.mhz)) return unfit();
        }
      }
      out_.cores.push_back(core);
    } while (take(','));
    if (!take(']')) return unfit();
    if (take('@')) {
      double shared = 0.0;
      if (!number(shared)) return unfit();
      for (TegraCore& core : out_.cores) {
        if (!own_clocks && core.online) core.mhz = shared;
      }
    }
    if (!at_token_end()) return Fit::no;
    whole_cores_ = out_.cores.size();
    last_ = Last::other;
    return Fit::yes;
  }

  std::uint32_t value_count() const { return static_cast<std::uint32_t>(out_.values.size()); }

  Fit add_unit(std::string_view label, std::uint32_t begin, std::uint32_t load_count,
               std::uint32_t clock_count) {
    out_.units.push_back({label, false, begin, load_count, clock_count});
    last_ = Last::other;
    return Fit::yes;
  }

  Fit off(std::string_view label) {
    if (!take("off")) return unfit();
    if (!at_token_end()) return Fit::no;
    add_unit(label, value_count(), 0, 0);
    out_.units.back().off = true;
    return Fit::yes;
  }

  // `f` or `[f,f]`; the loads stand in values from `begin`.
  Fit clocks(std::string_view label, std::uint32_t begin, std::uint32_t load_count) {
    const bool list = take('[');
    std::uint32_t count = 0;
    do {
      double value = 0.0;
      if (!number(value)) return unfit();
      out_.values.push_back(value);
      ++count;
    } while (list && take(','));
    if (list && !take(']')) return unfit();
    return at_token_end() ? add_unit(label, begin, load_count, count) : Fit::no;
  }

  // `x%,x%]@f`
  Fit load_list(std::string_view label) {
    const std::uint32_t begin = value_count();
    do {
      double value = 0.0;
      if (!number(value) || !take('%')) return unfit();
      out_.values.push_back(value);
    } while (take(','));
    if (!take(']')) return unfit();
    const std::uint32_t load_count = value_count() - begin;
    if (take('@')) return clocks(label, begin, load_count);
    return at_token_end() ? add_unit(label, begin, load_count, 0) : Fit::no;
  }

  bool word_and_percent(std::string_view word, double& value) {
    skip_gaps();
    if (!take(word)) return false;
    skip_gaps();
    return number(value) && take('%');
  }

  // `MTS fg x% bg y%`: one token with two values.
  Fit mts() {
    double foreground = 0.0;
    double background = 0.0;
    if (!word_and_percent("fg", foreground) || !word_and_percent("bg", background)) return unfit();
    if (!at_token_end()) return Fit::no;
    out_.mts_foreground_percent = foreground;
    out_.mts_background_percent = background;
    last_ = Last::other;
    return Fit::yes;
  }

  Fit edp_limit() {
    double limit = 0.0;
    if (!take("limit")) return unfit();
    skip_gaps();
    if (!number(limit)) return unfit();
    if (!at_token_end()) return Fit::no;
    out_.edp_limit = limit;
    last_ = Last::other;
    return Fit::yes;
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

  TegrastatsLine& out_;
  const char* begin_of_tokens_ = nullptr;
  std::size_t whole_cores_ = 0;
  Last last_ = Last::other;
  int rail_values_ = 0;
  int rail_values_before_ = 0;
  bool bare_rails_ = false;
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
  return tegra::LineParser(line, out).run();
}

}  // namespace layerwatt
