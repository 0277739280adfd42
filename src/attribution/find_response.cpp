#include "attribution/find_response.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "attribution/parallel.hpp"
#include "attribution/transients.hpp"

namespace layerwatt {
namespace {

constexpr std::size_t kCandidates = 100;
constexpr std::size_t kTried = 24;
constexpr std::size_t kFollowed = 6;
constexpr std::size_t kFirstReadings = 1000;
constexpr double kLongestWindowMs = 8.0;
constexpr double kWindowStepMs = 0.15;
constexpr std::size_t kRankReadings = 600;
constexpr std::size_t kTrialReadings = 2500;
constexpr std::size_t kSearchReadings = 6000;

// Folding cannot tell a latency from one that is a whole inference more or less: all of them.
std::vector<Response> with_whole_turns(const std::vector<Candidate>& candidates, double period_ms,
                                       const KnownResponse& known, double max_latency_ms) {
  std::vector<Response> all;
  for (const Candidate& candidate : candidates) {
    Response response = candidate.response;
    if (!known.latency_ms) {
      // A little below 0 the fine search may still come back up.
      const double lowest = -0.05 * period_ms;
      response.latency_ms -= period_ms * std::floor((response.latency_ms - lowest) / period_ms);
    }
    do {
      all.push_back(response);
      response.latency_ms += period_ms;
    } while (!known.latency_ms && response.latency_ms <= max_latency_ms);
  }
  return all;
}

// The same middle and time constant with other windows. Behind a long low pass the folded readings
// show the middle well and the window hardly: a search that trusted them was 20 % off.
std::vector<Response> other_windows(const Response& found, double step_ms) {
  std::vector<Response> all;
  const double middle_ms = found.latency_ms + 0.5 * found.window_ms;
  const double longest_ms = std::max(kLongestWindowMs, 1.5 * found.window_ms);
  for (double window_ms = 0.5 * step_ms; window_ms < longest_ms; window_ms += step_ms) {
    Response other = found;
    other.window_ms = window_ms;
    other.latency_ms = middle_ms - 0.5 * window_ms;
    all.push_back(other);
  }
  return all;
}

}  // namespace

Readings total_only(const Readings& readings) {
  Readings part;
  part.time_ms = readings.time_ms;
  part.weight = readings.weight;
  part.window_ms = readings.window_ms;
  part.value.reserve(readings.size());
  for (std::size_t k = 0; k < readings.size(); ++k) part.value.push_back(readings.row(k)[0]);
  return part;
}

Refined find_response(const Iterations& iterations, const Segments& segments,
                      const Readings& all_channels, const KnownResponse& known,
                      double max_latency_ms) {
  const Readings readings = total_only(all_channels);
  const Transients transients = find_transients(segments, readings);
  const std::vector<Candidate> candidates = search_response(
      iterations, segments, readings, known, max_latency_ms, transients, kCandidates);
  if (candidates.empty()) return {};
  const double period_ms =
      segments.ms(iterations.start_ns.back()) / static_cast<double>(iterations.size() - 1);
  std::vector<Response> starts = with_whole_turns(candidates, period_ms, known, max_latency_ms);
  keep_allowed(starts, transients, [](const Response& response) { return response; });

  const std::vector<Parameter> free = free_parameters(known);
  const auto refine_all = [&](std::size_t count, std::size_t rounds, std::size_t kept) {
    const Readings part = telling_part(readings, count, transients);
    std::vector<Refined> done(starts.size());
    for_each_in_parallel(starts.size(), [&](std::size_t i) {
      done[i] = refine_response(segments, part, starts[i], free, rounds);
    });
    std::stable_sort(done.begin(), done.end(), [](const Refined& a, const Refined& b) {
      return a.mean_square < b.mean_square;
    });
    starts.clear();
    for (std::size_t i = 0; i < std::min(kept, done.size()); ++i) {
      starts.push_back(done[i].response);
    }
    return done.front();
  };
  // From many starts, since a single one falls into a local minimum now and then: the jitter-exact
  // model ranks them as they are, some steps from each of the best on a part of the readings show
  // where they lead, and the best two go on.
  refine_all(std::max(kRankReadings, 12 * segments.columns()), 0, kTried);
  refine_all(std::max(kFirstReadings, 16 * segments.columns()), 3, kFollowed);
  const Refined first = refine_all(kTrialReadings, 3, 2);
  if (!known.window_ms && !known.latency_ms) {
    const std::vector<Response> best = starts;
    starts = other_windows(first.response, kWindowStepMs);
    refine_all(kTrialReadings, 0, kFollowed);
    starts.insert(starts.end(), best.begin(), best.end());
    refine_all(kTrialReadings, 4, 2);
  }
  refine_all(kSearchReadings, 12, 1);
  return refine_all(readings.size(), 6, 1);
}

}  // namespace layerwatt
