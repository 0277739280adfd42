#include "cli/tegrastats_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <nlohmann/json.hpp>
#include <span>

namespace layerwatt::cli {
namespace {

void append_text(std::string& out, std::string_view text) {
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    return c >= ' ' && c <= '~' && c != '"' && c != '\\';
  });
  if (plain) {
    out += '"';
    out += text;
    out += '"';
    return;
  }
  out += nlohmann::json(std::string(text))
             .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void append_number(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "null";
  } else {
    fmt::format_to(std::back_inserter(out), "{}", value);
  }
}

void append_field(std::string& out, std::string_view key, double value) {
  out += '"';
  out += key;
  out += "\":";
  append_number(out, value);
}

void append_list(std::string& out, std::span<const double> values) {
  out += '[';
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) out += ',';
    append_number(out, values[i]);
  }
  out += ']';
}

enum class UnitKind { gpu, memory_controller, engine };

UnitKind kind_of(const TegraUnit& unit) {
  if (unit.name.starts_with("GR3D")) return UnitKind::gpu;
  if (unit.name == "EMC" || unit.name == "EMC_FREQ") return UnitKind::memory_controller;
  return UnitKind::engine;
}

// GPU and memory controller: the first load, and the clocks of all tokens (R34 prints GR3D2_FREQ).
void append_units(std::string& out, const TegrastatsLine& line, UnitKind kind) {
  double load = kNotPrinted;
  bool printed = false;
  std::vector<double> clocks;
  for (const TegraUnit& unit : line.units) {
    if (kind_of(unit) != kind) continue;
    printed = true;
    if (std::isnan(load) && unit.load_count > 0) load = line.loads(unit)[0];
    const auto own = line.clocks(unit);
    clocks.insert(clocks.end(), own.begin(), own.end());
  }
  if (!printed) {
    out += "null";
    return;
  }
  out += '{';
  append_field(out, "load", load);
  out += ",\"mhz\":";
  append_list(out, clocks);
  out += '}';
}

void append_engines(std::string& out, const TegrastatsLine& line) {
  out += '{';
  bool first = true;
  for (const TegraUnit& unit : line.units) {
    if (kind_of(unit) != UnitKind::engine) continue;
    if (!first) out += ',';
    first = false;
    append_text(out, unit.name);
    if (unit.off) {
      out += ":null";
      continue;
    }
    out += ":{\"loads\":";
    append_list(out, line.loads(unit));
    out += ",\"mhz\":";
    append_list(out, line.clocks(unit));
    out += '}';
  }
  out += '}';
}

void append_cores(std::string& out, const TegrastatsLine& line) {
  if (line.cores.empty()) {
    out += "null";
    return;
  }
  out += '[';
  for (std::size_t i = 0; i < line.cores.size(); ++i) {
    const TegraCore& core = line.cores[i];
    if (i > 0) out += ',';
    if (!core.online) {
      out += "null";
      continue;
    }
    out += '{';
    append_field(out, "load", core.load_percent);
    out += ',';
    append_field(out, "mhz", core.mhz);
    out += '}';
  }
  out += ']';
}

void append_temperatures(std::string& out, const TegrastatsLine& line) {
  out += ",\"temps_c\":{";
  for (std::size_t i = 0; i < line.temperatures.size(); ++i) {
    if (i > 0) out += ',';
    append_text(out, line.temperatures[i].name);
    out += ':';
    append_number(out, line.temperatures[i].celsius);
  }
  out += '}';
}

void append_highest_temperatures(std::string& out, const TegrastatsLine& line) {
  out += ",\"temps_max_c\":{";
  bool first = true;
  for (const TegraTemperature& zone : line.temperatures) {
    if (std::isnan(zone.max_celsius)) continue;
    if (!first) out += ',';
    first = false;
    append_text(out, zone.name);
    out += ':';
    append_number(out, zone.max_celsius);
  }
  out += '}';
}

// `factor`: of the unit in the key to MB.
void append_memory(std::string& out, std::string_view key, const TegraMemory& memory, double factor,
                   bool cached) {
  out += ",\"";
  out += key;
  out += "\":";
  if (!memory.printed()) {
    out += "null";
    return;
  }
  out += '{';
  append_field(out, "used", memory.used_mb * factor);
  out += ',';
  append_field(out, "total", memory.total_mb * factor);
  if (cached) {
    out += ',';
    append_field(out, "cached", memory.cached_mb * factor);
  }
  out += '}';
}

void append_largest_free(std::string& out, const TegraMemory& ram) {
  out += ",\"largest_free\":";
  if (std::isnan(ram.largest_free_mb)) {
    out += "null";
    return;
  }
  out += '{';
  append_field(out, "mb", ram.largest_free_mb);
  out += ',';
  append_field(out, "count", ram.largest_free_count);
  out += '}';
}

void append_mts(std::string& out, const TegrastatsLine& line) {
  out += ",\"mts\":";
  if (std::isnan(line.mts_foreground_percent)) {
    out += "null";
    return;
  }
  out += '{';
  append_field(out, "fg", line.mts_foreground_percent);
  out += ',';
  append_field(out, "bg", line.mts_background_percent);
  out += '}';
}

}  // namespace

const RailChoice& TegrastatsJson::choice_for(const TegrastatsLine& line) {
  const bool same =
      std::equal(line.rails.begin(), line.rails.end(), names_.begin(), names_.end(),
                 [](const TegraRail& rail, const std::string& name) { return rail.name == name; });
  if (same && choice_.rails.size() == line.rails.size() && !names_.empty()) return choice_;
  names_.clear();
  keys_.clear();
  for (const TegraRail& rail : line.rails) {
    const auto before = std::count(names_.begin(), names_.end(), rail.name);
    names_.emplace_back(rail.name);
    keys_.push_back(before == 0 ? names_.back() : fmt::format("{}#{}", rail.name, before + 1));
  }
  choice_ = choose_rails(std::span<const std::string>(names_));
  return choice_;
}

void TegrastatsJson::append_rails(std::string& out, const TegrastatsLine& line) {
  const RailChoice& choice = choice_for(line);
  double total_mw = choice.scope.empty() ? kNotPrinted : 0.0;
  out += ",\"rails\":{";
  for (std::size_t i = 0; i < line.rails.size(); ++i) {
    const TegraRail& rail = line.rails[i];
    if (i > 0) out += ',';
    append_text(out, keys_[i]);
    out += ":{";
    append_field(out, "mw", rail.mw);
    out += ',';
    append_field(out, "avg_mw", rail.avg_mw);
    out += ',';
    append_field(out, "max_mw", rail.max_mw);
    out += '}';
    if (choice.rails[i].in_total) total_mw += rail.mw;
  }
  out += "},";
  append_field(out, "total_mw", total_mw);
  if (choice.scope.empty()) {
    out += ",\"scope\":null,\"reason\":";
    append_text(out, choice.reason);
  } else {
    out += ",\"scope\":";
    append_text(out, choice.scope);
    out += ",\"reason\":null";
  }
}

void TegrastatsJson::append(std::string& out, const TegrastatsLine& line) {
  out += "{\"time_ns\":";
  if (line.time_ns) {
    fmt::format_to(std::back_inserter(out), "{}", *line.time_ns);
  } else {
    out += "null";
  }
  append_rails(out, line);
  append_temperatures(out, line);
  out += ",\"cpu\":";
  append_cores(out, line);
  out += ",\"gpu\":";
  append_units(out, line, UnitKind::gpu);
  append_memory(out, "ram_mb", line.ram, 1.0, false);
  out += ",\"raw_unknown\":[";
  for (std::size_t i = 0; i < line.raw_unknown.size(); ++i) {
    if (i > 0) out += ',';
    append_text(out, line.raw_unknown[i]);
  }
  out += "],\"date\":";
  if (line.date.empty()) {
    out += "null";
  } else {
    append_text(out, line.date);
  }
  append_highest_temperatures(out, line);
  append_memory(out, "swap_mb", line.swap, 1.0, true);
  append_memory(out, "iram_kb", line.iram, 1024.0, false);
  append_largest_free(out, line.ram);
  out += ",\"emc\":";
  append_units(out, line, UnitKind::memory_controller);
  out += ",\"engines\":";
  append_engines(out, line);
  append_mts(out, line);
  out += ',';
  append_field(out, "edp_limit", line.edp_limit);
  out += line.has_beginning() ? ",\"whole\":true}\n" : ",\"whole\":false}\n";
}

void TegrastatsJson::append_error(std::string& out, std::string_view error, std::size_t number,
                                  std::string_view text) {
  constexpr std::size_t kExcerpt = 200;
  out += "{\"error\":";
  append_text(out, error);
  fmt::format_to(std::back_inserter(out), ",\"line\":{},\"text\":", number);
  append_text(out, text.substr(0, kExcerpt));
  out += "}\n";
}

}  // namespace layerwatt::cli
