#include "attribution/response_search.hpp"

#include <Eigen/Cholesky>
#include <algorithm>
#include <atomic>
#include <cmath>
#include <complex>
#include <future>
#include <numbers>
#include <thread>

namespace layerwatt {
namespace {

using Complex = std::complex<double>;
constexpr double kTwoPi = 2.0 * std::numbers::pi;
constexpr std::size_t kBins = 512;
constexpr std::size_t kMostHarmonics = 160;
// More unknowns than harmonics cannot be told apart here; the fine fit uses every layer again.
constexpr std::size_t kMostParts = 96;
// Minima of the coarse grid that are followed down. The true one is not always among the best ten
// there: noise and a grid that steps past a narrow minimum see to that.
constexpr std::size_t kPolished = 120;

// The mean inference: shares of the cycle (start to start) at which parts begin and end.
struct Cycle {
  double period_ms = 0.0;
  std::vector<double> edge;  // ascending, 0 … 1
};

Cycle mean_cycle(const Iterations& iterations, const Segments& segments) {
  const std::size_t n = iterations.size();
  const std::size_t layers = iterations.layers.size();
  std::vector<double> mean(layers, 0.0);
  for (std::size_t i = 0; i < n; ++i) {
    const auto row = iterations.row(i);
    for (std::size_t j = 0; j < layers; ++j) {
      if (!std::isnan(row[j])) mean[j] += row[j] / static_cast<double>(n);
    }
  }
  Cycle cycle;
  const double inference_ms =
      segments.ms(iterations.end_ns.back()) - segments.ms(iterations.start_ns.front());
  cycle.period_ms =
      n > 1 ? (segments.ms(iterations.start_ns.back())) / static_cast<double>(n - 1) : inference_ms;
  const std::size_t merge = (layers + kMostParts - 1) / kMostParts;
  double at = 0.0;
  cycle.edge.push_back(0.0);
  for (std::size_t j = 0; j < layers; ++j) {
    at += mean[j] / cycle.period_ms;
    if (j % merge == merge - 1 || j + 1 == layers) cycle.edge.push_back(std::min(at, 1.0));
  }
  if (at < 1.0 - 1e-6) cycle.edge.push_back(1.0);
  return cycle;
}

// Mean reading by phase, of readings moved back in time by `back_ms`; empty bins are filled from
// their neighbours.
std::vector<double> fold(const Iterations& iterations, const Segments& segments,
                         const Readings& readings, double back_ms) {
  std::vector<double> sum(kBins, 0.0);
  std::vector<double> count(kBins, 0.0);
  std::size_t i = 0;
  for (std::size_t k = 0; k < readings.size(); ++k) {
    if (readings.weight[k] == 0.0) continue;
    const double t = readings.time_ms[k] - back_ms;
    while (i + 2 < iterations.size() && segments.ms(iterations.start_ns[i + 1]) <= t) ++i;
    if (i + 1 >= iterations.size()) break;
    const double begin = segments.ms(iterations.start_ns[i]);
    const double end = segments.ms(iterations.start_ns[i + 1]);
    if (t < begin || t >= end) continue;
    const double phase = (t - begin) / (end - begin);
    const auto bin = std::min(static_cast<std::size_t>(phase * kBins), kBins - 1);
    sum[bin] += readings.value[k * readings.channels];
    count[bin] += 1.0;
  }
  std::vector<double> mean(kBins, 0.0);
  std::size_t last = kBins;
  for (std::size_t pass = 0; pass < 2 * kBins; ++pass) {
    const std::size_t bin = pass % kBins;
    if (count[bin] > 0.0) {
      mean[bin] = sum[bin] / count[bin];
      last = bin;
    } else if (last < kBins) {
      mean[bin] = mean[last];
    }
  }
  return mean;
}

std::vector<Complex> harmonics_of(const std::vector<double>& folded, std::size_t count) {
  std::vector<Complex> out(count);
  const double bins = static_cast<double>(folded.size());
  for (std::size_t h = 0; h < count; ++h) {
    // The bin's own width and centre are taken out again.
    const double turn = kTwoPi * static_cast<double>(h);
    const Complex spin = std::polar(1.0, -turn / bins);
    Complex at = std::polar(1.0, -0.5 * turn / bins);
    Complex sum = 0.0;
    for (const double value : folded) {
      sum += value * at;
      at *= spin;
    }
    const double half = 0.5 * turn / bins;
    const double sinc = half > 0.0 ? std::sin(half) / half : 1.0;
    out[h] = sum / (bins * sinc);
  }
  return out;
}

// Fourier coefficients of the indicator of each part: harmonics × parts.
Eigen::MatrixXcd part_harmonics(const Cycle& cycle, std::size_t count) {
  const std::size_t parts = cycle.edge.size() - 1;
  Eigen::MatrixXcd out(static_cast<Eigen::Index>(count), static_cast<Eigen::Index>(parts));
  for (std::size_t h = 0; h < count; ++h) {
    for (std::size_t j = 0; j < parts; ++j) {
      const double a = cycle.edge[j];
      const double b = cycle.edge[j + 1];
      Complex value = b - a;
      if (h > 0) {
        const double turn = kTwoPi * static_cast<double>(h);
        value = (std::polar(1.0, -turn * a) - std::polar(1.0, -turn * b)) / Complex(0.0, turn);
      }
      out(static_cast<Eigen::Index>(h), static_cast<Eigen::Index>(j)) = value;
    }
  }
  return out;
}

// Gain of box and low pass at harmonic h, without latency.
Complex gain(double window_ms, double tau_ms, double period_ms, std::size_t h) {
  const double omega = kTwoPi * static_cast<double>(h) / period_ms;
  Complex value = 1.0;
  if (window_ms > 0.0 && h > 0) {
    const Complex turn(0.0, omega * window_ms);
    value = (1.0 - std::exp(-turn)) / turn;
  }
  return value / Complex(1.0, omega * tau_ms);
}

std::vector<double> grid_or_known(const std::optional<double>& known, std::vector<double> grid) {
  if (known) return {*known};
  return grid;
}

struct Shape {
  double window_ms;
  double tau_ms;
};

// The folded problem in real numbers: rows are real and imaginary parts of harmonics.
class FoldedProblem {
 public:
  FoldedProblem(const Cycle& cycle, std::size_t harmonics)
      : cycle_(cycle), harmonics_(harmonics), parts_(part_harmonics(cycle, harmonics)) {}

  Eigen::Index rows() const { return 2 * static_cast<Eigen::Index>(harmonics_); }

  // What was read, turned back by `latency_ms` minus the fold's own shift.
  Eigen::VectorXd reading(const std::vector<Complex>& folded, double turn_ms) const {
    Eigen::VectorXd y(2 * static_cast<Eigen::Index>(harmonics_));
    for (std::size_t h = 0; h < harmonics_; ++h) {
      const double omega = kTwoPi * static_cast<double>(h) / cycle_.period_ms;
      const double twice = h == 0 ? 1.0 : std::numbers::sqrt2;  // h and −h
      const Complex value = twice * folded[h] * std::polar(1.0, omega * turn_ms);
      y(2 * static_cast<Eigen::Index>(h)) = value.real();
      y(2 * static_cast<Eigen::Index>(h) + 1) = value.imag();
    }
    return y;
  }

  // For one shape of the response, the share of each reading's variance that no powers explain.
  Eigen::VectorXd misfit(double window_ms, double tau_ms, const Eigen::MatrixXd& readings) const {
    Eigen::MatrixXd model(2 * parts_.rows(), parts_.cols());
    for (Eigen::Index h = 0; h < parts_.rows(); ++h) {
      const double twice = h == 0 ? 1.0 : std::numbers::sqrt2;
      const Eigen::RowVectorXcd row =
          parts_.row(h) *
          (twice * gain(window_ms, tau_ms, cycle_.period_ms, static_cast<std::size_t>(h)));
      model.row(2 * h) = row.real();
      model.row(2 * h + 1) = row.imag();
    }
    Eigen::MatrixXd a = model.transpose() * model;
    a.diagonal().array() += 1e-7 * a.diagonal().maxCoeff();
    const Eigen::MatrixXd rhs = model.transpose() * readings;
    const Eigen::LLT<Eigen::MatrixXd> factor(a);
    const Eigen::MatrixXd p = factor.solve(rhs);
    const Eigen::VectorXd total = readings.colwise().squaredNorm();
    const Eigen::VectorXd mean = readings.row(0).array().square().matrix().transpose();
    const Eigen::VectorXd explained =
        (p.array() * rhs.array()).colwise().sum().matrix().transpose();
    return ((total - explained).array() / (total - mean).array().max(1e-300)).matrix();
  }

 private:
  const Cycle& cycle_;
  std::size_t harmonics_;
  Eigen::MatrixXcd parts_;
};

// The readings folded at every shift from 0 on that a search can ask for.
class Folds {
 public:
  Folds(const Iterations& iterations, const Segments& segments, const Readings& readings,
        std::size_t harmonics, double spacing_ms, double farthest_ms)
      : spacing_ms_(spacing_ms) {
    for (long index = 0; back_ms(index) < farthest_ms + spacing_ms; ++index) {
      folds_.push_back(
          harmonics_of(fold(iterations, segments, readings, back_ms(index)), harmonics));
    }
  }

  long nearest(double middle_ms) const {
    const long last = static_cast<long>(folds_.size()) - 1;
    return std::clamp(std::lround(middle_ms / spacing_ms_), 0L, last);
  }
  double back_ms(long index) const { return static_cast<double>(index) * spacing_ms_; }
  const std::vector<Complex>& at(long index) const {
    return folds_[static_cast<std::size_t>(index)];
  }

 private:
  double spacing_ms_;
  std::vector<std::vector<Complex>> folds_;
};

double middle_ms(const Response& response) {
  return response.latency_ms + 0.5 * response.window_ms + response.time_constant_ms;
}

double misfit_of(const FoldedProblem& problem, const Folds& folds, const Response& response) {
  const long index = folds.nearest(middle_ms(response));
  return problem.misfit(
      response.window_ms, response.time_constant_ms,
      problem.reading(folds.at(index), response.latency_ms - folds.back_ms(index)))(0);
}

// The grid is coarser than a minimum is wide, so each candidate walks down by shrinking steps along
// each unknown, and along the two pairs that trade against each other (an edge of the box stays).
Candidate polish(const FoldedProblem& problem, const Folds& folds, const KnownResponse& known,
                 Candidate candidate, double step_ms) {
  struct Direction {
    double latency;
    double window;
    double tau;
  };
  std::vector<Direction> directions;
  if (!known.latency_ms) directions.push_back({1, 0, 0});
  if (!known.window_ms) directions.push_back({0, 1, 0});
  if (!known.time_constant_ms) directions.push_back({0, 0, 1});
  if (!known.latency_ms && !known.window_ms) directions.push_back({1, -1, 0});
  if (!known.latency_ms && !known.time_constant_ms) directions.push_back({-1, 0, 1});
  for (double step = step_ms; step > 0.02 * step_ms; step *= 0.5) {
    bool moved = true;
    for (int round = 0; round < 2 && moved; ++round) {
      moved = false;
      for (const Direction& direction : directions) {
        for (const double sign : {1.0, -1.0}) {
          Response next = candidate.response;
          next.latency_ms += sign * step * direction.latency;
          next.window_ms = std::max(0.0, next.window_ms + sign * step * direction.window);
          next.time_constant_ms =
              std::max(0.0, next.time_constant_ms + sign * step * direction.tau);
          const double misfit = misfit_of(problem, folds, next);
          if (misfit < candidate.misfit) {
            candidate = {next, misfit};
            moved = true;
            break;
          }
        }
      }
    }
  }
  return candidate;
}

bool same_place(const Response& a, const Response& b, double near_ms) {
  return std::abs(a.window_ms - b.window_ms) < near_ms &&
         std::abs(a.latency_ms - b.latency_ms) < near_ms &&
         std::abs(a.time_constant_ms - b.time_constant_ms) < near_ms;
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

std::vector<double> window_grid(double part_ms, double longest_ms) {
  std::vector<double> grid;
  for (double w = 0.5 * part_ms; w < longest_ms; w += std::max(0.5 * part_ms, 0.03 * w)) {
    grid.push_back(w);
  }
  return grid;
}

struct Grid {
  std::vector<double> windows;
  std::vector<double> taus;
  std::vector<double> latencies;
  double fine_ms = 0.0;  // between latencies
  double blur_ms = 0.0;
};

// Calls `work(i)` for every i < count, from as many threads as there are processors.
template <class Work>
void for_each_in_parallel(std::size_t count, Work work) {
  std::atomic<std::size_t> next{0};
  const auto run = [&] {
    for (std::size_t i = next++; i < count; i = next++) work(i);
  };
  std::vector<std::future<void>> others;
  for (unsigned t = 1; t < std::thread::hardware_concurrency(); ++t) {
    others.push_back(std::async(std::launch::async, run));
  }
  run();
  for (auto& other : others) other.get();
}

// The minima along latency for every shape of the grid.
std::vector<Candidate> scan(const FoldedProblem& problem, const Folds& folds, const Grid& grid) {
  const std::size_t shapes = grid.windows.size() * grid.taus.size();
  std::vector<std::vector<Candidate>> found(shapes);
  for_each_in_parallel(shapes, [&](std::size_t s) {
    const double window = grid.windows[s / grid.taus.size()];
    const double tau = grid.taus[s % grid.taus.size()];
    Eigen::MatrixXd y(problem.rows(), static_cast<Eigen::Index>(grid.latencies.size()));
    for (std::size_t i = 0; i < grid.latencies.size(); ++i) {
      const long index = folds.nearest(grid.latencies[i] + 0.5 * window + tau);
      y.col(static_cast<Eigen::Index>(i)) =
          problem.reading(folds.at(index), grid.latencies[i] - folds.back_ms(index));
    }
    const Eigen::VectorXd along = problem.misfit(window, tau, y);
    for (Eigen::Index i = 0; i < along.size(); ++i) {
      const bool below_left = i == 0 || along(i) <= along(i - 1);
      const bool below_right = i + 1 == along.size() || along(i) <= along(i + 1);
      if (!below_left || !below_right) continue;
      found[s].push_back(
          {{window, grid.latencies[static_cast<std::size_t>(i)], tau, grid.blur_ms}, along(i)});
    }
  });
  std::vector<Candidate> all;
  for (const auto& some : found) all.insert(all.end(), some.begin(), some.end());
  return all;
}

}  // namespace

std::vector<Candidate> search_response(const Iterations& iterations, const Segments& segments,
                                       const Readings& readings, const KnownResponse& known,
                                       double max_latency_ms, std::size_t most) {
  if (iterations.size() < 3 || readings.size() < 16) return {};
  const Cycle cycle = mean_cycle(iterations, segments);
  // Few long layers still have sharp edges, and it is edges that a response is found by.
  const double part_ms = std::min(0.4, cycle.period_ms / static_cast<double>(cycle.edge.size()));
  const auto harmonics =
      std::min<std::size_t>(kMostHarmonics, std::max<std::size_t>(24, 2 * cycle.edge.size()));
  const FoldedProblem problem(cycle, harmonics);

  Grid grid;
  grid.fine_ms = std::clamp(0.3 * part_ms, 0.02, 0.4);
  const double longest_ms = std::min(40.0, 3.0 * cycle.period_ms);
  grid.windows = grid_or_known(known.window_ms, window_grid(part_ms, longest_ms));
  grid.taus = grid_or_known(known.time_constant_ms, {0.0, 0.5, 1.2, 2.8, 6.0});
  const double last = known.latency_ms.value_or(max_latency_ms);
  for (double d = known.latency_ms.value_or(0.0); d <= last + 1e-9; d += grid.fine_ms) {
    grid.latencies.push_back(d);
  }
  grid.blur_ms = known.blur_ms.value_or(0.0);
  // Each fold has its own shift, so that jitter of the inferences between a reading and its stamp
  // does not smear it.
  const Folds folds(iterations, segments, readings, harmonics,
                    std::clamp(cycle.period_ms / 4.0, 4.0 * grid.fine_ms, 2.0),
                    last + 0.5 * grid.windows.back() + grid.taus.back());

  std::vector<Candidate> best = distinct(scan(problem, folds, grid), 0.5 * part_ms, kPolished);
  for_each_in_parallel(best.size(), [&](std::size_t i) {
    best[i] = polish(problem, folds, known, best[i], 0.5 * part_ms);
  });
  return distinct(std::move(best), 0.3 * part_ms, most);
}

}  // namespace layerwatt
