#include "recording/manifest.hpp"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "layerwatt/error.hpp"
#include "recording/csv_cells.hpp"

namespace layerwatt::recording {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr int kDeepest = 100;  // writing a deeper one back could exhaust the stack

constexpr std::pair<PowerFormat, std::string_view> kFormats[] = {
    {PowerFormat::power_csv, "power.csv"},
    {PowerFormat::energy_csv, "energy.csv"},
    {PowerFormat::tegrastats, "power.tegrastats"},
};

ordered_json or_null(const std::optional<double>& value) {
  if (value && std::isfinite(*value)) return *value;
  return nullptr;
}

ordered_json or_null(const std::optional<std::string>& value) {
  if (value) return to_utf8(*value);
  return nullptr;
}

ordered_json free_form(const std::string& text, std::string_view name) {
  auto parsed = ordered_json::parse(text.empty() ? "{}" : text, nullptr, false);
  if (!parsed.is_object()) {
    throw Error(ErrorKind::usage, fmt::format("{}_json is not a JSON object", name), "manifest");
  }
  return parsed;
}

// Typed access that names the field it stumbled over. null counts as absent.
class Fields {
 public:
  Fields(const json& object, std::string path, const std::string& where)
      : object_(object), path_(std::move(path)), where_(where) {}

  const json* find(const char* key) const {
    const auto it = object_.find(key);
    return it == object_.end() || it->is_null() ? nullptr : &*it;
  }

  std::optional<std::string> text(const char* key) const {
    const json* value = find(key);
    if (value == nullptr) return std::nullopt;
    if (!value->is_string()) wrong(key, "text");
    return value->get<std::string>();
  }

  std::optional<double> number(const char* key) const {
    const json* value = find(key);
    if (value == nullptr) return std::nullopt;
    if (!value->is_number()) wrong(key, "a number");
    const double number = value->get<double>();
    if (!std::isfinite(number) || number < 0.0) wrong(key, "a finite number, 0 or more");
    return number;
  }

  std::optional<bool> boolean(const char* key) const {
    const json* value = find(key);
    if (value == nullptr) return std::nullopt;
    if (!value->is_boolean()) wrong(key, "true or false");
    return value->get<bool>();
  }

  const json* object(const char* key) const {
    const json* value = find(key);
    if (value != nullptr && !value->is_object()) wrong(key, "an object");
    return value;
  }

  // The objects of an array.
  std::vector<Fields> list(const char* key) const {
    std::vector<Fields> all;
    const json* value = find(key);
    if (value == nullptr) return all;
    if (!value->is_array()) wrong(key, "an array");
    for (const auto& item : *value) {
      if (!item.is_object()) wrong(key, "an array of objects");
      all.emplace_back(item, fmt::format("{}{}[{}].", path_, key, all.size()), where_);
    }
    return all;
  }

  [[noreturn]] void wrong(const char* key, std::string_view expected) const {
    throw Error(ErrorKind::bad_input, fmt::format("\"{}{}\" is not {}", path_, key, expected),
                where_, "null, or leaving it out, means unknown");
  }

 private:
  const json& object_;
  std::string path_;
  const std::string& where_;
};

json parse(std::string_view text, const std::string& where) {
  const auto shallow = [&](int depth, json::parse_event_t, json&) {
    if (depth > kDeepest) {
      throw Error(ErrorKind::bad_input, "is nested too deeply", where, "is this a manifest?");
    }
    return true;
  };
  try {
    return json::parse(text, shallow);
  } catch (const json::parse_error& error) {
    throw Error(ErrorKind::bad_input,
                fmt::format("is not JSON (byte {} of {})", error.byte, text.size()), where,
                text.empty()
                    ? "the file is empty: the recording was cut short as it began"
                    : "restore the file, or give the tables with --iterations and --power");
  } catch (const json::exception& error) {
    throw Error(ErrorKind::bad_input, fmt::format("is not usable JSON: {}", error.what()), where);
  }
}

void check_format(const Fields& fields, const std::string& where) {
  if (fields.text("format").value_or("") != kFormatName) {
    throw Error(ErrorKind::bad_input, fmt::format("\"format\" is not \"{}\"", kFormatName), where,
                "is this the directory of a layerwatt recording?");
  }
  const json* version = fields.find("version");
  if (version == nullptr || !version->is_number_integer() || *version != kFormatVersion) {
    throw Error(ErrorKind::bad_input,
                fmt::format("\"version\" is {}, and this layerwatt reads version {}",
                            version == nullptr ? "absent" : version->dump(), kFormatVersion),
                where, "a newer layerwatt wrote it: update this one");
  }
  const auto clock = fields.text("clock").value_or("unix_ns");
  if (clock != "unix_ns") {
    throw Error(ErrorKind::bad_input, fmt::format("\"clock\" is \"{}\"", shown(clock)), where,
                "stamps must be nanoseconds since 1970: \"unix_ns\"");
  }
}

void read_sensor(const Fields& fields, ReadManifest& out) {
  SensorInfo& sensor = out.manifest.sensor;
  sensor.kind = fields.text("kind").value_or("");
  sensor.measured = fields.boolean("measured").value_or(true);
  sensor.scope = fields.text("scope").value_or("");
  sensor.notes = fields.text("notes").value_or("");
  sensor.calibrated = fields.text("calibrated").value_or("");
  sensor.model.period_ms = fields.number("period_ms");
  sensor.model.window_ms = fields.number("window_ms");
  sensor.model.latency_ms = fields.number("latency_ms");
  sensor.model.time_constant_ms = fields.number("time_constant_ms");
  sensor.model.timestamp_error_ms = fields.number("timestamp_error_ms");
  const auto reading = fields.text("reading").value_or("power");
  if (reading != "power" && reading != "energy") {
    fields.wrong("reading", "\"power\" or \"energy\"");
  }
  sensor.reading = reading == "energy" ? Reading::energy : Reading::power;
  if (const auto file = fields.text("file")) {
    for (const auto& [format, name] : kFormats) {
      if (*file != name) continue;
      sensor.format = format;
      out.format_known = true;
    }
    if (!out.format_known) {
      fields.wrong("file", "\"power.csv\", \"energy.csv\" or \"power.tegrastats\"");
    }
  }
  for (const auto& rail : fields.list("rails")) {
    const auto name = rail.text("name");
    if (!name) rail.wrong("name", "text");
    const auto in_total = rail.boolean("in_total");
    sensor.rails.push_back({*name, in_total.value_or(false)});
    out.in_total_known.push_back(in_total.has_value());
  }
}

}  // namespace

std::string manifest_to_json(const Manifest& manifest) {
  const SensorInfo& sensor = manifest.sensor;
  ordered_json out;
  out["format"] = kFormatName;
  out["version"] = kFormatVersion;
  out["created"] = manifest.created;
  out["device"] = free_form(manifest.device_json, "device");
  out["engine"] = free_form(manifest.engine_json, "engine");
  ordered_json& s = out["sensor"];
  s["kind"] = sensor.kind;
  s["measured"] = sensor.measured;
  s["reading"] = sensor.reading == Reading::energy ? "energy" : "power";
  s["file"] = power_file_name(sensor.format);
  s["period_ms"] = or_null(sensor.model.period_ms);
  s["window_ms"] = or_null(sensor.model.window_ms);
  s["latency_ms"] = or_null(sensor.model.latency_ms);
  s["time_constant_ms"] = or_null(sensor.model.time_constant_ms);
  s["timestamp_error_ms"] = or_null(sensor.model.timestamp_error_ms);
  s["rails"] = ordered_json::array();
  for (const auto& rail : sensor.rails) {
    s["rails"].push_back({{"name", to_utf8(rail.name)}, {"in_total", rail.in_total}});
  }
  s["scope"] = sensor.scope.empty() ? ordered_json(nullptr) : ordered_json(to_utf8(sensor.scope));
  s["notes"] = to_utf8(sensor.notes);
  if (!sensor.calibrated.empty()) s["calibrated"] = to_utf8(sensor.calibrated);
  out["clock"] = "unix_ns";
  out["layers"] = ordered_json::array();
  for (const auto& layer : manifest.layers) {
    out["layers"].push_back({{"name", to_utf8(layer.name)},
                             {"type", or_null(layer.type)},
                             {"precision", or_null(layer.precision)}});
  }
  if (manifest.half_passes) out["half_passes"] = true;
  out["stopped"] = manifest.stopped ? ordered_json(to_utf8(*manifest.stopped)) : nullptr;
  return out.dump(1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

ReadManifest manifest_from_json(std::string_view text, const std::string& where) {
  const json document = parse(text, where);
  if (!document.is_object()) {
    throw Error(ErrorKind::bad_input, "is not a JSON object", where,
                "is this the directory of a layerwatt recording?");
  }
  const Fields fields(document, "", where);
  check_format(fields, where);
  ReadManifest out;
  Manifest& manifest = out.manifest;
  manifest.created = fields.text("created").value_or("");
  if (const json* device = fields.object("device")) manifest.device_json = device->dump();
  if (const json* engine = fields.object("engine")) manifest.engine_json = engine->dump();
  if (const json* sensor = fields.object("sensor")) {
    read_sensor(Fields(*sensor, "sensor.", where), out);
  }
  for (const auto& layer : fields.list("layers")) {
    manifest.layers.push_back(
        {layer.text("name").value_or(""), layer.text("type"), layer.text("precision")});
  }
  manifest.half_passes = fields.boolean("half_passes").value_or(false);
  manifest.stopped = fields.text("stopped");
  out.cut_short = document.contains("stopped") && document["stopped"].is_null();
  return out;
}

std::string_view power_file_name(PowerFormat format) {
  for (const auto& [known, name] : kFormats) {
    if (known == format) return name;
  }
  return {};
}

}  // namespace layerwatt::recording
