#include "attribution/excite_mirrors.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace layerwatt {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double kLeastDegrees = 6.0;
// A pair of which the fit leaves less than this, relative to others.
constexpr double kRankless = 1e-6;

Index index(std::size_t i) { return static_cast<Index>(i); }

Index count_of(const std::vector<std::optional<std::size_t>>& pairs) {
  Index count = 0;
  for (const auto& pair : pairs) count = std::max(count, pair ? index(*pair) + 1 : 0);
  return count;
}

std::vector<bool> of_used(const std::vector<double>& extra, const std::vector<bool>& used) {
  std::vector<bool> own;
  for (std::size_t j = 0; j < extra.size(); ++j) own.push_back(used[j] && extra[j] > 0.0);
  return own;
}

// Of two mirror images, the one that is first by order of the alphabet.
std::vector<bool> either(const std::vector<double>& extra, const std::vector<bool>& used) {
  const std::vector<bool> own = of_used(extra, used);
  std::vector<bool> mirrored;
  for (std::size_t j = 0; j < extra.size(); ++j) mirrored.push_back(used[j] && !own[j]);
  return std::min(own, mirrored);
}

}  // namespace

std::vector<std::optional<std::size_t>> mirror_pairs(std::span<const BurstWindow* const> windows) {
  struct Pair {
    std::size_t number = 0;
    bool of[2] = {false, false};
  };
  // What some half passes have and others have not.
  std::vector<bool> used;
  std::vector<bool> always;
  for (const BurstWindow* window : windows) {
    used.resize(window->extra.size(), false);
    always.resize(window->extra.size(), true);
    for (std::size_t j = 0; window->like_plain && j < used.size(); ++j) {
      used[j] = used[j] || window->extra[j] > 0.0;
      always[j] = always[j] && window->extra[j] > 0.0;
    }
  }
  for (std::size_t j = 0; j < used.size(); ++j) used[j] = used[j] && !always[j];
  std::map<std::vector<bool>, Pair> pairs;
  std::vector<std::vector<bool>> keys(windows.size());
  for (std::size_t w = 0; w < windows.size(); ++w) {
    if (!windows[w]->like_plain) continue;
    keys[w] = either(windows[w]->extra, used);
    pairs[keys[w]].of[of_used(windows[w]->extra, used) == keys[w] ? 0 : 1] = true;
  }
  std::size_t count = 0;
  for (auto& [key, pair] : pairs) {
    if (pair.of[0] && pair.of[1]) pair.number = ++count;
  }
  std::vector<std::optional<std::size_t>> numbers;
  for (const std::vector<bool>& key : keys) {
    const auto found = pairs.find(key);
    const bool both = found != pairs.end() && found->second.number > 0;
    numbers.push_back(both ? std::optional(found->second.number - 1) : std::nullopt);
  }
  return numbers;
}

MatrixXd pair_columns(std::span<const BurstWindow* const> windows) {
  const auto pairs = mirror_pairs(windows);
  MatrixXd columns = MatrixXd::Zero(index(windows.size()), count_of(pairs));
  for (std::size_t w = 0; w < windows.size(); ++w) {
    if (pairs[w]) columns(index(w), index(*pairs[w])) = 1.0 / windows[w]->pass_ms;
  }
  return columns;
}

MatrixXd pair_columns(const BurstRecording& bursts, const BurstSteps& steps,
                      const BurstTrial& trial) {
  std::vector<const BurstWindow*> windows;
  for (const BurstWindow& window : bursts.windows) windows.push_back(&window);
  const auto pairs = mirror_pairs(windows);
  MatrixXd columns = MatrixXd::Zero(trial.rows.mix.rows(), count_of(pairs));
  for (std::size_t w = 0; w < pairs.size(); ++w) {
    if (!pairs[w]) continue;
    const VectorXd share = steps.share_of(trial.rows, w, trial.lag_ms);
    columns.col(index(*pairs[w])) += trial.rows.weight.cwiseProduct(share) / windows[w]->pass_ms;
  }
  return columns;
}

Mirrors::Mirrors(const MatrixXd& x, const MatrixXd& solve, MatrixXd pairs)
    : x_(x), solve_(solve), pairs_(std::move(pairs)), free_(pairs_ - x_ * (solve_ * pairs_)) {
  if (pairs_.cols() == 0) return;
  qr_.emplace();
  qr_->setThreshold(kRankless);
  qr_->compute(free_);
}

VectorXd Mirrors::left(const VectorXd& column) const {
  const VectorXd residuals = column - x_ * (solve_ * column);
  if (!qr_) return residuals;
  return residuals - free_ * qr_->solve(residuals);
}

MirrorScatter Mirrors::scatter(const VectorXd& residuals, double degrees) const {
  MirrorScatter out{residuals.squaredNorm() / degrees, 0.0};
  const double rank = qr_ ? static_cast<double>(qr_->rank()) : 0.0;
  const double weight = free_.squaredNorm();
  if (!qr_ || degrees - rank < kLeastDegrees || !(weight > 0.0)) return out;
  const double noise = left(residuals).squaredNorm() / (degrees - rank);
  const double more = residuals.squaredNorm() - noise * degrees;
  if (more > 0.0) out = {noise, more / weight};
  return out;
}

MatrixXd Mirrors::covariance(const MirrorScatter& scatter) const {
  MatrixXd out = scatter.noise * (solve_ * solve_.transpose());
  if (!(scatter.pair_variance > 0.0)) return out;
  const MatrixXd spread = solve_ * pairs_;
  out += scatter.pair_variance * (spread * spread.transpose());
  return out;
}

}  // namespace layerwatt
