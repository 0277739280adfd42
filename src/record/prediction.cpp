#include "record/prediction.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace layerwatt {
namespace {

constexpr double kGrowth = 2.0;
constexpr double kLeastGrowth = 1.2;
// So that the estimate at the predicted moment does not just miss the target.
constexpr double kMargin = 1.03;

}  // namespace

double worst_pct_now(const PrecisionThen& then, double now_s) {
  if (!(then.at_s > 0.0) || now_s <= then.at_s) return then.worst_pct;
  return then.worst_pct * std::sqrt(then.at_s / now_s);
}

double met_at_s(const PrecisionThen& then, double now_s, double target_pct) {
  // A target of 0 is never met.
  if (!(target_pct > 0.0)) return std::numeric_limits<double>::infinity();
  const double ratio = then.worst_pct / target_pct;
  return std::max(now_s, then.at_s * ratio * ratio);
}

double ask_again_s(double asked_s, const std::optional<double>& met_at_s) {
  const double latest = kGrowth * asked_s;
  if (!met_at_s) return latest;
  return std::clamp(kMargin * *met_at_s, kLeastGrowth * asked_s, latest);
}

}  // namespace layerwatt
