// layerwatt.comparison/1, and the page that draws it.
#include <algorithm>
#include <cmath>
#include <ostream>

#include "layerwatt/version.hpp"
#include "report/comparison_reports.hpp"
#include "report/html_page.hpp"
#include "report/result_json.hpp"
#include "report/stream.hpp"
#include "report/words.hpp"

namespace layerwatt {
namespace {

using Json = nlohmann::ordered_json;

Json optional_json(const std::optional<double>& value) {
  return value && std::isfinite(*value) ? Json(*value) : Json(nullptr);
}

void put(Json& object, const char* key, const Known<Estimate>& estimate) {
  if (!estimate || !std::isfinite(estimate->mean)) {
    object[key] = nullptr;
    object[std::string(key) + "_reason"] = estimate ? "not_finite" : estimate.reason();
    return;
  }
  Json value{{"mean", estimate->mean}, {"ci95", nullptr}};
  if (estimate->ci95) value["ci95"] = Json::array({estimate->ci95->lo, estimate->ci95->hi});
  object[key] = std::move(value);
}

Json change_json(const Change& change) {
  Json object = Json::object();
  put(object, "before", change.before);
  put(object, "after", change.after);
  put(object, "difference", change.difference);
  object["relative"] = optional_json(change.relative);
  object["p"] = optional_json(change.p);
  object["p_adjusted"] = optional_json(change.p_adjusted);
  object["verdict"] = to_string(change.verdict);
  return object;
}

void put_changes(Json& object, const Changes& changes) {
  for (const ComparedFigure& figure : kComparedFigures) {
    object[figure.key] = change_json(changes.*figure.change);
  }
}

Json side_json(const ComparedResult& side) {
  const auto parsed = [](const std::string& text) {
    Json value = Json::parse(text, nullptr, false);
    return value.is_object() ? value : Json::object();
  };
  Json object{{"label", side.label},
              {"device", parsed(side.result.device_json)},
              {"engine", parsed(side.result.engine_json)},
              {"power_source", power_source_words(side.result.sensor)},
              {"measured", side.result.sensor.measured},
              {"scope", side.result.sensor.scope},
              {"method", to_string(side.result.method)},
              {"iterations", side.result.iterations},
              {"conditions", Json::array()}};
  for (const Condition& condition : side.result.conditions) {
    object["conditions"].push_back(
        {{"name", condition.name}, {"unit", condition.unit}, {"mean", condition.mean}});
  }
  return object;
}

Json names_json(const Result& result, const std::vector<std::size_t>& layers) {
  Json names = Json::array();
  for (const std::size_t layer : layers) names.push_back(result.layers[layer].name);
  return names;
}

Json row_json(const CompareRow& row, const Result& before, const Result& after) {
  Json object{{"name", row.name},
              {"matched_by", to_string(row.kind)},
              {"before", row.before},
              {"after", row.after},
              {"before_names", names_json(before, row.before)},
              {"after_names", names_json(after, row.after)}};
  put_changes(object, row.changes);
  return object;
}

}  // namespace

Json comparison_json(const ComparisonReport& report) {
  Json root{{"schema", "layerwatt.comparison/1"}, {"layerwatt_version", LAYERWATT_VERSION}};
  root["baseline"] = side_json(report.baseline);
  root["comparisons"] = Json::array();
  for (const auto& [other, comparison] : report.others) {
    Json object = side_json(other);
    object["alpha"] = comparison.options.alpha;
    object["min_change"] = comparison.options.min_change;
    object["total"] = Json::object();
    put_changes(object["total"], comparison.total);
    object["rows"] = Json::array();
    for (const CompareRow& row : comparison.rows) {
      object["rows"].push_back(row_json(row, report.baseline.result, other.result));
    }
    object["warnings"] = Json::array();
    for (const Warning& warning : comparison.warnings) {
      object["warnings"].push_back(
          {{"code", warning.code}, {"message", warning.message}, {"hint", warning.hint}});
    }
    root["comparisons"].push_back(std::move(object));
  }
  root["gates"] = Json::array();
  for (const JudgedGate& gate : report.gates) {
    root["gates"].push_back({{"gate", gate.text},
                             {"label", gate.label},
                             {"state", to_string(gate.outcome.state)},
                             {"why", gate.outcome.why}});
  }
  return root;
}

void write_comparison_json(std::ostream& out, const ComparisonReport& report) {
  out << comparison_json(report).dump(1, ' ', false, Json::error_handler_t::replace) << '\n';
  finish(out, "JSON comparison");
}

void write_comparison_html(std::ostream& out, const ComparisonReport& report) {
  Json reasons_by_code = Json::object();
  for (const ReasonWords& reason : reasons()) {
    reasons_by_code[std::string(reason.code)] = std::string(reason.words);
  }
  const Json data{{"comparison", comparison_json(report)}, {"reasons", std::move(reasons_by_code)}};
  write_html_page(out, "compare", json_text(data));
  finish(out, "page");
}

const char* to_string(GateState state) noexcept {
  switch (state) {
    case GateState::passed:
      return "passed";
    case GateState::failed:
      return "failed";
    case GateState::undecided:
      break;
  }
  return "undecided";
}

std::string verdict_words(Verdict verdict) {
  return verdict == Verdict::no_evidence ? "no evidence" : to_string(verdict);
}

std::vector<const CompareRow*> ranked_rows(const Comparison& comparison) {
  std::vector<const CompareRow*> rows;
  for (const CompareRow& row : comparison.rows) rows.push_back(&row);
  const bool energies = std::any_of(rows.begin(), rows.end(), [](const CompareRow* row) {
    return row->changes.energy_mj.difference.has_value();
  });
  const auto weight = [energies](const CompareRow* row) {
    const Change& change = energies ? row->changes.energy_mj : row->changes.time_ms;
    return change.difference ? std::abs(change.difference->mean) : -1.0;
  };
  std::stable_sort(rows.begin(), rows.end(),
                   [&](const CompareRow* a, const CompareRow* b) { return weight(a) > weight(b); });
  return rows;
}

}  // namespace layerwatt
