#include "cli/record_report.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>

#include "layerwatt/version.hpp"
#include "report/display.hpp"
#include "report/figures.hpp"
#include "report/grid.hpp"
#include "report/stream.hpp"
#include "report/words.hpp"

namespace layerwatt::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kDigits = 4;
constexpr std::size_t kEnoughForAName = 8;

ResultSensor sensor_of(const SensorInfo& info) {
  ResultSensor sensor;
  sensor.kind = info.kind;
  sensor.measured = info.measured;
  sensor.scope = info.scope;
  sensor.model = info.model;
  sensor.notes = info.notes;
  return sensor;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return harmless(text);
}

Json estimate_json(const Known<Estimate>& estimate) {
  if (!estimate) return nullptr;
  Json json{{"mean", estimate->mean}, {"ci95", nullptr}};
  if (estimate->ci95) json["ci95"] = Json::array({estimate->ci95->lo, estimate->ci95->hi});
  return json;
}

Json rail_json(const RailSummary& rail) {
  Json json = Json::object();
  json["power_mw"] = estimate_json(rail.power_mw);
  json["energy_mj"] = estimate_json(rail.energy_mj);
  json["peak_mw"] = rail.peak_mw ? Json(*rail.peak_mw) : Json();
  json["coverage"] = rail.coverage;
  if (!rail.energy_mj) json["reason"] = rail.energy_mj.reason();
  return json;
}

std::vector<const RailSummary*> rows_of(const PowerSummary& summary) {
  std::vector<const RailSummary*> rows;
  for (const RailSummary& rail : summary.rails) rows.push_back(&rail);
  rows.push_back(&summary.total);
  return rows;
}

struct Scales {
  Scale energy;
  Scale power;
};

Scales scales_of(const std::vector<const RailSummary*>& rows) {
  double energy = 0.0;
  double power = 0.0;
  for (const RailSummary* row : rows) {
    if (row->energy_mj) energy = std::max(energy, row->energy_mj->mean);
    if (row->peak_mw) power = std::max(power, *row->peak_mw);
  }
  return {scale_for("mJ", energy, kDigits), scale_for("mW", power, kDigits)};
}

GridRow row_of(const RailSummary& rail, const Scales& scales, bool is_total) {
  const auto number = [](const auto& known, const Scale& scale, double value) {
    return GridCell{known ? figure(value, scale) : std::string("–"), Style::plain};
  };
  GridRow row;
  row.rule_above = is_total;
  const std::string mark = is_total ? "" : rail.in_total ? "+ " : "  ";
  row.cells.push_back({mark + harmless(rail.rail), is_total ? Style::strong : Style::plain});
  row.cells.push_back(
      number(rail.energy_mj, scales.energy, rail.energy_mj ? rail.energy_mj->mean : 0.0));
  const bool interval = rail.energy_mj && rail.energy_mj->ci95;
  row.cells.push_back(
      {interval ? figure((rail.energy_mj->ci95->hi - rail.energy_mj->ci95->lo) / 2, scales.energy)
                : "–",
       Style::faint});
  row.cells.push_back(
      number(rail.power_mw, scales.power, rail.power_mw ? rail.power_mw->mean : 0.0));
  row.cells.push_back(number(rail.peak_mw, scales.power, rail.peak_mw ? *rail.peak_mw : 0.0));
  return row;
}

}  // namespace

void write_command_table(std::ostream& out, const CommandReport& report, bool color,
                         std::size_t width) {
  const auto labelled = [&](const char* label, const std::string& text) {
    std::string start = pad_right(label, 10);
    for (const std::string& line : wrap(text, width - 10)) {
      out << painted(start, Style::faint, color) << line << '\n';
      start.assign(10, ' ');
    }
  };
  labelled("command", joined(report.words));
  labelled("ended", report.end.describe() + (report.interrupted ? ", interrupted" : ""));
  labelled("duration", figure_with_unit(report.summary.duration_ms, "ms"));
  labelled("power", harmless(power_source_words(sensor_of(report.sensor))));
  labelled("recording", harmless(report.directory));
  out << '\n';

  const std::vector<const RailSummary*> rows = rows_of(report.summary);
  const Scales scales = scales_of(rows);
  Grid grid;
  grid.columns = {{"rail", "", false},
                  {"energy", scales.energy.unit},
                  {"±", scales.energy.unit},
                  {"mean", scales.power.unit},
                  {"peak", scales.power.unit}};
  grid.columns.front().gives_way = true;
  for (const RailSummary* row : rows) {
    grid.rows.push_back(row_of(*row, scales, row == &report.summary.total));
  }
  for (const std::string& line : render(grid, width, kEnoughForAName, color)) out << line << '\n';
  out << "+ is in the total; ± is half of the 95 % interval\n";
  for (const RailSummary* row : rows) {
    if (row->energy_mj) continue;
    out << harmless(row->rail) << ": " << reason_words(row->energy_mj.reason()) << '\n';
  }
  finish(out, "report");
}

void write_command_json(std::ostream& out, const CommandReport& report) {
  Json json;
  json["schema"] = "layerwatt.command/1";
  json["layerwatt_version"] = LAYERWATT_VERSION;
  json["command"] = report.words;
  json["exit_status"] = report.end.signal == 0 ? Json(report.end.code) : Json();
  json["signal"] = report.end.signal != 0 ? Json(report.end.signal) : Json();
  json["interrupted"] = report.interrupted;
  json["recording"] = report.directory;
  json["duration_ms"] = report.summary.duration_ms;
  json["sensor"] = {{"kind", report.sensor.kind},
                    {"measured", report.sensor.measured},
                    {"scope", report.sensor.scope.empty() ? Json() : Json(report.sensor.scope)},
                    {"notes", report.sensor.notes}};
  json["rails"] = Json::array();
  for (const RailSummary& rail : report.summary.rails) {
    Json entry{{"rail", rail.rail}, {"in_total", rail.in_total}};
    entry.update(rail_json(rail));
    json["rails"].push_back(entry);
  }
  json["total"] = rail_json(report.summary.total);
  json["warnings"] = Json::array();
  for (const Warning& warning : report.warnings) {
    json["warnings"].push_back(
        {{"code", warning.code}, {"message", warning.message}, {"hint", warning.hint}});
  }
  out << json.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
  finish(out, "report");
}

}  // namespace layerwatt::cli
