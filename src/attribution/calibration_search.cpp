#include "attribution/calibration_search.hpp"

#include <algorithm>
#include <array>

#include "attribution/parallel.hpp"

namespace layerwatt {
namespace {

constexpr std::size_t kCoarseReadings = 4000;
constexpr std::size_t kKept = 10;
constexpr std::size_t kKeptAtLast = 5;
constexpr double kShortestMiddleMs = 0.2;
constexpr double kMiddleRatio = 1.3;
// Of segments under the windows of all readings: what a pass over them costs.
constexpr double kCostly = 3e7;
constexpr double kPassesRippled = 3.0;
constexpr double kLayersMs = 2.0;
constexpr double kLayerStepMs = 0.05;

// How the middle of a response (latency + half the window + time constant) can be made up.
struct Parts {
  double latency;
  double half_window;
  double time_constant;
};
constexpr std::array<Parts, 8> kShapes = {{{0.9, 0.1, 0.0},
                                           {0.0, 1.0, 0.0},
                                           {0.05, 0.05, 0.9},
                                           {0.5, 0.5, 0.0},
                                           {0.5, 0.0, 0.5},
                                           {0.0, 0.5, 0.5},
                                           {0.2, 0.8, 0.0},
                                           {0.3, 0.4, 0.3}}};

// Every n-th reading, so that the whole run is in it.
Readings thinned(const Readings& readings, std::size_t most) {
  const std::size_t stride = (readings.size() + most - 1) / most;
  if (stride <= 1) return readings;
  Readings out;
  out.channels = readings.channels;
  for (std::size_t k = 0; k < readings.size(); k += stride) {
    out.time_ms.push_back(readings.time_ms[k]);
    out.weight.push_back(readings.weight[k]);
    out.value.push_back(readings.value[k]);
    if (!readings.window_ms.empty()) out.window_ms.push_back(readings.window_ms[k]);
  }
  return out;
}

std::vector<Refined> best_of(std::vector<Refined> all, std::size_t most) {
  std::stable_sort(all.begin(), all.end(), [](const Refined& a, const Refined& b) {
    return a.mean_square < b.mean_square;
  });
  all.resize(std::min(most, all.size()));
  return all;
}

std::vector<Refined> refine_all(const Segments& segments, const Readings& readings,
                                const std::vector<Response>& starts,
                                const std::vector<Parameter>& free, std::size_t rounds) {
  std::vector<Refined> done(starts.size());
  for_each_in_parallel(starts.size(), [&](std::size_t i) {
    done[i] = refine_response(segments, readings, starts[i], free, rounds);
  });
  return done;
}

std::vector<Response> responses(const std::vector<Refined>& from) {
  std::vector<Response> out;
  out.reserve(from.size());
  for (const Refined& refined : from) out.push_back(refined.response);
  return out;
}

// Responses of other latencies, to both sides.
void look_along(const Response& from, double reach_ms, double step_ms,
                std::vector<Response>& starts) {
  for (double off = -reach_ms; off <= reach_ms; off += step_ms) {
    Response other = from;
    other.latency_ms += off;
    starts.push_back(other);
    // A low pass that is not there makes up for a latency that is a layer off.
    other.latency_ms += other.time_constant_ms;
    other.time_constant_ms = 0.0;
    starts.push_back(other);
  }
}

}  // namespace

double length_ms(const Response& response) {
  return response.window_ms + 3.0 * response.time_constant_ms;
}

bool too_costly(const Segments& segments, const Readings& readings, const Response& response) {
  if (segments.column.empty()) return false;
  const double each_ms = (segments.edge_ms.back() - segments.edge_ms.front()) /
                         static_cast<double>(segments.column.size());
  return static_cast<double>(readings.size()) * response.window_ms / each_ms > kCostly;
}

CalibrationSegments merged(const CalibrationSegments& full) {
  CalibrationSegments out = full;
  out.segments.edge_ms.clear();
  out.segments.column.clear();
  const std::size_t all = full.segments.columns();
  // The lowest column of the run of columns that are not idle stands for all of its stretch.
  std::vector<std::uint32_t> to(all);
  std::uint32_t first = 0;
  for (std::size_t j = 0; j < all; ++j) {
    const bool starts = j == 0 || full.idle[j - 1];
    if (full.idle[j]) {
      to[j] = static_cast<std::uint32_t>(j);
      continue;
    }
    if (starts) first = static_cast<std::uint32_t>(j);
    to[j] = first;
  }
  for (std::size_t i = 0; i < full.segments.column.size(); ++i) {
    const std::uint32_t column = to[full.segments.column[i]];
    if (!out.segments.column.empty() && out.segments.column.back() == column) continue;
    out.segments.column.push_back(column);
    out.segments.edge_ms.push_back(full.segments.edge_ms[i]);
  }
  if (!full.segments.edge_ms.empty()) {
    out.segments.edge_ms.push_back(full.segments.edge_ms.back());
  }
  return out;
}

Response find_calibration(const CalibrationSegments& full, const Readings& readings, double pass_ms,
                          const std::vector<Parameter>& free, double blur_ms, double longest_ms) {
  const bool has_window = readings.window_ms.empty();
  const CalibrationSegments whole = merged(full);
  const Readings few = thinned(readings, kCoarseReadings);
  std::vector<Response> starts;
  for (double middle = kShortestMiddleMs; middle <= longest_ms; middle *= kMiddleRatio) {
    for (const Parts& parts : kShapes) {
      if (!has_window && parts.half_window > 0.45) continue;
      const double window = has_window ? 2.0 * parts.half_window * middle : 0.0;
      starts.push_back({window, parts.latency * middle, parts.time_constant * middle, blur_ms});
    }
  }
  starts = responses(best_of(refine_all(whole.segments, few, starts, free, 0), kKept));
  std::vector<Refined> best = best_of(refine_all(whole.segments, few, starts, free, 8), 3);
  if (length_ms(best.front().response) > kPassesRippled * pass_ms) return best.front().response;
  starts = responses(best);
  look_along(best.front().response, 3.0 * pass_ms, std::clamp(pass_ms / 12.0, 0.05, 1.0), starts);
  look_along(best.front().response, kLayersMs, kLayerStepMs, starts);
  starts = responses(best_of(refine_all(full.segments, few, starts, free, 0), kKept));
  starts = responses(best_of(refine_all(full.segments, few, starts, free, 8), kKeptAtLast));
  // A part of the readings may prefer a neighbouring ripple.
  return best_of(refine_all(full.segments, readings, starts, free, 8), 1).front().response;
}

Response over_ripples(const Segments& segments, const Readings& readings, const Response& found,
                      const std::vector<Parameter>& free) {
  std::vector<Response> starts = {found};
  look_along(found, kLayersMs, kLayerStepMs, starts);
  const Readings few = thinned(readings, kCoarseReadings);
  starts = responses(best_of(refine_all(segments, few, starts, free, 0), kKeptAtLast));
  starts.push_back(found);
  return best_of(refine_all(segments, readings, starts, free, 8), 1).front().response;
}

}  // namespace layerwatt
