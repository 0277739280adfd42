#include "sim/waveform.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

namespace layerwatt::sim {
namespace {

constexpr double kMjPerMwNs = 1e-9;
constexpr std::size_t kTidyAt = 4096;

}  // namespace

Waveform::Waveform(std::vector<double> idle_mw, double time_constant_ms)
    : rails_(idle_mw.size()),
      time_constant_ns_(time_constant_ms * 1e6),
      idle_mw_(std::move(idle_mw)),
      end_filtered_mw_(idle_mw_),
      end_mj_(rails_, 0.0) {}

double Waveform::decay(double elapsed_ns) const {
  return time_constant_ns_ > 0.0 ? std::exp(-elapsed_ns / time_constant_ns_) : 0.0;
}

void Waveform::append(std::int64_t until_ns, std::span<const double> power_mw) {
  if (until_ns <= end_ns_) return;
  const auto elapsed_ns = static_cast<double>(until_ns - end_ns_);
  const double left = decay(elapsed_ns);
  begin_ns_.push_back(end_ns_);
  for (std::size_t rail = 0; rail < rails_; ++rail) {
    const double power = power_mw[rail];
    state_.insert(state_.end(), {power, end_filtered_mw_[rail], end_mj_[rail]});
    end_filtered_mw_[rail] = power + (end_filtered_mw_[rail] - power) * left;
    end_mj_[rail] += power * elapsed_ns * kMjPerMwNs;
  }
  end_ns_ = until_ns;
}

void Waveform::forget_before(std::int64_t time_ns) {
  while (first_ + 1 < begin_ns_.size() && begin_ns_[first_ + 1] < time_ns) ++first_;
  if (first_ < kTidyAt || first_ < begin_ns_.size() / 2) return;
  begin_ns_.erase(begin_ns_.begin(), begin_ns_.begin() + static_cast<std::ptrdiff_t>(first_));
  state_.erase(state_.begin(), state_.begin() + static_cast<std::ptrdiff_t>(first_ * 3 * rails_));
  first_ = 0;
}

std::size_t Waveform::stretch_at(double time_ns) const {
  if (time_ns > static_cast<double>(end_ns_)) {
    throw std::logic_error("a simulated sensor asked for power that is not decided yet");
  }
  const auto begin = begin_ns_.begin() + static_cast<std::ptrdiff_t>(first_);
  // The last stretch that begins before time_ns: at a step, the power is still that before it.
  const auto after = std::lower_bound(
      begin, begin_ns_.end(), time_ns,
      [](std::int64_t at, double wanted) { return static_cast<double>(at) < wanted; });
  if (after == begin) {
    throw std::logic_error("a simulated sensor asked for power that is forgotten already");
  }
  return static_cast<std::size_t>(after - begin_ns_.begin()) - 1;
}

void Waveform::filtered_mw(double time_ns, std::span<double> out) const {
  if (time_ns <= 0.0) {
    std::copy(idle_mw_.begin(), idle_mw_.end(), out.begin());
    return;
  }
  const std::size_t stretch = stretch_at(time_ns);
  const double left = decay(time_ns - static_cast<double>(begin_ns_[stretch]));
  const double* state = row(stretch);
  for (std::size_t rail = 0; rail < rails_; ++rail, state += 3) {
    out[rail] = state[0] + (state[1] - state[0]) * left;
  }
}

void Waveform::filtered_mj(double time_ns, std::span<double> out) const {
  if (time_ns <= 0.0) {
    for (std::size_t rail = 0; rail < rails_; ++rail) {
      out[rail] = idle_mw_[rail] * time_ns * kMjPerMwNs;
    }
    return;
  }
  const std::size_t stretch = stretch_at(time_ns);
  const double elapsed_ns = time_ns - static_cast<double>(begin_ns_[stretch]);
  const double left = decay(elapsed_ns);
  const double* state = row(stretch);
  for (std::size_t rail = 0; rail < rails_; ++rail, state += 3) {
    const double filtered = state[0] + (state[1] - state[0]) * left;
    const double energy = state[2] + state[0] * elapsed_ns * kMjPerMwNs;
    // z' = (P − z)/τ, hence ∫z = ∫P − τ·(z(t) − z(0)), and z(0) is idle.
    out[rail] = energy - time_constant_ns_ * (filtered - idle_mw_[rail]) * kMjPerMwNs;
  }
}

}  // namespace layerwatt::sim
