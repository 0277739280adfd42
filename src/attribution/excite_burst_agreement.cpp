#include "attribution/excite_burst_agreement.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "attribution/excite_burst_outliers.hpp"
#include "attribution/excite_mirrors.hpp"

namespace layerwatt {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double kLeastSeen = 0.4;  // of a window, by steps that are used
// Rounds of one recording, each with one window a layer, were 1.0 to 1.4 times as far apart as each
// of them alone claims (H100, 14 rounds of six recordings).
constexpr double kOnce = 1.5;
// Of the idle time that a single window has in it: how much may not have been idle.
constexpr double kIdleError = 0.3;

Index index(std::size_t i) { return static_cast<Index>(i); }

struct SeenWindow {
  std::size_t part_row = 0;
  std::size_t window = 0;
  bool idle = false;  // it repeats what is outside layers too
};

class Windows {
 public:
  Windows(const BurstRecording& bursts, const BurstSteps& steps, const BurstTrial& trial)
      : bursts_(bursts),
        steps_(steps),
        trial_(trial),
        x_(weighted_design(trial)),
        mirrors_(x_, trial.fit.solve, pair_columns(bursts, steps, trial)) {
    const VectorXd residuals = trial.fit.residuals.col(0);
    const auto degrees = static_cast<double>(std::max<std::size_t>(1, trial.degrees));
    noise_ = mirrors_.scatter(residuals, degrees).noise;
    noise_ *= neighbours_factor(mirrors_.left(residuals));
  }

  // Which repeat a part: of what is outside layers, those that repeat nothing else.
  std::vector<SeenWindow> of_part(std::size_t row) const {
    std::vector<SeenWindow> found;
    const std::size_t part = steps_.parts()[row];
    for (std::size_t w = 0; w < bursts_.windows.size(); ++w) {
      const BurstWindow& window = bursts_.windows[w];
      if (!window.usable || !(window.extra[part] > 0.0)) continue;
      const std::size_t outside = window.extra.size() - 1;
      bool alone = true;
      for (std::size_t j = 0; j < outside; ++j) alone = alone && !(window.extra[j] > 0.0);
      if (part == outside && !alone) continue;
      const VectorXd share = steps_.share_of(trial_.rows, w, trial_.lag_ms);
      double seen_ms = 0.0;
      for (Index k = 0; k < share.size(); ++k) {
        const CounterStep& step = bursts_.steps[trial_.rows.steps[static_cast<std::size_t>(k)]];
        seen_ms += share(k) * (step.end_ms - step.begin_ms);
      }
      if (seen_ms < kLeastSeen * (window.end_ms - window.begin_ms)) continue;
      found.push_back({row, w, part != outside && window.extra[outside] > 0.0});
    }
    return found;
  }

  // By how many standard deviations the window's e_j differs from that of the others; 0 where they
  // hardly check it.
  double off(const SeenWindow& seen) const {
    return window_off(steps_, trial_, mirrors_, noise_, seen.window).value_or(0.0);
  }

  // Of e_j, mW ms.
  double idle_std(const SeenWindow& seen, const VectorXd& extra_ms) const {
    const BurstWindow& window = bursts_.windows[seen.window];
    const double amount = window.extra[steps_.parts()[seen.part_row]];
    const Index row = index(seen.part_row);
    const double busy_mw = trial_.fit.coefficients(row + 1, 0) / extra_ms(row);
    // Idle time counts by the ms.
    const double idle_mw = trial_.fit.coefficients(index(steps_.parts().size()), 0);
    return kIdleError * window.outside_ms * std::abs(busy_mw - idle_mw) / amount;
  }

 private:
  const BurstRecording& bursts_;
  const BurstSteps& steps_;
  const BurstTrial& trial_;
  const MatrixXd x_;
  const Mirrors mirrors_;
  double noise_ = 0.0;
};

}  // namespace

Agreement window_agreement(const BurstRecording& bursts, const BurstSteps& steps,
                           const BurstTrial& trial, const VectorXd& extra_ms) {
  const Windows windows(bursts, steps, trial);
  // The same of each part that a window repeats: one column, but for its size.
  std::vector<std::optional<double>> off(bursts.windows.size());
  const auto off_of = [&](const SeenWindow& seen) {
    if (!off[seen.window]) off[seen.window] = windows.off(seen);
    return *off[seen.window];
  };
  Agreement out;
  for (std::size_t row = 0; row < steps.parts().size(); ++row) {
    const std::vector<SeenWindow> seen = windows.of_part(row);
    double factor = kOnce;
    double idle_std = 0.0;
    if (seen.size() > 1) {
      double squares = 0.0;
      for (const SeenWindow& window : seen) squares += std::pow(off_of(window), 2);
      factor = std::sqrt(std::max(1.0, squares / static_cast<double>(seen.size())));
    } else if (seen.size() == 1 && seen.front().idle) {
      idle_std = windows.idle_std(seen.front(), extra_ms);
    }
    out.windows.push_back(seen.size());
    out.factor.push_back(factor);
    out.idle_variance.push_back(idle_std * idle_std);
  }
  return out;
}

}  // namespace layerwatt
