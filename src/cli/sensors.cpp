// `layerwatt sensors`: what the registry has, and what this machine makes of it.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "cli/command.hpp"
#include "cli/help.hpp"
#include "layerwatt/error.hpp"
#include "layerwatt/registry.hpp"
#include "profile/calibration_store.hpp"
#include "report/display.hpp"
#include "report/grid.hpp"
#include "report/stream.hpp"

namespace layerwatt::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kWidth = 100;

struct Listed {
  const SensorBackend* backend;
  Availability availability;
};

std::vector<Listed> list(const Host& host) {
  std::vector<Listed> all;
  const Calibrations calibrations(host, SensorOptions{});
  for (const SensorBackend& backend : sensors()) {
    Listed listed{&backend, backend.probe(host, SensorOptions{})};
    if (std::optional<SensorInfo>& info = listed.availability.info) {
      const StoredCalibration* found = calibrations.find(*info);
      *info = with_calibration(*info, found, {}, SensorOptions{}.interval_ms);
    }
    all.push_back(std::move(listed));
  }
  return all;
}

// What --sensor auto would take; nullptr where nothing is usable.
const Listed* automatic(const std::vector<Listed>& all) {
  const Listed* best = nullptr;
  for (const Listed& listed : all) {
    if (!listed.availability.usable || listed.backend->auto_rank == 0) continue;
    if (best == nullptr || listed.backend->auto_rank > best->backend->auto_rank) best = &listed;
  }
  return best;
}

Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

Json number_or_null(const std::optional<double>& number) { return number ? Json(*number) : Json(); }

Json to_json(const Listed& listed) {
  const Availability& availability = listed.availability;
  Json json{{"name", listed.backend->name},
            {"summary", listed.backend->summary},
            {"usable", availability.usable},
            {"reason", text_or_null(availability.reason)},
            {"hint", text_or_null(availability.hint)},
            {"privilege", text_or_null(availability.privilege)},
            {"auto_rank", listed.backend->auto_rank}};
  for (const char* key : {"measured", "scope", "rails", "period_ms", "window_ms", "latency_ms",
                          "time_constant_ms", "timestamp_error_ms", "notes", "calibrated"}) {
    json[key] = nullptr;
  }
  if (!availability.info) return json;
  const SensorInfo& info = *availability.info;
  json["measured"] = info.measured;
  json["scope"] = text_or_null(info.scope);
  json["rails"] = Json::array();
  for (const Rail& rail : info.rails) {
    json["rails"].push_back({{"name", rail.name}, {"in_total", rail.in_total}});
  }
  json["period_ms"] = number_or_null(info.model.period_ms);
  json["window_ms"] = number_or_null(info.model.window_ms);
  json["latency_ms"] = number_or_null(info.model.latency_ms);
  json["time_constant_ms"] = number_or_null(info.model.time_constant_ms);
  json["timestamp_error_ms"] = number_or_null(info.model.timestamp_error_ms);
  json["notes"] = text_or_null(info.notes);
  json["calibrated"] = text_or_null(info.calibrated);
  return json;
}

std::string milliseconds(const std::optional<double>& value) {
  return value ? fmt::format("{:.4g}", *value) : "?";
}

GridRow to_row(const Listed& listed) {
  const Availability& availability = listed.availability;
  GridRow row;
  row.cells.push_back({listed.backend->name, Style::strong});
  row.cells.push_back(availability.usable ? GridCell{"yes", Style::accent}
                                          : GridCell{"no", Style::faint});
  if (!availability.info) {
    for (int i = 0; i < 5; ++i) row.cells.push_back({});
    return row;
  }
  const SensorInfo& info = *availability.info;
  row.cells.push_back({milliseconds(info.model.period_ms)});
  row.cells.push_back({milliseconds(info.model.window_ms)});
  row.cells.push_back({milliseconds(info.model.time_constant_ms)});
  row.cells.push_back({info.scope.empty() ? "?" : harmless(info.scope)});
  std::string rails;
  for (const Rail& rail : info.rails) {
    rails +=
        (rails.empty() ? "" : " ") + std::string(rail.in_total ? "+" : "") + harmless(rail.name);
  }
  row.cells.push_back({rails});
  return row;
}

void print_wrapped(std::ostream& out, const std::string& label, const std::string& text) {
  if (text.empty()) return;
  std::string start = "  " + label;
  for (const std::string& line : wrap(harmless(text), kWidth - start.size())) {
    out << start << line << '\n';
    start.assign(start.size(), ' ');
  }
}

void print_table(const Program& program, const std::vector<Listed>& all, bool color) {
  Grid grid;
  grid.columns = {{"sensor", "", false}, {"usable", "", false}, {"period", "ms"},
                  {"window", "ms"},      {"filter", "ms"},      {"scope", "", false},
                  {"rails", "", false}};
  grid.columns.back().gives_way = true;
  for (const Listed& listed : all) grid.rows.push_back(to_row(listed));
  for (const std::string& line : render(grid, kWidth, 20, color)) program.out << line << '\n';
  for (const Listed& listed : all) {
    const Availability& availability = listed.availability;
    program.out << '\n'
                << painted(listed.backend->name, Style::strong, color) << ": "
                << listed.backend->summary << '\n';
    if (!availability.usable) print_wrapped(program.out, "not usable: ", availability.reason);
    print_wrapped(program.out, "hint: ", availability.hint);
    print_wrapped(program.out, "needs: ", availability.privilege);
    if (availability.info) print_wrapped(program.out, "notes: ", availability.info->notes);
  }
  const Listed* best = automatic(all);
  program.out << "\n--sensor auto takes "
              << (best != nullptr ? best->backend->name : "nothing: no source is usable here")
              << ".\n";
}

}  // namespace

void add_sensors(CLI::App& app, Program& program) {
  const Help help("sensors");
  auto as_json = std::make_shared<bool>(false);
  CLI::App* command = app.add_subcommand("sensors", help.description());
  command->add_flag("--json", *as_json, help.option("--json"));
  command->callback([&program, as_json] {
    program.run = [&program, as_json] {
      const std::vector<Listed> all = list(program.host);
      if (*as_json) {
        const Listed* best = automatic(all);
        Json json{{"schema", "layerwatt.sensors/1"},
                  {"auto", best != nullptr ? Json(best->backend->name) : Json()},
                  {"sensors", Json::array()}};
        for (const Listed& listed : all) json["sensors"].push_back(to_json(listed));
        program.out << json.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
      } else {
        print_table(program, all, use_color(program, 1));
      }
      finish(program.out, "list of sensors");
      return 0;
    };
  });
}

}  // namespace layerwatt::cli
