#include "sim/spec.hpp"

#include <fmt/format.h>

#include <set>

#include "core/whole_file.hpp"
#include "layerwatt/error.hpp"
#include "sim/json_fields.hpp"
#include "sim/tegrastats_format.hpp"

namespace layerwatt::sim {
namespace {

using nlohmann::json;

constexpr Limits kTimeMs{0.0, 600'000.0};
constexpr Limits kPositiveTimeMs{0.0, 600'000.0, true};
constexpr Limits kSeconds{0.0, 1e6, true};
constexpr Limits kPowerMw{0.0, 1e9};
constexpr Limits kRelative{0.0, 1.0};

std::vector<RailSpec> read_rails(Fields& root, Reading reading) {
  std::vector<RailSpec> rails;
  std::set<std::string> names;
  for (Fields& fields : root.objects("rails")) {
    RailSpec rail;
    rail.name = fields.text("name");
    rail.in_total = fields.boolean("in_total", true);
    rail.idle_mw = fields.number("idle_mw", kPowerMw);
    const bool energy = reading == Reading::energy;
    const char* wrong = energy ? "step_mw" : "step_mj";
    if (fields.has(wrong)) {
      fields.fail(wrong, "does not fit sensor.reading",
                  energy ? "an energy counter has steps of energy: step_mj"
                         : "a power reading has steps of power: step_mw");
    }
    rail.step = fields.number(energy ? "step_mj" : "step_mw", {0.0, 1e9}, 0.0);
    fields.finish();
    if (!names.insert(rail.name).second) {
      fields.fail("name", "the rail \"" + rail.name + "\" stands twice", "name each rail once");
    }
    rails.push_back(std::move(rail));
  }
  if (rails.empty()) root.fail("rails", "is empty", "a sensor has at least one rail");
  return rails;
}

// {"VDD_IN": 5000, …}, every rail named; a bare number where there is only one rail.
std::vector<double> read_power(Fields& fields, const std::vector<RailSpec>& rails) {
  if (fields.raw("power_mw").is_number() && rails.size() == 1) {
    return {fields.number("power_mw", kPowerMw)};
  }
  Fields by_rail = fields.object("power_mw");
  std::vector<double> power;
  for (const RailSpec& rail : rails) {
    if (!by_rail.has(rail.name)) {
      by_rail.fail(rail.name, "is missing", "give every rail its power; 0 is a power too");
    }
    power.push_back(by_rail.number(rail.name, kPowerMw));
  }
  by_rail.finish();
  return power;
}

StretchSpec read_stretch(Fields& fields, const std::vector<RailSpec>& rails) {
  StretchSpec stretch;
  stretch.time_ms = fields.number("time_ms", kPositiveTimeMs);
  stretch.jitter = fields.number("jitter", kRelative, 0.0);
  stretch.power_mw = read_power(fields, rails);
  stretch.power_jitter = fields.number("power_jitter", kRelative, 0.0);
  return stretch;
}

RepeatSpec read_repeat(Fields& layer, const char* key) {
  constexpr Limits kFactor{0.1, 10.0};
  if (!layer.has(key)) return {};
  Fields fields = layer.object(key);
  const RepeatSpec repeat{fields.number("time", kFactor, 1.0),
                          fields.number("power", kFactor, 1.0)};
  fields.finish();
  return repeat;
}

EngineSpec read_engine(Fields fields, const std::vector<RailSpec>& rails) {
  EngineSpec engine;
  for (Fields& item : fields.objects("layers")) {
    LayerSpec layer;
    layer.name = item.text("name");
    if (item.has("type")) layer.type = item.text("type");
    layer.stretch = read_stretch(item, rails);
    layer.warm = read_repeat(item, "warm");
    layer.cold = read_repeat(item, "cold");
    item.finish();
    engine.layers.push_back(std::move(layer));
  }
  if (engine.layers.empty()) fields.fail("layers", "is empty", "give at least one layer");
  if (fields.has("outside")) {
    Fields outside = fields.object("outside");
    engine.outside = read_stretch(outside, rails);
    outside.finish();
  }
  if (fields.has("emptying")) {
    Fields emptying = fields.object("emptying");
    engine.emptying = read_stretch(emptying, rails);
    emptying.finish();
  }
  engine.common_jitter = fields.number("common_jitter", kRelative, 0.0);
  engine.gap_ms = fields.number("gap_ms", kTimeMs, 0.0);
  if (fields.has("drift")) {
    Fields drift = fields.object("drift");
    engine.drift.rise = drift.number("rise", {-0.5, 1.0}, 0.0);
    engine.drift.time_constant_s = drift.number("time_constant_s", kSeconds, 60.0);
    engine.drift.amplitude = drift.number("amplitude", {0.0, 0.4}, 0.0);
    engine.drift.period_s = drift.number("period_s", kSeconds, 30.0);
    drift.finish();
  }
  fields.finish();
  return engine;
}

DeclareSpec read_declare(Fields& fields) {
  DeclareSpec declare;
  if (!fields.has("declare")) return declare;
  const json& value = fields.raw("declare");
  if (value == "all") return declare;
  declare = {false, false, false, false, false};
  if (value == "none") return declare;
  const std::string hint =
      "give \"all\", \"none\" or a list of period_ms, window_ms, latency_ms, time_constant_ms, "
      "timestamp_error_ms";
  if (!value.is_array()) fields.fail("declare", "expected \"all\", \"none\" or a list", hint);
  for (const json& item : value) {
    if (item == "period_ms") {
      declare.period = true;
    } else if (item == "window_ms") {
      declare.window = true;
    } else if (item == "latency_ms") {
      declare.latency = true;
    } else if (item == "time_constant_ms") {
      declare.time_constant = true;
    } else if (item == "timestamp_error_ms") {
      declare.timestamp_error = true;
    } else {
      fields.fail("declare", item.dump() + " is not known", hint);
    }
  }
  return declare;
}

void check_energy(Fields& fields, const SensorSpec& sensor) {
  // The mean over a window is what the difference of two counter readings already is.
  if (sensor.window_ms > 0.0) {
    fields.fail("window_ms", "an energy counter has no window",
                "leave it out: the difference of two readings is the mean between them");
  }
  if (sensor.noise_mw > 0.0) {
    fields.fail("noise_mw", "an energy counter has no noise of power",
                "leave it out; a counter's steps go into rails[].step_mj");
  }
  if (sensor.tegrastats) {
    fields.fail("format", "tegrastats prints power, not energy", "give \"csv\"");
  }
}

SensorSpec read_sensor(Fields fields) {
  SensorSpec sensor;
  sensor.period_ms = fields.optional_number("period_ms", kPositiveTimeMs);
  sensor.period_jitter_ms = fields.number("period_jitter_ms", kTimeMs, 0.0);
  sensor.window_ms = fields.number("window_ms", kTimeMs, 0.0);
  sensor.latency_ms = fields.number("latency_ms", kTimeMs, 0.0);
  sensor.time_constant_ms = fields.number("time_constant_ms", kTimeMs, 0.0);
  sensor.stamp_error_ms = fields.number("stamp_error_ms", kTimeMs, 0.0);
  sensor.noise_mw = fields.number("noise_mw", kPowerMw, 0.0);
  sensor.drop_probability = fields.number("drop_probability", {0.0, 0.9}, 0.0);
  if (fields.has("grid")) {
    Fields grid = fields.object("grid");
    sensor.grid.emplace();
    sensor.grid->period_ms = grid.number("period_ms", kPositiveTimeMs);
    sensor.grid->phase_ms = grid.optional_number("phase_ms", kTimeMs);
    grid.finish();
  }
  sensor.reading =
      fields.choice("reading", {"power", "energy"}, 0) == 0 ? Reading::power : Reading::energy;
  sensor.tegrastats = fields.choice("format", {"csv", "tegrastats"}, 0) == 1;
  constexpr TegrastatsStyle kStyles[] = {TegrastatsStyle::bare, TegrastatsStyle::milliwatt,
                                         TegrastatsStyle::maximum};
  sensor.style = kStyles[fields.choice("tegrastats_style", {"c/a", "cmW/amW", "cmW/amW/mmW"}, 1)];
  sensor.tegrastats_tokens = fields.text("tegrastats_tokens", "");
  sensor.scope = fields.text("scope", "simulated board");
  sensor.declare = read_declare(fields);
  if (sensor.reading == Reading::energy) check_energy(fields, sensor);
  fields.finish();
  return sensor;
}

}  // namespace

Spec parse_spec(std::string_view text, const std::string& source) {
  const json document = parse_json(text, source);
  Fields root(document, source, "");
  if (root.text("format") != "layerwatt-sim") {
    root.fail("format", "is not \"layerwatt-sim\"", "see docs/simulator.md");
  }
  if (root.whole("version", 0) != 1) {
    root.fail("version", "only version 1 is known", "give \"version\": 1");
  }
  Spec spec;
  spec.name = root.text("name");
  spec.description = root.text("description", "");
  if (root.has("device")) {
    const json& device = root.raw("device");
    if (!device.is_object()) root.fail("device", "expected an object", "");
    spec.device_json = device.dump();
  }
  spec.time = root.choice("time", {"virtual", "real"}, 0) == 0 ? TimeMode::virtual_time
                                                               : TimeMode::real_time;
  spec.seed = root.whole("seed", 1);
  spec.sensor = read_sensor(root.object("sensor"));
  spec.rails = read_rails(root, spec.sensor.reading);
  spec.engine = read_engine(root.object("engine"), spec.rails);
  root.finish();
  if (spec.sensor.tegrastats) {
    if (const std::string problem = tegrastats_problem(spec); !problem.empty()) {
      root.fail("sensor.format", "these lines could not be read back: " + problem,
                "a line is \"RAM 2448/30592MB (lfb 8x4MB) … VDD_IN 5444mW/5425mW\"");
    }
  }
  return spec;
}

Spec load_spec(const std::filesystem::path& path) {
  constexpr std::size_t kMostText = std::size_t{64} << 20;  // bytes: some 500 000 layers
  return parse_spec(read_whole_file(path, kMostText), path.string());
}

}  // namespace layerwatt::sim
