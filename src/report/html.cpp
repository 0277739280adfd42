// One page with charts, for a browser: no network, no other file. What it draws is src/report/html.
#include <cmath>
#include <nlohmann/json.hpp>
#include <ostream>

#include "layerwatt/report.hpp"
#include "layerwatt/units.hpp"
#include "report/html_page.hpp"
#include "report/result_json.hpp"
#include "report/stream.hpp"
#include "report/timeline_view.hpp"
#include "report/words.hpp"

namespace layerwatt {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMostPieces = 1500;
constexpr std::size_t kCloseUpReadings = 24;
constexpr std::size_t kMostSlices = 4000;

// Five digits are more than a drawing shows. The figures that a reader takes away are the result's,
// which stands in the page unrounded.
Json drawn(double value) {
  if (!std::isfinite(value)) return nullptr;
  if (value == 0.0) return 0;
  const double unit = std::pow(10.0, std::floor(std::log10(std::abs(value))) - 4);
  const double rounded = std::round(value / unit) * unit;
  if (std::abs(rounded) < 1e15 && rounded == std::floor(rounded)) {
    return static_cast<std::int64_t>(rounded);
  }
  // The product has digits of its own behind the fifth: read back the short text.
  char text[32];
  std::snprintf(text, sizeof text, "%.5g", value);
  return std::strtod(text, nullptr);
}

Json drawn(const std::vector<double>& values) {
  Json list = Json::array();
  for (const double value : values) list.push_back(drawn(value));
  return list;
}

Json pieces_json(const Pieces& pieces) {
  return {{"min", drawn(pieces.min)}, {"max", drawn(pieces.max)}, {"mean", drawn(pieces.mean)}};
}

Json overview_json(const Recording& recording) {
  const RunOverview view = run_overview(recording, kMostPieces);
  if (view.pieces == 0) return nullptr;
  Json rails = Json::array();
  for (std::size_t i = 0; i < view.rails_mw.size(); ++i) {
    const Rail& rail = recording.power.rails[i];
    rails.push_back(
        {{"name", rail.name}, {"in_total", rail.in_total}, {"mean", drawn(view.rails_mw[i].mean)}});
  }
  return {{"step_ms", view.step_ms},
          {"buckets", view.pieces},
          {"rails", std::move(rails)},
          {"total", recording.power.has_total() ? pieces_json(view.total_mw) : Json(nullptr)},
          {"latency", pieces_json(view.latency_ms)}};
}

Json inference_json(const Iterations& iterations, std::size_t i, std::int64_t origin_ns) {
  Json layers = Json::array();
  for (const double ms : iterations.row(i)) layers.push_back(drawn(ms));
  return {{"number", i},
          {"start_ms", milliseconds_between(origin_ns, iterations.start_ns[i]).value},
          {"end_ms", milliseconds_between(origin_ns, iterations.end_ns[i]).value},
          {"layers_ms", std::move(layers)}};
}

Json close_up_json(const Recording& recording) {
  const CloseUp view = close_up(recording, kCloseUpReadings, kMostSlices);
  const auto [first, last] = view.inferences;
  if (first == last || view.readings.first == view.readings.second) return nullptr;
  const PowerSamples& power = recording.power;
  const Iterations& iterations = recording.iterations;
  const std::int64_t origin_ns = iterations.start_ns[first];
  Json time = Json::array();
  Json total = Json::array();
  for (std::size_t i = view.readings.first; i < view.readings.second; ++i) {
    time.push_back(milliseconds_between(origin_ns, power.time_ns[i]).value);
    total.push_back(power.has_total() ? drawn(power.total_mw(i)) : Json(nullptr));
  }
  Json rails = Json::array();
  for (std::size_t rail = 0; rail < power.rails.size(); ++rail) {
    Json values = Json::array();
    for (std::size_t i = view.readings.first; i < view.readings.second; ++i) {
      values.push_back(drawn(power.row(i)[rail]));
    }
    rails.push_back({{"name", power.rails[rail].name}, {"mw", std::move(values)}});
  }
  Json inferences = Json::array();
  for (std::size_t i = first; i < last; ++i) {
    inferences.push_back(inference_json(iterations, i, origin_ns));
  }
  return {{"from_ms", 0.0},
          {"to_ms", milliseconds_between(origin_ns, iterations.end_ns[last - 1]).value},
          {"time_ms", std::move(time)},
          {"total", std::move(total)},
          {"rails", std::move(rails)},
          {"iterations", std::move(inferences)}};
}

Json timeline_json(const Recording& recording) {
  const PowerSamples& power = recording.power;
  if (power.size() < 2) return nullptr;
  return {{"samples", power.size()},
          {"inferences", recording.iterations.size()},
          {"duration_ms", milliseconds_between(power.time_ns.front(), power.time_ns.back()).value},
          {"overview", overview_json(recording)},
          {"detail", close_up_json(recording)}};
}

Json page_data(const Result& result, const Recording& recording) {
  Json reasons_by_code = Json::object();
  for (const ReasonWords& reason : reasons()) {
    reasons_by_code[std::string(reason.code)] = std::string(reason.words);
  }
  Json in_total = Json::object();
  for (const Rail& rail : recording.power.rails) in_total[rail.name] = rail.in_total;
  return {{"result", result_json(result)},
          {"reasons", std::move(reasons_by_code)},
          {"power_source", power_source_words(result.sensor)},
          {"rails", std::move(in_total)},
          {"run",
           {{"created", recording.manifest.created},
            {"stopped", recording.manifest.stopped.value_or("")}}},
          {"timeline", timeline_json(recording)}};
}

void write_html(std::ostream& out, const Result& result, const Recording& recording,
                const ReportOptions&) {
  write_html_page(out, "result", json_text(page_data(result, recording)));
  finish(out, "page");
}

}  // namespace

ReportBackend html_report() {
  return {"html", "a page with charts, one file without links to the outside", write_html};
}

}  // namespace layerwatt
