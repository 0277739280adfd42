#include "attribution/response_search.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "attribution/folded.hpp"
#include "attribution/matched_folds.hpp"
#include "attribution/parallel.hpp"
#include "attribution/run_misfit.hpp"
#include "attribution/slow_response.hpp"

namespace layerwatt {
namespace {

constexpr std::size_t kMostHarmonics = 160;
// Minima of the coarse grid that are looked at with powers that are not negative, and of those the
// ones that are followed down. The true one is not always among the best ten of a grid: noise and
// steps past a narrow minimum see to that.
constexpr std::size_t kScanned = 300;
constexpr std::size_t kPolished = 100;
constexpr std::size_t kLookedAt = 4000;
constexpr std::size_t kRanked = 5'000;  // of the short and of the slow, by readings
constexpr double kOfMisfit = 30.0;
constexpr std::size_t kOfRunFirst = 150;  // readings, which rank all of them
constexpr std::size_t kOfRun = 1000;      // rank what those leave
constexpr std::size_t kLeft = 1200;
constexpr int kHalvings = 2;
constexpr double kFineWindowMs = 8.0;
constexpr double kSlowWindowMs = 130.0;
constexpr double kFarthestMs = 100.0;

std::vector<double> grid_or_known(const std::optional<double>& known, std::vector<double> grid) {
  if (known) return {*known};
  return grid;
}

// Tries a shape of the response at its latency and at `off_ms` to both sides of it: the shape is
// the costly part. With a known latency, at that alone.
void try_shape(const FoldedProblem& problem, const Folds& folds, const KnownResponse& known,
               const Response& shape, double off_ms, Candidate& best) {
  const Eigen::Index count = known.latency_ms ? 1 : 3;
  Eigen::MatrixXd y(problem.rows(), count);
  const auto latency_of = [&](Eigen::Index i) {
    return shape.latency_ms + (count == 1 ? 0.0 : off_ms * static_cast<double>(i - 1));
  };
  for (Eigen::Index i = 0; i < count; ++i) {
    Response at = shape;
    at.latency_ms = latency_of(i);
    const long index = folds.nearest(middle_ms(at));
    y.col(i) = problem.reading(folds.at(index), at.latency_ms - folds.back_ms(index));
  }
  Eigen::Index least = 0;
  const double misfit = problem.misfit_of_powers(shape.window_ms, shape.time_constant_ms, y, least);
  if (misfit >= best.misfit) return;
  best = {shape, misfit};
  best.response.latency_ms = latency_of(least);
}

// What is left of a length after steps down to nothing is rounding, and a bound at 0 is not told by
// it: from a window of 5e-17 ms a refinement went astray for 5 s.
double length_or_none(double ms) { return ms > 1e-6 ? ms : 0.0; }

// The grid is coarser than a minimum is wide, so each candidate walks down by shrinking steps along
// each unknown. A longer window or time constant keeps the response's middle, and is also tried
// with either end of the box kept.
Candidate polish(const FoldedProblem& problem, const Folds& folds, const KnownResponse& known,
                 Candidate candidate, double first_step_ms) {
  double step = first_step_ms;
  double share = 0.25;  // of the time constant: its grid is coarser
  for (int level = 0; level < kHalvings; ++level, step *= 0.5, share *= 0.5) {
    for (int round = 0; round < 2; ++round) {
      const double before = candidate.misfit;
      const auto move = [&](double window, double tau) {
        Response next = candidate.response;
        next.window_ms = length_or_none(next.window_ms + window);
        next.time_constant_ms = length_or_none(next.time_constant_ms + tau);
        if (!known.latency_ms) {
          next.latency_ms -= middle_ms(next) - middle_ms(candidate.response);
        }
        const double off = std::max({step, 0.5 * std::abs(window), 0.5 * std::abs(tau)});
        try_shape(problem, folds, known, next, off, candidate);
      };
      if (!known.latency_ms) move(0.0, 0.0);
      if (!known.window_ms) {
        move(step, 0.0);
        move(-step, 0.0);
      }
      if (!known.time_constant_ms) {
        const double tau = std::max(step, share * candidate.response.time_constant_ms);
        move(0.0, tau);
        move(0.0, -tau);
      }
      if (candidate.misfit >= before) break;
    }
  }
  return candidate;
}

// The best of each neighbourhood, best first.
std::vector<Candidate> distinct(std::vector<Candidate> found, double near_ms, std::size_t most) {
  std::sort(found.begin(), found.end(),
            [](const Candidate& a, const Candidate& b) { return a.misfit < b.misfit; });
  std::vector<Candidate> kept;
  for (const Candidate& candidate : found) {
    if (kept.size() >= most) break;
    const bool near = std::any_of(kept.begin(), kept.end(), [&](const Candidate& other) {
      return same_place(candidate.response, other.response, near_ms);
    });
    if (!near) kept.push_back(candidate);
  }
  return kept;
}

// Fine where windows of a fast sensor lie: a step of 3 % went past the minimum of a window of 6.6
// ms over 50 layers of an inference of 8 ms.
std::vector<double> window_grid(double part_ms, double longest_ms) {
  std::vector<double> grid;
  for (double w = 0.5 * part_ms; w < longest_ms;) {
    grid.push_back(w);
    const double step = 0.03 * w;
    w += std::max(0.5 * part_ms, w < kFineWindowMs ? std::min(step, 0.75 * part_ms) : step);
  }
  return grid;
}

struct Shape {
  double window_ms;
  double tau_ms;
  bool slow = false;  // as against an inference
};

struct Grid {
  std::vector<Shape> shapes;
  std::vector<double> latencies;
  double fine_ms = 0.0;  // between latencies
  double blur_ms = 0.0;
  double period_ms = 0.0;

  // Folded readings repeat after an inference, but for its jitter, which a slow response averages
  // out: find_response() tries the whole turns more.
  std::size_t latencies_of(std::size_t shape) const {
    if (!shapes[shape].slow || latencies.size() < 2) return latencies.size();
    const auto turn = static_cast<std::size_t>(std::ceil(period_ms / fine_ms)) + 1;
    return std::min(turn, latencies.size());
  }

  Response at(std::size_t shape, std::size_t latency) const {
    return {shapes[shape].window_ms, latencies[latency], shapes[shape].tau_ms, blur_ms};
  }
};

// The shapes to look at. Where the run's ends show no steps that rule them out, a sensor far slower
// than an inference has to be looked for too: to layers of nearly equal power a short response
// explains it passably, and was believed in one run out of five, 25 to 40 % off.
std::vector<Shape> shapes_of(const KnownResponse& known, double part_ms, double longest_ms,
                             bool slow_too) {
  std::vector<double> taus = grid_or_known(known.time_constant_ms, {0.0, 0.5, 1.2, 2.4, 4.2, 6.5});
  const double fast_tau_ms = taus.back();
  if (slow_too && !known.time_constant_ms) taus.insert(taus.end(), {15.0, 50.0, 150.0});
  std::vector<Shape> shapes;
  for (const double w : grid_or_known(known.window_ms, window_grid(part_ms, longest_ms))) {
    for (const double tau : taus) shapes.push_back({w, tau, tau > fast_tau_ms});
  }
  if (slow_too && !known.window_ms) {
    for (double w = longest_ms; w < kSlowWindowMs; w += 0.75 * part_ms) {
      shapes.push_back({w, taus.front(), true});
    }
  }
  return shapes;
}

double longest_middle_ms(const std::vector<Shape>& shapes) {
  double longest = 0.0;
  for (const Shape& shape : shapes) {
    longest = std::max(longest, 0.5 * shape.window_ms + shape.tau_ms);
  }
  return longest;
}

// A candidate of the grid with the powers that fit it.
struct Minimum : Candidate {
  Eigen::VectorXf power_mw;  // of the cycle's parts; of 150 000 minima, so short
  double score = 0.0;
};

// For every shape the latencies that the steps may allow. Only those are worth a fit, and they are
// few. Every other latency is looked at, so these are more than keep_allowed() will leave.
std::vector<std::vector<std::size_t>> worth_a_fit(const Grid& grid, const Transients& transients) {
  constexpr std::size_t kEvery = 2;
  std::vector<std::vector<std::size_t>> allowed(grid.shapes.size());
  if (transients.empty() || grid.latencies.size() < 2 * kEvery) {
    for (std::size_t s = 0; s < grid.shapes.size(); ++s) {
      allowed[s].resize(grid.latencies_of(s));
      std::iota(allowed[s].begin(), allowed[s].end(), std::size_t{0});
    }
    return allowed;
  }
  const std::size_t count = (grid.latencies.size() + kEvery - 1) / kEvery;
  std::vector<double> misfit(grid.shapes.size() * count);
  for_each_in_parallel(grid.shapes.size(), [&](std::size_t s) {
    for (std::size_t i = 0; i < count; ++i) {
      misfit[s * count + i] = transients.misfit(grid.at(s, i * kEvery));
    }
  });
  const double most = *std::min_element(misfit.begin(), misfit.end()) + 3.0 * kWorseAtSteps;
  for (std::size_t s = 0; s < grid.shapes.size(); ++s) {
    for (std::size_t i = 0; i < grid.latencies.size(); ++i) {
      const std::size_t before = i / kEvery;
      const std::size_t after = std::min(before + 1, count - 1);
      if (std::min(misfit[s * count + before], misfit[s * count + after]) <= most) {
        allowed[s].push_back(i);
      }
    }
  }
  return allowed;
}

// The minima along latency for every shape of the grid.
std::vector<Minimum> scan(const FoldedProblem& problem, const MatchedFolds& folds, const Grid& grid,
                          const Transients& transients) {
  const std::vector<std::vector<std::size_t>> looked_at = worth_a_fit(grid, transients);
  std::vector<std::vector<Minimum>> found(grid.shapes.size());
  for_each_in_parallel(grid.shapes.size(), [&](std::size_t s) {
    const std::vector<std::size_t>& latencies = looked_at[s];
    const auto count = static_cast<Eigen::Index>(latencies.size());
    if (count == 0) return;
    Eigen::MatrixXd products(problem.parts(), count);
    std::vector<MatchedFolds::Squares> squares;
    for (Eigen::Index i = 0; i < count; ++i) {
      const Response response = grid.at(s, latencies[static_cast<std::size_t>(i)]);
      squares.push_back(folds.products(
          response, {products.col(i).data(), static_cast<std::size_t>(products.rows())}));
    }
    const Response shape = grid.at(s, 0);
    const FoldedProblem::Fit fit = problem.fit(shape.window_ms, shape.time_constant_ms, products);
    std::vector<double> along;
    for (Eigen::Index i = 0; i < count; ++i) {
      const auto& square = squares[static_cast<std::size_t>(i)];
      along.push_back((square.total - fit.explained(i)) /
                      std::max(square.total - square.mean, 1e-300));
    }
    for (std::size_t i = 0; i < along.size(); ++i) {
      const bool below_left = i == 0 || along[i] <= along[i - 1];
      const bool below_right = i + 1 == along.size() || along[i] <= along[i + 1];
      if (!below_left || !below_right) continue;
      found[s].push_back({{grid.at(s, latencies[i]), along[i]},
                          fit.power_mw(static_cast<Eigen::Index>(i)).cast<float>()});
    }
  });
  std::vector<Minimum> all;
  for (const auto& some : found) all.insert(all.end(), some.begin(), some.end());
  return all;
}

// The powers of the cycle's parts as those of the columns of `segments`.
std::vector<double> by_column(const Cycle& cycle, const Segments& segments,
                              const Eigen::VectorXf& power_mw) {
  std::vector<double> column_mw(segments.columns(), 0.0);
  for (std::size_t j = 0; j < cycle.part_of_layer.size(); ++j) {
    column_mw[j] = power_mw(static_cast<Eigen::Index>(cycle.part_of_layer[j]));
  }
  if (cycle.outside) {
    column_mw[segments.outside()] = power_mw(static_cast<Eigen::Index>(*cycle.outside));
    column_mw[segments.between()] = column_mw[segments.outside()];
  }
  return column_mw;
}

std::vector<Candidate> best_by_misfit(const std::vector<Minimum>& minima, double near_ms,
                                      std::size_t most) {
  return distinct({minima.begin(), minima.end()}, near_ms, most);
}

// Keeps the `most` minima with the least score.
template <class Score>
void keep_best(std::vector<Minimum>& minima, std::size_t most, Score score) {
  for_each_in_parallel(minima.size(), [&](std::size_t i) { minima[i].score = score(minima[i]); });
  if (minima.size() <= most) return;
  const auto end = minima.begin() + static_cast<std::ptrdiff_t>(most);
  std::nth_element(minima.begin(), end, minima.end(),
                   [](const Minimum& a, const Minimum& b) { return a.score < b.score; });
  minima.erase(end, minima.end());
}

std::vector<Candidate> best_of(const std::vector<Minimum>& minima, double near_ms,
                               std::size_t most) {
  std::vector<Candidate> scored;
  for (const Minimum& at : minima) scored.push_back({at.response, at.score});
  return distinct(std::move(scored), near_ms, most);
}

// The folded misfit ranks a response by how well it explains the mean inference, which with many
// layers many wrong ones do as well as the right one (which was 803rd once, and beyond the first
// 4000 another time). These with their powers also explain what readings owe to inferences that
// took longer or shorter, and the ends of the run where those show steps.
std::vector<Candidate> best_by_readings(std::vector<Minimum> minima, const Cycle& cycle,
                                        const Segments& segments, const Readings& readings,
                                        const Transients& transients, double near_ms,
                                        std::size_t most) {
  std::vector<Candidate> best;
  if (!transients.empty()) {
    std::vector<Minimum> at_steps = minima;
    keep_best(at_steps, kLookedAt, [](const Minimum& at) { return at.misfit; });
    keep_best(at_steps, kLookedAt, [&](const Minimum& at) {
      return kOfMisfit * std::log(at.misfit) +
             transients.misfit(segments, at.response, by_column(cycle, segments, at.power_mw));
    });
    best = best_of(at_steps, near_ms, most / 2);
  }
  // Half of them slow, lest a short response that explains them passably be all that is left.
  const auto slow = std::partition(minima.begin(), minima.end(), [&](const Minimum& at) {
    return !is_slow(at.response, cycle.period_ms);
  });
  std::vector<std::vector<Minimum>> kinds = {{minima.begin(), slow}, {slow, minima.end()}};
  const std::size_t each = (most - best.size()) / kinds.size();
  for (std::vector<Minimum>& kind : kinds) {
    keep_best(kind, kRanked, [](const Minimum& at) { return at.misfit; });
    for (const std::size_t count : {kOfRunFirst, kOfRun}) {
      const Readings part = telling_part(readings, count, {});
      std::vector<double> taus;
      for (const Minimum& at : kind) taus.push_back(at.response.time_constant_ms);
      const RunMisfit misfit(segments, part, taus);
      keep_best(kind, kLeft, [&](const Minimum& at) {
        return misfit(at.response, by_column(cycle, segments, at.power_mw));
      });
    }
    for (const Candidate& more : best_of(kind, near_ms, each)) best.push_back(more);
  }
  return best;
}

}  // namespace

bool same_place(const Response& a, const Response& b, double near_ms) {
  return std::abs(a.window_ms - b.window_ms) < near_ms &&
         std::abs(a.latency_ms - b.latency_ms) < near_ms &&
         std::abs(a.time_constant_ms - b.time_constant_ms) < near_ms;
}

std::vector<Candidate> search_response(const Iterations& iterations, const Segments& segments,
                                       const Readings& readings, const KnownResponse& known,
                                       double max_latency_ms, const Transients& transients,
                                       std::size_t most) {
  if (iterations.size() < 3 || readings.size() < 16) return {};
  const Cycle cycle = mean_cycle(iterations, segments);
  // Few long layers still have sharp edges, and it is edges that a response is found by.
  const double part_ms = std::min(0.4, cycle.period_ms / static_cast<double>(cycle.edge.size()));
  const auto harmonics =
      std::min<std::size_t>(kMostHarmonics, std::max<std::size_t>(24, 2 * cycle.edge.size()));
  const FoldedProblem problem(cycle, harmonics);

  Grid grid;
  grid.fine_ms = std::clamp(0.3 * part_ms, 0.02, 0.4);
  grid.period_ms = cycle.period_ms;
  const double longest_ms = std::min(40.0, 3.0 * cycle.period_ms);
  grid.shapes = shapes_of(known, part_ms, longest_ms, transients.empty());
  const double last = known.latency_ms.value_or(max_latency_ms);
  for (double d = known.latency_ms.value_or(0.0); d <= last + 1e-9; d += grid.fine_ms) {
    grid.latencies.push_back(d);
  }
  grid.blur_ms = known.blur_ms.value_or(0.0);
  // Each fold has its own shift, so that jitter of the inferences between a reading and its stamp
  // does not smear it.
  const Folds folds(iterations, segments, readings, harmonics,
                    std::clamp(cycle.period_ms / 4.0, 4.0 * grid.fine_ms, 2.0),
                    std::min(kFarthestMs, last + longest_middle_ms(grid.shapes)));

  std::vector<double> taus;
  for (const Shape& shape : grid.shapes) taus.push_back(shape.tau_ms);
  std::vector<Minimum> minima = scan(problem, MatchedFolds(cycle, folds, taus), grid, transients);
  keep_allowed(minima, transients, [](const Minimum& m) { return m.response; });
  const double near_ms = 0.5 * part_ms;
  const auto with_powers = [&](Candidate& candidate) {
    candidate.misfit = std::numeric_limits<double>::infinity();
    try_shape(problem, folds, known, candidate.response, 0.0, candidate);
  };
  std::vector<Candidate> best = best_by_misfit(minima, near_ms, kScanned);
  for_each_in_parallel(best.size(), [&](std::size_t i) { with_powers(best[i]); });
  std::vector<Candidate> others = best_by_readings(std::move(minima), cycle, segments, readings,
                                                   transients, near_ms, kPolished / 2);
  for_each_in_parallel(others.size(), [&](std::size_t i) { with_powers(others[i]); });
  best = distinct(std::move(best), near_ms, kPolished - others.size());
  best.insert(best.end(), others.begin(), others.end());
  for_each_in_parallel(best.size(), [&](std::size_t i) {
    best[i] = polish(problem, folds, known, best[i], near_ms);
  });
  return distinct(std::move(best), 0.3 * part_ms, most);
}

}  // namespace layerwatt
