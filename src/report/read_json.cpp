// The inverse of json.cpp. Keys that are not known are left alone: later versions may add some.
#include <limits>
#include <nlohmann/json.hpp>

#include "core/json_depth.hpp"
#include "layerwatt/error.hpp"
#include "layerwatt/report.hpp"
#include "report/columns.hpp"
#include "report/json_schema.hpp"

namespace layerwatt {
namespace {

using Json = nlohmann::ordered_json;

// A value with the way to it, so that an error says "layers[3].energy_mj", not "type error 302".
class Node {
 public:
  Node(const Json& value, const std::string& where, std::string path)
      : value_(&value), where_(&where), path_(std::move(path)) {}

  [[noreturn]] void fail(const std::string& what) const {
    throw Error(ErrorKind::bad_input, path_.empty() ? what : path_ + ": " + what, *where_,
                std::string("a ") + kResultSchema + " file is expected, as `--json` writes it");
  }

  bool is_null() const { return value_->is_null(); }
  bool has(const std::string& key) const { return object().contains(key); }

  Node at(const std::string& key) const {
    const auto found = object().find(key);
    const Node absent(*value_, *where_, join(key));
    if (found == value_->end()) absent.fail("is not there");
    return Node(*found, *where_, join(key));
  }

  std::vector<Node> elements() const {
    if (!value_->is_array()) fail("a list is expected");
    std::vector<Node> nodes;
    for (std::size_t i = 0; i < value_->size(); ++i) {
      nodes.emplace_back((*value_)[i], *where_, path_ + "[" + std::to_string(i) + "]");
    }
    return nodes;
  }

  std::vector<std::pair<std::string, Node>> members() const {
    std::vector<std::pair<std::string, Node>> nodes;
    for (const auto& [key, value] : object().items()) {
      nodes.emplace_back(key, Node(value, *where_, join(key)));
    }
    return nodes;
  }

  std::string text() const {
    if (!value_->is_string()) fail("text is expected");
    return value_->get<std::string>();
  }
  std::optional<std::string> optional_text() const {
    return is_null() ? std::nullopt : std::optional(text());
  }
  bool boolean() const {
    if (!value_->is_boolean()) fail("true or false is expected");
    return value_->get<bool>();
  }
  double number() const {
    if (!value_->is_number()) fail("a number is expected");
    return value_->get<double>();
  }
  // null stands for a number that was not finite.
  double number_or_nan() const {
    return is_null() ? std::numeric_limits<double>::quiet_NaN() : number();
  }
  std::size_t count() const {
    if (!value_->is_number_unsigned()) fail("a count (0, 1, 2, …) is expected");
    return value_->get<std::size_t>();
  }
  std::string document() const {
    if (is_null()) return "{}";
    return object().dump();
  }

 private:
  const Json& object() const {
    if (!value_->is_object()) fail("an object is expected");
    return *value_;
  }
  std::string join(const std::string& key) const { return path_.empty() ? key : path_ + "." + key; }

  const Json* value_;
  const std::string* where_;
  std::string path_;
};

std::optional<Interval> read_interval(const Node& owner) {
  if (!owner.has("ci95") || owner.at("ci95").is_null()) return std::nullopt;
  const std::vector<Node> sides = owner.at("ci95").elements();
  if (sides.size() != 2) owner.at("ci95").fail("two numbers are expected");
  return Interval{sides[0].number(), sides[1].number()};
}

Metric read(const Node& node, Metric*) {
  Metric metric;
  for (const MetricField& field : metric_fields()) {
    metric.*field.member = node.at(field.name).number_or_nan();
  }
  metric.ci95 = read_interval(node);
  if (node.has("count")) metric.count = node.at("count").count();
  return metric;
}

Estimate read(const Node& node, Estimate*) {
  return {node.at("mean").number_or_nan(), read_interval(node)};
}

Closure read(const Node& node, Closure*) {
  return {node.at("layers_plus_outside_mj").number_or_nan(), node.at("measured_mj").number_or_nan(),
          node.at("ratio").number_or_nan()};
}

double read(const Node& node, double*) { return node.number(); }

template <class T>
void read_into(const Node& owner, const std::string& key, Known<T>& out) {
  const Node node = owner.at(key);
  if (!node.is_null()) {
    out = read(node, static_cast<T*>(nullptr));
    return;
  }
  const std::string reason_key = key + "_reason";
  out = Missing{owner.has(reason_key) ? owner.at(reason_key).text() : "not_stated"};
}

void read_active(const Node& owner, Known<Estimate>& out) {
  if (owner.has("active_energy_mj")) read_into(owner, "active_energy_mj", out);
}

IdleBaseline read_idle(const Node& node) {
  IdleBaseline idle;
  read_into(node, "power_mw", idle.power_mw);
  read_into(node, "before_mw", idle.before_mw);
  read_into(node, "after_mw", idle.after_mw);
  read_into(node, "drift_mw", idle.drift_mw);
  return idle;
}

std::vector<RailResult> read_rails(const Node& owner) {
  std::vector<RailResult> rails;
  if (!owner.has("rails")) return rails;
  for (const auto& [name, node] : owner.at("rails").members()) {
    RailResult& rail = rails.emplace_back();
    rail.rail = name;
    read_into(node, "power_mw", rail.power_mw);
    read_into(node, "energy_mj", rail.energy_mj);
  }
  return rails;
}

ResultSensor read_sensor(const Node& node) {
  ResultSensor sensor;
  sensor.kind = node.at("kind").text();
  // Never guessed: a model's figures must not pass for a measurement.
  sensor.measured = node.at("measured").boolean();
  sensor.scope = node.at("scope").optional_text().value_or("");
  for (const SensorField& field : kSensorFields) {
    if (node.has(field.name) && !node.at(field.name).is_null()) {
      sensor.model.*field.member = node.at(field.name).number();
    }
  }
  if (node.has("notes")) sensor.notes = node.at("notes").text();
  if (node.has("calibrated")) sensor.calibrated = node.at("calibrated").text();
  return sensor;
}

LayerResult read_layer(const Node& node, std::size_t groups) {
  LayerResult layer;
  layer.index = node.at("index").count();
  layer.name = node.at("name").text();
  layer.type = node.at("type").optional_text();
  if (node.has("precision")) layer.precision = node.at("precision").optional_text();
  read_into(node, "time_ms", layer.time_ms);
  read_into(node, "power_mw", layer.power_mw);
  read_into(node, "energy_mj", layer.energy_mj);
  read_active(node, layer.active_energy_mj);
  layer.rails = read_rails(node);
  layer.samples = node.at("samples").count();
  if (!node.at("group").is_null()) {
    layer.group = node.at("group").count();
    if (*layer.group >= groups) node.at("group").fail("there is no such group");
  }
  layer.reason = node.at("reason").optional_text();
  return layer;
}

LayerGroup read_group(const Node& node, std::size_t layers) {
  LayerGroup group;
  for (const Node& member : node.at("layers").elements()) {
    group.layers.push_back(member.count());
    if (group.layers.back() >= layers) member.fail("there is no such layer");
  }
  read_into(node, "energy_mj", group.energy_mj);
  return group;
}

Method read_method(const Node& node) {
  const std::string name = node.text();
  for (const Method method : kMethods) {
    if (name == to_string(method)) return method;
  }
  node.fail("'" + name + "' is not a method that this version knows");
}

Result read_root(const Node& root) {
  const std::string schema = root.at("schema").text();
  if (schema != kResultSchema) root.at("schema").fail("'" + schema + "' is another format");
  Result result;
  result.device_json = root.at("device").document();
  result.engine_json = root.at("engine").document();
  result.sensor = read_sensor(root.at("sensor"));
  result.method = read_method(root.at("method"));
  if (root.has("method_reason")) result.method_reason = root.at("method_reason").text();
  result.iterations = root.at("iterations").count();
  const std::vector<Node> layers = root.at("layers").elements();
  const std::vector<Node> groups = root.at("groups").elements();
  for (const Node& node : layers) result.layers.push_back(read_layer(node, groups.size()));
  for (const Node& node : groups) result.groups.push_back(read_group(node, layers.size()));
  const Node outside = root.at("outside_layers");
  read_into(outside, "time_ms", result.outside_layers.time_ms);
  if (outside.has("power_mw")) read_into(outside, "power_mw", result.outside_layers.power_mw);
  read_into(outside, "energy_mj", result.outside_layers.energy_mj);
  if (outside.has("reason")) result.outside_layers.reason = outside.at("reason").optional_text();
  read_active(outside, result.outside_layers.active_energy_mj);
  const Node total = root.at("total");
  read_into(total, "time_ms", result.total.time_ms);
  read_into(total, "energy_mj", result.total.energy_mj);
  read_into(total, "power_mw", result.total.power_mw);
  result.total.rails = read_rails(total);
  read_active(total, result.total.active_energy_mj);
  if (root.has("idle")) result.idle = read_idle(root.at("idle"));
  read_into(root, "power_draw_mw", result.power_draw_mw);
  read_into(root, "energy_mj", result.energy_mj);
  read_into(root, "closure", result.closure);
  if (root.has("conditions")) {
    for (const Node& node : root.at("conditions").elements()) {
      result.conditions.push_back({node.at("name").text(), node.at("unit").text(),
                                   node.at("mean").number_or_nan(), node.at("min").number_or_nan(),
                                   node.at("max").number_or_nan()});
    }
  }
  for (const Node& node : root.at("warnings").elements()) {
    result.warnings.push_back(
        {node.at("code").text(), node.at("message").text(), node.at("hint").text()});
  }
  return result;
}

}  // namespace

Result read_result_json(const std::string& text, const std::string& where) {
  Json root;
  if (nests_deeper(text)) {
    throw Error(ErrorKind::bad_input, "is nested too deeply", where,
                std::string("a ") + kResultSchema + " file is expected, as `--json` writes it");
  }
  try {
    root = Json::parse(text);
  } catch (const Json::exception& error) {  // out of range too: 2E375
    throw Error(ErrorKind::bad_input, std::string("this is not JSON: ") + error.what(), where,
                std::string("a ") + kResultSchema + " file is expected, as `--json` writes it");
  }
  return read_root(Node(root, where, ""));
}

}  // namespace layerwatt
