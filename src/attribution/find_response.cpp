#include "attribution/find_response.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "attribution/deviance.hpp"
#include "attribution/parallel.hpp"
#include "attribution/slow_response.hpp"
#include "attribution/transients.hpp"

namespace layerwatt {
namespace {

// Of the starts: tried, and followed on. More where no steps rule most of them out.
struct Breadth {
  std::size_t candidates;
  std::size_t tried;
  std::size_t followed;
};
constexpr Breadth kWithSteps = {100, 24, 6};
constexpr Breadth kWithoutSteps = {200, 96, 12};
constexpr std::size_t kAlso = 3;  // of those with another window or time constant
constexpr std::size_t kFirstReadings = 1000;
constexpr double kLongestWindowMs = 8.0;
constexpr double kWindowStepMs = 0.15;
constexpr double kWindowStepShare = 0.02;
constexpr double kDelayStepShare = 0.25;
constexpr double kTauStepMs = 0.15;
constexpr double kTauStepShare = 0.02;
constexpr double kLongestTauInferences = 3.0;
constexpr double kSamePlaceMs = 0.05;
constexpr std::size_t kSlowToo = 6;     // tried, whatever the others
constexpr double kClearlyWorse = 30.0;  // squared deviations
constexpr std::size_t kMostPossible = 3;
constexpr std::size_t kMostToTheEnd = 2;
constexpr double kLatencyStepMs = 0.2;
constexpr int kLatenciesAside = 2;
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

// Other windows, with the mean delay kept by the latency, the time constant (where it is not
// known), or both. Behind a long low pass the folded readings show the delay well and the window
// hardly: a search that trusted them was 20 % off, and so was one that always kept the time
// constant.
std::vector<Response> other_windows(const Response& found, bool known_tau, double step_ms) {
  std::vector<Response> all;
  const double longest_ms = std::max(kLongestWindowMs, 1.5 * found.window_ms);
  for (double window_ms = 0.5 * step_ms; window_ms < longest_ms;
       window_ms += std::max(step_ms, kWindowStepShare * window_ms)) {
    const double later_ms = 0.5 * (window_ms - found.window_ms);
    for (double share = 0.0; share <= 1.0; share += kDelayStepShare) {
      Response other = found;
      other.window_ms = window_ms;
      other.time_constant_ms -= share * later_ms;
      other.latency_ms -= (1.0 - share) * later_ms;
      if (other.time_constant_ms < 0.0) break;
      all.push_back(other);
      if (known_tau || found.time_constant_ms <= kTauStepMs) break;
    }
  }
  return all;
}

// The same window with other time constants, and latencies about the same middle: without steps the
// two trade for each other along a valley with many minima, and the wrong one was 25 % off. None
// is longer than `most_ms`, and steps between long ones are longer.
std::vector<Response> other_time_constants(const Response& found, double most_ms) {
  std::vector<Response> all;
  const double middle_ms = found.latency_ms + found.time_constant_ms;
  const double longest_ms = std::min(2.0 + 1.5 * found.time_constant_ms, most_ms);
  for (double tau_ms = 0.0; tau_ms < longest_ms;
       tau_ms += std::max(kTauStepMs, kTauStepShare * tau_ms)) {
    for (int i = -kLatenciesAside; i <= kLatenciesAside; ++i) {
      Response other = found;
      other.time_constant_ms = tau_ms;
      other.latency_ms = middle_ms - tau_ms + kLatencyStepMs * i;
      all.push_back(other);
    }
  }
  return all;
}

struct Possible {
  Refined at;
  double deviance = 0.0;
};

// Of what was refined, best first: the `least` best places, and up to `most` where more are not
// clearly ruled out.
std::vector<Response> still_possible(const std::vector<Possible>& done, std::size_t least,
                                     std::size_t most) {
  std::vector<Response> kept;
  for (const Possible& possible : done) {
    const bool clearly_worse = possible.deviance - done.front().deviance > kClearlyWorse;
    if (kept.size() >= (clearly_worse ? least : most)) break;
    const Response& here = possible.at.response;
    const bool known = std::any_of(kept.begin(), kept.end(), [&](const Response& other) {
      return same_place(here, other, kSamePlaceMs);
    });
    if (!known) kept.push_back(here);
  }
  return kept;
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
                      double max_latency_ms, bool all_over) {
  const Readings readings = total_only(all_channels);
  const double inference_ms = mean_inference_ms(segments, iterations.size());
  const Transients steps = find_transients(segments, readings);
  const bool idle_was_read = !steps.empty();
  const Transients transients = all_over ? Transients{} : steps;
  const Breadth breadth = transients.empty() ? kWithoutSteps : kWithSteps;
  const std::vector<Candidate> candidates = search_response(
      iterations, segments, readings, known, max_latency_ms, transients, breadth.candidates);
  if (candidates.empty()) return {};
  const double period_ms =
      segments.ms(iterations.start_ns.back()) / static_cast<double>(iterations.size() - 1);
  std::vector<Response> starts = with_whole_turns(candidates, period_ms, known, max_latency_ms);
  keep_allowed(starts, transients, [](const Response& response) { return response; });

  const std::vector<Parameter> free = free_parameters(known);
  // Best first. Where stamps scatter the residual's size hardly tells, and 2500 readings preferred
  // a window of 0.5 ms to the true one of 1.9 ms by chance: layers were 29 % off.
  const auto refined = [&](std::size_t count, std::size_t rounds) {
    const Readings part = telling_part(readings, count, transients);
    std::vector<Possible> done(starts.size());
    for_each_in_parallel(starts.size(), [&](std::size_t i) {
      done[i].at = refine_response(segments, part, starts[i], free, rounds);
      done[i].deviance =
          rounds > 0 ? deviance_of(segments, part, done[i].at.response) : done[i].at.mean_square;
    });
    std::stable_sort(done.begin(), done.end(),
                     [](const Possible& a, const Possible& b) { return a.deviance < b.deviance; });
    return done;
  };
  const auto rank_all = [&](std::size_t count, std::size_t kept) {
    const std::vector<Possible> done = refined(count, 0);
    starts.clear();
    std::size_t slow = 0;
    for (std::size_t i = 0; i < done.size(); ++i) {
      const Response& here = done[i].at.response;
      const bool slow_one = is_slow(here, inference_ms);
      if (i < kept || (slow_one && slow < kSlowToo)) starts.push_back(here);
      slow += slow_one ? 1 : 0;
    }
  };
  const auto refine_all = [&](std::size_t count, std::size_t rounds, std::size_t least,
                              std::size_t most) {
    const std::vector<Possible> done = refined(count, rounds);
    starts = still_possible(done, least, most);
    return done.front().at;
  };
  // From many starts, since a single one falls into a local minimum now and then: the jitter-exact
  // model ranks them as they are, some steps from each of the best on a part of the readings show
  // where they lead, and what those do not rule out goes on.
  const std::size_t rank_readings = std::max(kRankReadings, 12 * segments.columns());
  rank_all(rank_readings, breadth.tried);
  const std::size_t first_readings = std::max(kFirstReadings, 16 * segments.columns());
  // What follows takes longest where a response is long, which is refused anyway.
  const auto all_too_slow = [&] {
    return std::all_of(starts.begin(), starts.end(), [&](const Response& response) {
      return clearly_too_slow(known, response, inference_ms, idle_was_read);
    });
  };
  const Refined first = refine_all(first_readings, 3, breadth.followed, breadth.followed);
  if (all_too_slow()) return first;
  const auto also = [&](const std::vector<Response>& others) {
    const std::vector<Response> best = starts;
    starts = others;
    rank_all(rank_readings, breadth.followed);
    refine_all(first_readings, 2, kAlso, kAlso);
    starts.insert(starts.end(), best.begin(), best.end());
    return refine_all(kTrialReadings, 4, 2, kMostPossible).response;
  };
  const Refined trial = refine_all(kTrialReadings, 3, 2, kMostPossible);
  if (all_too_slow()) return trial;
  Response best = trial.response;
  // Around one that will be refused there are thousands of others, each of which takes long.
  const bool refused = clearly_too_slow(known, best, inference_ms, idle_was_read);
  if (!refused && !known.window_ms && !known.latency_ms) {
    best = also(other_windows(best, known.time_constant_ms.has_value(), kWindowStepMs));
  }
  if (!refused && transients.empty() && !known.time_constant_ms && !known.latency_ms) {
    also(other_time_constants(best, kLongestTauInferences * inference_ms));
  }
  const Refined last = refine_all(kSearchReadings, 12, 1, kMostToTheEnd);
  if (all_too_slow()) return last;
  return refine_all(readings.size(), 6, 1, 1);
}

}  // namespace layerwatt
