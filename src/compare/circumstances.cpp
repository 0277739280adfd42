#include "compare/circumstances.hpp"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

namespace layerwatt {
namespace {

using Json = nlohmann::ordered_json;

// Below these, the energy of one and the same network moves less than a per cent or two.
constexpr double kNotableClock = 0.02;   // of the mean
constexpr double kNotableCelsius = 5.0;  // leakage grows by some per cent in ten degrees
constexpr double kUnsteadyClock = 0.05;  // within one run

std::string shown(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

Json parsed(const std::string& text) {
  Json value = Json::parse(text, nullptr, false);
  return value.is_object() ? value : Json::object();
}

// "power mode MAXN → 15W, l4t …": what both sides tell, and tell differently.
std::string differences(const std::string& before_text, const std::string& after_text) {
  const Json before = parsed(before_text);
  const Json after = parsed(after_text);
  std::string list;
  for (const auto& [key, value] : before.items()) {
    if (!after.contains(key) || after[key] == value) continue;
    if (!list.empty()) list += ", ";
    list += fmt::format("{} {} → {}", key, shown(value), shown(after[key]));
  }
  return list;
}

const char* or_unknown(const std::string& text) {
  return text.empty() ? "not known" : text.c_str();
}

void compare_conditions(const Result& before, const Result& after, std::vector<Warning>& warnings) {
  for (const Condition& was : before.conditions) {
    for (const Condition& is : after.conditions) {
      if (was.name != is.name || was.unit != is.unit) continue;
      const double moved = is.mean - was.mean;
      if (is.unit == "MHz" && std::abs(moved) > kNotableClock * was.mean) {
        warnings.push_back(
            {"clocks_differ",
             fmt::format("{}: {:.0f} MHz before, {:.0f} MHz after", was.name, was.mean, is.mean),
             "fix the clocks (sudo jetson_clocks, nvidia-smi -lgc) and measure both "
             "again"});
      }
      if (is.unit == "°C" && std::abs(moved) > kNotableCelsius) {
        warnings.push_back(
            {"temperatures_differ",
             fmt::format("{}: {:.1f} °C before, {:.1f} °C after", was.name, was.mean, is.mean),
             "leakage grows with heat: warm up both runs alike"});
      }
    }
  }
  for (const auto& [result, when] :
       {std::pair<const Result&, const char*>{before, "before"}, {after, "after"}}) {
    for (const Condition& condition : result.conditions) {
      if (condition.unit == "MHz" &&
          condition.max - condition.min > kUnsteadyClock * condition.max) {
        warnings.push_back({"clock_moved",
                            fmt::format("{} moved between {:.0f} and {:.0f} MHz in the run {}",
                                        condition.name, condition.min, condition.max, when),
                            "fix the clocks, or give the device air: this may be throttling"});
      }
    }
  }
}

}  // namespace

std::vector<Warning> differing_circumstances(const Result& before, const Result& after) {
  std::vector<Warning> warnings;
  if (before.sensor.measured != after.sensor.measured) {
    warnings.push_back({"measured_against_model",
                        "one side is measured, the other comes from a model or a simulation",
                        "compare only results of one kind"});
  } else if (!before.sensor.measured) {
    warnings.push_back({"not_measured", "NOT MEASURED: power comes from a model or a simulation",
                        "what the model leaves out cannot differ here"});
  }
  if (before.sensor.scope != after.sensor.scope) {
    warnings.push_back(
        {"scopes_differ",
         fmt::format("the power covers '{}' before and '{}' after", or_unknown(before.sensor.scope),
                     or_unknown(after.sensor.scope)),
         "joules of different scopes do not compare"});
  }
  if (before.sensor.kind != after.sensor.kind) {
    warnings.push_back({"sensors_differ",
                        fmt::format("the power comes from {} before and from {} after",
                                    or_unknown(before.sensor.kind), or_unknown(after.sensor.kind)),
                        "two sensors differ by their gains, which no interval here knows"});
  }
  if (before.method != after.method) {
    warnings.push_back({"methods_differ",
                        fmt::format("energy was given to layers by {} before and by {} after",
                                    to_string(before.method), to_string(after.method)),
                        "totals compare; for the layers, analyze both with the same --method"});
  }
  if (const std::string list = differences(before.device_json, after.device_json); !list.empty()) {
    warnings.push_back({"devices_differ", "the devices differ: " + list,
                        "a difference may come from the device, not from the network"});
  }
  const Json was = parsed(before.engine_json);
  const Json is = parsed(after.engine_json);
  if (was.contains("inputs") && is.contains("inputs") && was["inputs"] != is["inputs"]) {
    warnings.push_back(
        {"inputs_differ",
         fmt::format("the inputs differ: {} → {}", was["inputs"].dump(), is["inputs"].dump()),
         "figures are per inference, not per item of a batch"});
  }
  compare_conditions(before, after, warnings);
  return warnings;
}

}  // namespace layerwatt
