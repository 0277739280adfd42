// Which method fits the sensor, and which parts of an inference it can tell apart.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "attribution/sensor_timing.hpp"
#include "attribution/timeline.hpp"
#include "layerwatt/result.hpp"

namespace layerwatt {

struct MethodChoice {
  Method method = Method::overlap;
  std::string reason;  // one sentence
  // By slot: it cannot be told from its neighbours and has to share a group. Empty: none.
  std::vector<bool> grouped;
  // What the sensor cannot resolve, whether or not it is grouped; empty where all is well.
  std::vector<Warning> warnings;
};

// `asked` empty: by the sensor's response. A part shorter than what is known of the sensor's blur
// is not separable; nor is any where nothing is known and the readings come less than twice an
// inference. Throws Error(usage) for a method that is not there.
MethodChoice choose_method(std::optional<Method> asked, const SensorTiming& timing,
                           const SlotTimes& times);

// Whether a deconvolution is to be tried.
bool wants_deconvolution(std::optional<Method> asked, const MethodChoice& choice,
                         const SensorTiming& timing);
// It was tried, and told layers apart.
void use_deconvolution(MethodChoice& choice, std::optional<Method> asked);
// It was tried, and nothing passive can tell these layers apart: all of them share one group.
void refuse_deconvolution(MethodChoice& choice, std::optional<Method> asked, std::size_t slots,
                          const std::string& why);

}  // namespace layerwatt
