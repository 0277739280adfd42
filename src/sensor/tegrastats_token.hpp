// The tokens of a tegrastats line: one function a shape, entered behind the name and the mark that
// gave the shape away. A token is added to the line only when it fits to its end.
#pragma once

#include "sensor/tegrastats_names.hpp"
#include "sensor/tegrastats_parse.hpp"
#include "sensor/tegrastats_scan.hpp"

namespace layerwatt::tegra {

class TokenParser : protected Scanner {
 protected:
  enum class Last { other, bare_number, rail, temperature };

  TokenParser(std::string_view line, TegrastatsLine& out) : Scanner(line), out_(out) {}

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

  TegrastatsLine& out_;
  // What the checks at the line's end ask for.
  Last last_ = Last::other;
  std::size_t whole_cores_ = 0;  // out_.cores may hold more while a list is read
  int rail_values_ = 0;          // of the last rail
  int rail_values_before_ = 0;   // of the one before
  bool bare_rails_ = false;      // without "mW"

 private:
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
};

}  // namespace layerwatt::tegra
