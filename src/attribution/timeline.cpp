#include "attribution/timeline.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "layerwatt/error.hpp"

namespace layerwatt {
namespace {

constexpr double kRoundingShare = 1e-6;

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorKind::bad_input, what, "recording",
              "a recording made or loaded by layerwatt does not look like this; see "
              "docs/recording.md for what a recording holds");
}

}  // namespace

SlotTimes slot_times(const Iterations& iterations, std::size_t batches) {
  const std::size_t layers = iterations.layers.size();
  const std::size_t n = iterations.size();
  SlotTimes times;
  times.batches = {n, std::min(batches, n)};
  const std::size_t count = times.batches.count;
  times.batch_ms.assign((layers + 1) * count, 0.0);
  times.mean_ms.assign(layers + 1, 0.0);
  times.inference_ms.assign(count, 0.0);
  times.reported.assign(layers, 0);
  // Sums by layer over one batch at a time: the rows are read in order, and the sums stay in cache.
  std::vector<double> sums(layers, 0.0);
  std::size_t batch = 0;
  const auto store = [&] {
    for (std::size_t j = 0; j < layers; ++j) times.batch_ms[j * count + batch] = sums[j];
    std::fill(sums.begin(), sums.end(), 0.0);
  };
  for (std::size_t i = 0; i < n; ++i) {
    if (times.batches.of(i) != batch) {
      store();
      batch = times.batches.of(i);
    }
    const auto row = iterations.row(i);
    double inside = 0.0;
    for (std::size_t j = 0; j < layers; ++j) {
      if (std::isnan(row[j])) continue;
      sums[j] += row[j];
      inside += row[j];
      ++times.reported[j];
    }
    const double duration = duration_ms(iterations, i);
    times.inference_ms[batch] += duration;
    times.batch_ms[layers * count + batch] += std::max(0.0, duration - inside);
    times.excess_ms += std::max(0.0, inside - duration);
  }
  if (n > 0) store();
  const double inferences = static_cast<double>(n);
  for (std::size_t s = 0; s <= layers && n > 0; ++s) {
    for (const double ms : times.slot(s)) times.mean_ms[s] += ms / inferences;
  }
  for (const double ms : times.inference_ms) times.mean_inference_ms += ms / inferences;
  if (n > 0) times.excess_ms /= inferences;
  return times;
}

bool no_time_outside(const SlotTimes& times) {
  return times.mean_ms.back() <= kRoundingShare * times.mean_inference_ms;
}

std::vector<double> reported_ms(const Iterations& iterations, std::size_t layer) {
  std::vector<double> times;
  times.reserve(iterations.size());
  const std::size_t layers = iterations.layers.size();
  for (std::size_t k = layer; k < iterations.layer_ms.size(); k += layers) {
    if (!std::isnan(iterations.layer_ms[k])) times.push_back(iterations.layer_ms[k]);
  }
  return times;
}

std::vector<double> outside_ms(const Iterations& iterations) {
  std::vector<double> times(iterations.size());
  for (std::size_t i = 0; i < times.size(); ++i) {
    double inside = 0.0;
    for (const double ms : iterations.row(i)) inside += std::isnan(ms) ? 0.0 : ms;
    times[i] = std::max(0.0, duration_ms(iterations, i) - inside);
  }
  return times;
}

void check(const Iterations& iterations) {
  const std::size_t n = iterations.size();
  if (n == 0) refuse("no inference was recorded");
  if (iterations.end_ns.size() != n || iterations.layer_ms.size() != n * iterations.layers.size()) {
    refuse("starts, ends and layer times do not have the same number of rows");
  }
  for (std::size_t i = 0; i < n; ++i) {
    if (iterations.end_ns[i] < iterations.start_ns[i]) {
      refuse(fmt::format("inference {} ends before it starts", i));
    }
    if (i > 0 && iterations.start_ns[i] < iterations.end_ns[i - 1]) {
      refuse(fmt::format("inference {} starts before inference {} has ended", i, i - 1));
    }
  }
  const auto bad = std::find_if(iterations.layer_ms.begin(), iterations.layer_ms.end(),
                                [](double ms) { return ms < 0.0 || std::isinf(ms); });
  if (bad != iterations.layer_ms.end()) {
    const auto k = static_cast<std::size_t>(bad - iterations.layer_ms.begin());
    refuse(fmt::format("layer {} of inference {} has a time of {} ms", k % iterations.layers.size(),
                       k / iterations.layers.size(), *bad));
  }
}

void check(const PowerSamples& power) {
  const std::size_t n = power.size();
  const bool energy = power.reading == Reading::energy;
  if (power.rail_mw.size() != n * power.rails.size() || (energy && power.begin_ns.size() != n)) {
    refuse("the power samples' stamps and values do not have the same number of rows");
  }
  if (!std::is_sorted(power.time_ns.begin(), power.time_ns.end())) {
    refuse("the power samples are not in the order of time");
  }
}

}  // namespace layerwatt
