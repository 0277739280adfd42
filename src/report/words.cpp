#include "report/words.hpp"

#include <algorithm>

namespace layerwatt {
namespace {

constexpr ReasonWords kReasons[] = {
    {"not_measured", "it was not measured"},
    {"no_power", "the run has no power samples"},
    {"no_samples", "no power sample fell inside"},
    {"few_samples", "too few power samples fell inside for an interval"},
    {"no_readings", "there were no readings"},
    {"no_energy", "no energy was measured"},
    {"no_time", "it took no time"},
    {"no_idle_baseline", "idle power was not measured"},
    {"not_reported", "the engine did not report it"},
    {"not_separable",
     "the power data cannot tell these layers apart; the group's energy is known, and is shared "
     "out by time"},
    {"not_repeated",
     "method excite: the layer could not be, or was not yet, repeated; it shares what is left of "
     "the pass"},
    {"what_is_left", "method excite, outside layers: the measured pass less all layers"},
    {"at_the_mean_power",
     "method excite: less than 2 % of a pass, and not repeated; counted at the mean power, give or "
     "take all of it"},
    {"outside_is_the_rest", "method excite: closure would be 1 by construction"},
    {"too_few_windows", "method excite: not enough windows to tell the layers apart yet"},
    {"not_measured_one_by_one", "method excite: passes were measured many at a time"},
    {"sensor_response_unknown", "the sensor's response is not known, so no interval can be given"},
    {"sensor_slower_than_layer", "the sensor averages over more than this layer"},
    {"unknown_rail_set", "which rails make up the total is not known"},
    {"no_rail_result", "there is no figure for this rail"},
    {"no_layer", "there is no such layer on this side"},
    {"failed", "the step failed"},
    {"see_members", "stands with the members of the group"},
    {"no_interval", "no confidence interval can be given"},
    {"fewer_than_two_readings", "one reading has no confidence interval"},
    {"not_finite", "the value is not a number"},
    {"unknown", "it is not known"},
    {"not_a_json_object", "the description is not a JSON object"},
};

}  // namespace

std::span<const ReasonWords> reasons() { return kReasons; }

std::string power_source_words(const ResultSensor& sensor) {
  if (sensor.kind.empty() || sensor.kind == "none") return "no power sensor: times only";
  if (!sensor.measured) {
    const bool simulated = sensor.kind.rfind("sim", 0) == 0;
    return simulated ? "NOT MEASURED: times and power come from a simulated device"
                     : "NOT MEASURED: power comes from a model (" + sensor.kind + ")";
  }
  const std::string scope =
      sensor.scope.empty() ? "what it covers is not known" : "scope: " + sensor.scope;
  return "measured by " + sensor.kind + ", " + scope;
}

std::string reason_words(const std::string& code) {
  for (const ReasonWords& reason : kReasons) {
    if (reason.code == code) return std::string(reason.words);
  }
  std::string words = code;
  std::replace(words.begin(), words.end(), '_', ' ');
  return words;
}

}  // namespace layerwatt
