#include "report/sweep_reports.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ostream>

#include "layerwatt/version.hpp"
#include "report/display.hpp"
#include "report/figures.hpp"
#include "report/footnotes.hpp"
#include "report/grid.hpp"
#include "report/html_page.hpp"
#include "report/result_json.hpp"
#include "report/stream.hpp"
#include "report/table_cells.hpp"
#include "report/words.hpp"

namespace layerwatt {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kEnoughForAName = 24;

Json estimate_json(const Known<Estimate>& estimate) {
  if (!estimate || !std::isfinite(estimate->mean)) return nullptr;
  Json value{{"mean", estimate->mean}, {"ci95", nullptr}};
  if (estimate->ci95) value["ci95"] = Json::array({estimate->ci95->lo, estimate->ci95->hi});
  return value;
}

double largest(const std::vector<SweepPoint>& points, Known<Estimate> SweepPoint::*figure) {
  double most = 0.0;
  for (const SweepPoint& point : points) {
    if (point.*figure) most = std::max(most, (point.*figure)->mean);
  }
  return most;
}

}  // namespace

std::vector<bool> pareto_front(const std::vector<SweepPoint>& points) {
  std::vector<bool> front(points.size(), false);
  for (std::size_t i = 0; i < points.size(); ++i) {
    const SweepPoint& point = points[i];
    if (!point.latency_ms || !point.energy_mj) continue;
    front[i] = std::none_of(points.begin(), points.end(), [&](const SweepPoint& other) {
      if (!other.latency_ms || !other.energy_mj) return false;
      const double faster = point.latency_ms->mean - other.latency_ms->mean;
      const double thriftier = point.energy_mj->mean - other.energy_mj->mean;
      return faster >= 0.0 && thriftier >= 0.0 && (faster > 0.0 || thriftier > 0.0);
    });
  }
  return front;
}

std::string settings_words(const SweepPoint& point) {
  std::string words;
  for (const auto& [name, value] : point.settings) {
    words += fmt::format("{}{} {}", words.empty() ? "" : ", ", name, value);
  }
  return words.empty() ? "as it is" : words;
}

Json sweep_json(const SweepReport& report) {
  Json root{{"schema", "layerwatt.sweep/1"}, {"layerwatt_version", LAYERWATT_VERSION},
            {"model", report.model},         {"power_source", report.power_source},
            {"measured", report.measured},   {"points", Json::array()}};
  const std::vector<bool> front = pareto_front(report.points);
  for (std::size_t i = 0; i < report.points.size(); ++i) {
    const SweepPoint& point = report.points[i];
    Json settings = Json::object();
    for (const auto& [name, value] : point.settings) settings[name] = value;
    Json object{{"settings", std::move(settings)},
                {"batch", point.batch},
                {"latency_ms", estimate_json(point.latency_ms)},
                {"energy_per_item_mj", estimate_json(point.energy_mj)},
                {"power_mw", estimate_json(point.power_mw)},
                {"pareto", bool(front[i])}};
    if (!point.latency_ms) object["latency_ms_reason"] = point.latency_ms.reason();
    if (!point.energy_mj) object["energy_per_item_mj_reason"] = point.energy_mj.reason();
    if (!point.power_mw) object["power_mw_reason"] = point.power_mw.reason();
    object["failure"] = point.failure.empty() ? Json(nullptr) : Json(point.failure);
    object["result"] = point.file.empty() ? Json(nullptr) : Json(point.file);
    root["points"].push_back(std::move(object));
  }
  return root;
}

void write_sweep_json(std::ostream& out, const SweepReport& report) {
  out << sweep_json(report).dump(1, ' ', false, Json::error_handler_t::replace) << '\n';
  finish(out, "JSON of the sweep");
}

void write_sweep_html(std::ostream& out, const SweepReport& report) {
  write_html_page(out, "sweep", json_text(Json{{"sweep", sweep_json(report)}}));
  finish(out, "page");
}

void write_sweep_table(std::ostream& out, const SweepReport& report, const ReportOptions& options) {
  out << painted(harmless(report.model + ", " + report.power_source), Style::faint, options.color)
      << "\n\n";
  const Scale time = scale_for("ms", largest(report.points, &SweepPoint::latency_ms), 4);
  const Scale energy = scale_for("mJ", largest(report.points, &SweepPoint::energy_mj), 4);
  const Scale power = scale_for("mW", largest(report.points, &SweepPoint::power_mw), 4);
  const std::vector<bool> front = pareto_front(report.points);
  Grid grid;
  grid.columns = {{"settings", "", false}, {"latency", time.unit}, {"energy/item", energy.unit},
                  {"±", energy.unit},      {"power", power.unit},  {"Pareto", "", false}};
  grid.columns.front().gives_way = true;
  Footnotes notes;
  const auto mean = [&](const Known<Estimate>& estimate, const Scale& scale) {
    return estimate ? figure(estimate->mean, scale) : notes.dash(estimate.reason());
  };
  for (std::size_t i = 0; i < report.points.size(); ++i) {
    const SweepPoint& point = report.points[i];
    GridRow row;
    row.cells.push_back({harmless(settings_words(point)), front[i] ? Style::strong : Style::plain});
    row.cells.push_back({mean(point.latency_ms, time), Style::plain});
    row.cells.push_back({mean(point.energy_mj, energy), Style::plain});
    const bool interval = point.energy_mj && point.energy_mj->ci95;
    row.cells.push_back(
        {interval ? figure(half_width(point.energy_mj->mean, *point.energy_mj->ci95), energy) : "",
         Style::faint});
    row.cells.push_back({mean(point.power_mw, power), Style::plain});
    row.cells.push_back({front[i] ? "front" : "", Style::accent});
    grid.rows.push_back(std::move(row));
  }
  for (const std::string& line : render(grid, options.width, kEnoughForAName, options.color)) {
    out << line << '\n';
  }
  for (const std::string& note : notes.lines()) out << note << '\n';
  out << "front: no other setting is faster without costing more energy, or the other way round\n";
  for (const SweepPoint& point : report.points) {
    if (point.failure.empty()) continue;
    out << "failed   " << harmless(settings_words(point) + ": " + point.failure) << '\n';
  }
  finish(out, "table");
}

}  // namespace layerwatt
