#include "report/words.hpp"

#include <algorithm>
#include <string_view>

namespace layerwatt {
namespace {

struct Explanation {
  std::string_view code;
  std::string_view words;
};

constexpr Explanation kExplanations[] = {
    {"no_samples", "no power sample fell inside"},
    {"no_power", "the run has no power samples"},
    {"not_measured", "it was not measured"},
    {"not_reported", "the engine did not report it"},
    {"not_separable",
     "the power data cannot tell these layers apart; the group's energy is known, and is shared "
     "out "
     "by time"},
    {"no_rail_result", "there is no figure for this rail"},
    {"see_members", "stands with the members of the group"},
    {"not_finite", "the value is not a number"},
    {"no_interval", "no confidence interval can be given"},
    {"fewer_than_two_readings", "one reading has no confidence interval"},
};

}  // namespace

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
  for (const Explanation& explanation : kExplanations) {
    if (explanation.code == code) return std::string(explanation.words);
  }
  std::string words = code;
  std::replace(words.begin(), words.end(), '_', ' ');
  return words;
}

}  // namespace layerwatt
