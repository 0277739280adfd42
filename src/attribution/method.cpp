#include "attribution/method.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "layerwatt/error.hpp"

namespace layerwatt {
namespace {

const char* const kSeparableHint =
    "use --method excite where the engine can repeat a layer, a faster sensor, or set the INA3221 "
    "to samples=1; the totals and the group's energy stand";

// By slot, where it has any time at all.
std::vector<bool> too_short(const SensorTiming& timing, const SlotTimes& times) {
  const std::size_t outside = times.mean_ms.size() - 1;
  const double inferences = static_cast<double>(times.batches.items);
  const bool spaced_out = !timing.known && timing.update_ms > times.mean_inference_ms / 2.0;
  std::vector<bool> result(outside + 1, false);
  for (std::size_t j = 0; j < outside; ++j) {
    if (times.reported[j] == 0) continue;
    const double ms = times.mean_ms[j] * inferences / static_cast<double>(times.reported[j]);
    result[j] = spaced_out || timing.blur_ms > ms;
  }
  result[outside] =
      !no_time_outside(times) && (spaced_out || timing.blur_ms > times.mean_ms[outside]);
  return result;
}

std::string sensor_words(const SensorTiming& timing, const SlotTimes& times) {
  if (timing.blur_ms > 0.0) {
    return fmt::format("the sensor smears power over {}{:.3g} ms", timing.known ? "" : "at least ",
                       timing.blur_ms);
  }
  return fmt::format(
      "the sensor's response is not known and it gives a new reading every {:.3g} ms, an inference "
      "takes {:.3g} ms",
      timing.update_ms, times.mean_inference_ms);
}

}  // namespace

MethodChoice choose_method(std::optional<Method> asked, const SensorTiming& timing,
                           const SlotTimes& times) {
  if (asked == Method::excite) {
    throw Error(ErrorKind::usage, "a recording of plain inferences cannot be attributed by excite",
                "--method", "use --method auto, deconvolve or overlap");
  }
  const std::vector<bool> unresolved = too_short(timing, times);
  const std::size_t layers = unresolved.size() - 1;
  const auto blurred =
      static_cast<std::size_t>(std::count(unresolved.begin(), unresolved.end() - 1, true));

  MethodChoice choice;
  if (blurred > 0) {
    choice.warnings.push_back({"not_separable",
                               fmt::format("{} of {} layers are not separable: {}", blurred, layers,
                                           sensor_words(timing, times)),
                               kSeparableHint});
  }
  if (!timing.known) {
    choice.warnings.push_back(
        {"sensor_response_unknown",
         "the sensor's " + timing.unknown +
             (timing.unknown.find(" and ") == std::string::npos ? " is" : " are") +
             " not known, so no layer has an interval and readings may belong to a neighbour",
         "run layerwatt calibrate once on this machine"});
  }
  if (asked == Method::overlap) {
    choice.reason = "as asked for";
    return choice;
  }
  if (blurred > 0) {
    choice.grouped = unresolved;
    choice.reason =
        blurred == layers
            ? fmt::format("of whole inferences, since {}, so no layer can be told from the others",
                          sensor_words(timing, times))
            : fmt::format("per layer: {}; the {} of {} layers that are shorter share a group",
                          sensor_words(timing, times), blurred, layers);
    return choice;
  }
  choice.reason =
      timing.known
          ? fmt::format("per layer, since {}, less than any layer lasts",
                        timing.blur_ms > 0.0 ? sensor_words(timing, times)
                                             : std::string("the sensor does not smear power"))
          : std::string(
                "per layer, since the sensor's response is not known, and nothing says "
                "that it is slower than a layer");
  return choice;
}

bool wants_deconvolution(std::optional<Method> asked, const MethodChoice& choice,
                         const SensorTiming& timing) {
  if (asked) return *asked == Method::deconvolve;
  // Where a known sensor is faster than every layer, averaging inside the layers is the whole job.
  return !timing.known || !choice.grouped.empty();
}

void use_deconvolution(MethodChoice& choice, std::optional<Method> asked) {
  choice.method = Method::deconvolve;
  choice.grouped.clear();
  choice.warnings.clear();
  choice.reason = asked ? "as asked for"
                        : "a reading is a mix of layers, and enough different mixes "
                          "were read to solve for the layers";
}

void refuse_deconvolution(MethodChoice& choice, std::optional<Method> asked, std::size_t slots,
                          const std::string& why) {
  choice.grouped.assign(slots, true);
  choice.reason = fmt::format("of whole inferences: {}", why);
  if (asked) choice.reason = "deconvolve was asked for and is not possible; " + choice.reason;
  std::erase_if(choice.warnings,
                [](const Warning& warning) { return warning.code == "not_separable"; });
  choice.warnings.push_back(
      {"not_separable", "the layers cannot be told from each other: " + why, kSeparableHint});
}

}  // namespace layerwatt
