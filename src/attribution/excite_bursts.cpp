#include "attribution/excite_bursts.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "attribution/excite_least_squares.hpp"
#include "layerwatt/units.hpp"

namespace layerwatt {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;

constexpr std::array<std::size_t, 4> kTimeDriftPieces = {0, 1, 2, 4};
constexpr double kClockTolerance = 0.015;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

double median(std::vector<double> values) {
  if (values.empty()) return kNaN;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

std::vector<CounterStep> steps_of(const PowerSamples& power, std::int64_t origin_ns) {
  std::vector<CounterStep> steps;
  const std::size_t channels = power.rails.size() + 1;
  std::vector<double> counted(channels, 0.0);  // mW × ms since the last step
  std::int64_t last_ns = 0;
  bool stepped = false;
  for (std::size_t k = 0; k < power.size(); ++k) {
    const double total = power.total_mw(k);
    if (total == 0.0) continue;  // polled between two steps
    const double ms = milliseconds_between(power.begin_ns[k], power.time_ns[k]).value;
    CounterStep step;
    step.begin_ms = milliseconds_between(origin_ns, stepped ? last_ns : power.begin_ns[k]).value;
    step.end_ms = milliseconds_between(origin_ns, power.time_ns[k]).value;
    const double length_ms = step.end_ms - step.begin_ms;
    step.power_mw.push_back(total * ms / length_ms);
    for (const double rail : power.row(k)) step.power_mw.push_back(rail * ms / length_ms);
    // What was counted before the first step is that of a time that is not known.
    if (stepped && !std::isnan(total) && length_ms > 0.0) steps.push_back(std::move(step));
    last_ns = power.time_ns[k];
    stepped = true;
  }
  return steps;
}

// A part that only ever ran at another clock is better known at that one than not at all.
void keep_what_there_is(std::vector<BurstWindow>& windows) {
  if (windows.empty()) return;
  for (std::size_t j = 0; j < windows.front().extra.size(); ++j) {
    const auto repeats = [j](const BurstWindow& window) { return window.extra[j] > 0; };
    if (std::any_of(windows.begin(), windows.end(),
                    [&](const auto& window) { return repeats(window) && window.usable; })) {
      continue;
    }
    for (BurstWindow& window : windows) window.usable = window.usable || repeats(window);
  }
}

}  // namespace

bool has_bursts(const Recording& recording) {
  return recording.power.reading == Reading::energy &&
         std::any_of(recording.excitation.begin(), recording.excitation.end(),
                     [](const ExcitationWindow& window) {
                       return window.round > 0 && !window.plain() &&
                              window.settled_ns == window.start_ns;
                     });
}

BurstRecording observe_bursts(const Recording& recording) {
  BurstRecording out;
  std::vector<double> plain_mhz;
  for (const ExcitationWindow& window : recording.excitation) {
    if (window.round > 0 && window.plain() && !std::isnan(window.clock_mhz)) {
      plain_mhz.push_back(window.clock_mhz);
    }
  }
  const double usual_mhz = median(std::move(plain_mhz));
  const std::int64_t origin_ns =
      recording.excitation.empty() ? 0 : recording.excitation.front().start_ns;
  for (const ExcitationWindow& window : recording.excitation) {
    if (window.round == 0) continue;
    BurstWindow seen;
    seen.begin_ms = milliseconds_between(origin_ns, window.start_ns).value;
    seen.end_ms = milliseconds_between(origin_ns, window.end_ns).value;
    seen.pass_ms = milliseconds_between(window.settled_ns, window.end_ns).value /
                   static_cast<double>(window.passes);
    seen.extra.assign(window.extra.begin(), window.extra.end());
    seen.plain = window.plain();
    // NaN, for a clock that is not known, is never off.
    seen.usable = !(std::abs(window.clock_mhz / usual_mhz - 1.0) > kClockTolerance);
    out.windows.push_back(std::move(seen));
  }
  keep_what_there_is(out.windows);
  out.steps = steps_of(recording.power, origin_ns);
  return out;
}

std::optional<ExciteFit> fit_times(const std::vector<BurstWindow>& windows) {
  ExciteFit out;
  std::vector<const BurstWindow*> used;
  for (const BurstWindow& window : windows) {
    if (window.usable) used.push_back(&window);
  }
  if (used.empty()) return std::nullopt;
  for (std::size_t j = 0; j < windows.front().extra.size(); ++j) {
    if (std::any_of(used.begin(), used.end(), [j](const auto* w) { return w->extra[j] > 0; })) {
      out.parts.push_back(j);
    }
  }
  const auto rows = static_cast<Index>(used.size());
  const auto parts = static_cast<Index>(out.parts.size());
  MatrixXd mix(rows, parts + 1);
  std::vector<double> at_ms;
  for (Index w = 0; w < rows; ++w) {
    const BurstWindow& window = *used[static_cast<std::size_t>(w)];
    at_ms.push_back((window.begin_ms + window.end_ms) / 2.0);
    mix(w, 0) = 1.0 / window.pass_ms;
    for (Index i = 0; i < parts; ++i) {
      mix(w, i + 1) = window.extra[out.parts[static_cast<std::size_t>(i)]] / window.pass_ms;
    }
  }
  const MatrixXd ones = MatrixXd::Ones(rows, 1);
  std::optional<LinearFit> best;
  double lowest = 0.0;
  for (const std::size_t pieces : kTimeDriftPieces) {
    const Index columns = parts + 1 + static_cast<Index>(pieces);
    if (rows < columns + 3) break;
    MatrixXd x(rows, columns);
    x << mix, drift_columns(at_ms, pieces);
    LinearFit tried = solve_least_squares(x, ones);
    if (!tried.full_rank) break;
    const auto n = static_cast<double>(rows);
    const double squares = std::max(tried.residuals.squaredNorm(), 1e-18);
    const double score = n * std::log(squares / n) + static_cast<double>(pieces) * std::log(n);
    if (best && score >= lowest) continue;
    lowest = score;
    out.residual_time = std::sqrt(squares / static_cast<double>(rows - columns));
    best = std::move(tried);
  }
  if (!best) return std::nullopt;
  out.pass_ms = best->coefficients(0, 0);
  out.extra_ms = best->coefficients.col(0).segment(1, parts);
  const MatrixXd b = best->solve.middleRows(1, parts);
  out.time_covariance = out.residual_time * out.residual_time * (b * b.transpose());
  return out;
}

}  // namespace layerwatt
