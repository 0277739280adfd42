// layerwatt.result/1. One line a layer, so that a diff or grep of two results is readable.
#include <cmath>
#include <nlohmann/json.hpp>
#include <ostream>

#include "layerwatt/report.hpp"
#include "layerwatt/version.hpp"
#include "report/columns.hpp"
#include "report/json_schema.hpp"
#include "report/result_json.hpp"
#include "report/stream.hpp"

namespace layerwatt {
namespace {

using Json = nlohmann::ordered_json;

std::string reason_key(const std::string& key) { return key + "_reason"; }

void put_missing(Json& object, const std::string& key, const std::string& reason) {
  object[key] = nullptr;
  object[reason_key(key)] = reason;
}

void put_number(Json& object, const std::string& key, double value) {
  if (std::isfinite(value)) {
    object[key] = value;
  } else {
    put_missing(object, key, kNotFinite);
  }
}

void put_number(Json& object, const std::string& key, const std::optional<double>& value) {
  if (value) {
    put_number(object, key, *value);
  } else {
    put_missing(object, key, "unknown");
  }
}

void put_text(Json& object, const std::string& key, const std::optional<std::string>& text,
              const std::string& reason) {
  if (text) {
    object[key] = *text;
  } else {
    put_missing(object, key, reason);
  }
}

void put_interval(Json& object, const std::optional<Interval>& interval,
                  const std::string& reason) {
  if (!interval) {
    put_missing(object, "ci95", reason);
  } else if (!std::isfinite(interval->lo) || !std::isfinite(interval->hi)) {
    put_missing(object, "ci95", kNotFinite);
  } else {
    object["ci95"] = Json::array({interval->lo, interval->hi});
  }
}

void put(Json& object, const std::string& key, const Known<Metric>& metric) {
  if (!metric) return put_missing(object, key, metric.reason());
  Json value = Json::object();
  for (const MetricField& field : metric_fields()) {
    put_number(value, field.name, (*metric).*field.member);
  }
  put_interval(value, metric->ci95, no_interval_reason(*metric));
  value["count"] = metric->count;
  object[key] = std::move(value);
}

void put(Json& object, const std::string& key, const Known<Estimate>& estimate,
         const std::string& no_interval = kNoInterval) {
  if (!estimate) return put_missing(object, key, estimate.reason());
  Json value = Json::object();
  put_number(value, "mean", estimate->mean);
  put_interval(value, estimate->ci95, no_interval);
  object[key] = std::move(value);
}

void put(Json& object, const std::string& key, const Known<Closure>& closure) {
  if (!closure) return put_missing(object, key, closure.reason());
  Json value = Json::object();
  put_number(value, "layers_plus_outside_mj", closure->layers_plus_outside_mj);
  put_number(value, "measured_mj", closure->measured_mj);
  put_number(value, "ratio", closure->ratio);
  object[key] = std::move(value);
}

// A measurement is not lost because a device described itself badly.
void put_document(Json& object, const std::string& key, const std::string& text) {
  Json value = Json::parse(text, nullptr, false);
  if (value.is_object()) {
    object[key] = std::move(value);
  } else {
    put_missing(object, key, "not_a_json_object");
  }
}

// Only where idle power was measured.
void put_active(Json& object, const Known<Estimate>& active, const std::string& no_interval) {
  if (active || active.reason() != kNoIdleBaseline) {
    put(object, "active_energy_mj", active, no_interval);
  }
}

Json idle_json(const IdleBaseline& idle) {
  Json object = Json::object();
  put(object, "power_mw", idle.power_mw);
  put(object, "before_mw", idle.before_mw);
  put(object, "after_mw", idle.after_mw);
  if (idle.drift_mw) {
    put_number(object, "drift_mw", *idle.drift_mw);
  } else {
    put_missing(object, "drift_mw", idle.drift_mw.reason());
  }
  return object;
}

Json rails_json(const std::vector<RailResult>& rails, const std::string& no_interval) {
  Json object = Json::object();
  for (const RailResult& rail : rails) {
    Json value = Json::object();
    put(value, "power_mw", rail.power_mw, no_interval);
    put(value, "energy_mj", rail.energy_mj, no_interval);
    object[rail.rail] = std::move(value);
  }
  return object;
}

Json sensor_json(const ResultSensor& sensor) {
  Json object = Json::object();
  object["kind"] = sensor.kind;
  object["measured"] = sensor.measured;
  put_text(object, "scope", sensor.scope.empty() ? std::nullopt : std::optional(sensor.scope),
           "unknown");
  for (const SensorField& field : kSensorFields) {
    put_number(object, field.name, sensor.model.*field.member);
  }
  object["notes"] = sensor.notes;
  if (!sensor.calibrated.empty()) object["calibrated"] = sensor.calibrated;
  return object;
}

Json layer_json(const LayerResult& layer) {
  Json object = Json::object();
  const std::string no_interval = layer.reason.value_or(kNoInterval);
  object["index"] = layer.index;
  object["name"] = layer.name;
  put_text(object, "type", layer.type, "not_reported");
  put_text(object, "precision", layer.precision, "not_reported");
  put(object, "time_ms", layer.time_ms);
  put(object, "power_mw", layer.power_mw, no_interval);
  put(object, "energy_mj", layer.energy_mj, no_interval);
  put_active(object, layer.active_energy_mj, no_interval);
  object["rails"] = rails_json(layer.rails, no_interval);
  object["samples"] = layer.samples;
  object["group"] = layer.group ? Json(*layer.group) : Json(nullptr);
  object["reason"] = layer.reason ? Json(*layer.reason) : Json(nullptr);
  return object;
}

}  // namespace

Json result_json(const Result& result) {
  Json root = Json::object();
  root["schema"] = kResultSchema;
  root["layerwatt_version"] = LAYERWATT_VERSION;
  put_document(root, "device", result.device_json);
  put_document(root, "engine", result.engine_json);
  root["sensor"] = sensor_json(result.sensor);
  root["method"] = to_string(result.method);
  root["method_reason"] = result.method_reason;
  root["iterations"] = result.iterations;
  root["layers"] = Json::array();
  for (const LayerResult& layer : result.layers) root["layers"].push_back(layer_json(layer));
  root["groups"] = Json::array();
  for (const LayerGroup& group : result.groups) {
    Json object = Json::object();
    object["layers"] = group.layers;
    put(object, "energy_mj", group.energy_mj);
    root["groups"].push_back(std::move(object));
  }
  Json outside = Json::object();
  put(outside, "time_ms", result.outside_layers.time_ms);
  put(outside, "power_mw", result.outside_layers.power_mw);
  put(outside, "energy_mj", result.outside_layers.energy_mj);
  put_active(outside, result.outside_layers.active_energy_mj, kNoInterval);
  if (result.outside_layers.reason) outside["reason"] = *result.outside_layers.reason;
  root["outside_layers"] = std::move(outside);
  Json total = Json::object();
  put(total, "time_ms", result.total.time_ms);
  put(total, "energy_mj", result.total.energy_mj);
  put(total, "power_mw", result.total.power_mw);
  put_active(total, result.total.active_energy_mj, kNoInterval);
  total["rails"] = rails_json(result.total.rails, kNoInterval);
  root["total"] = std::move(total);
  put(root, "power_draw_mw", result.power_draw_mw);
  put(root, "energy_mj", result.energy_mj);
  put(root, "closure", result.closure);
  root["conditions"] = Json::array();
  for (const Condition& condition : result.conditions) {
    Json object = Json::object();
    object["name"] = condition.name;
    object["unit"] = condition.unit;
    put_number(object, "mean", condition.mean);
    put_number(object, "min", condition.min);
    put_number(object, "max", condition.max);
    root["conditions"].push_back(std::move(object));
  }
  if (result.idle) root["idle"] = idle_json(*result.idle);
  root["warnings"] = Json::array();
  for (const Warning& warning : result.warnings) {
    Json object = Json::object();
    object["code"] = warning.code;
    object["message"] = warning.message;
    object["hint"] = warning.hint;
    root["warnings"].push_back(std::move(object));
  }
  return root;
}

std::string json_text(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

namespace {

void write_list(std::ostream& out, const Json& list) {
  out << '[';
  const char* separator = "\n  ";
  for (const Json& element : list) {
    out << separator << json_text(element);
    separator = ",\n  ";
  }
  out << (list.empty() ? "]" : "\n ]");
}

void write_json(std::ostream& out, const Result& result, const Recording&, const ReportOptions&) {
  const Json root = result_json(result);
  const char* separator = "{\n ";
  for (const auto& [key, value] : root.items()) {
    out << separator << json_text(key) << ": ";
    if (value.is_array()) {
      write_list(out, value);
    } else {
      out << json_text(value);
    }
    separator = ",\n ";
  }
  out << "\n}\n";
  finish(out, "JSON result");
}

}  // namespace

ReportBackend json_report() {
  return {"json", "everything, for programs (schema layerwatt.result/1)", write_json};
}

}  // namespace layerwatt
