#include "attribution/design.hpp"

#include <algorithm>
#include <cmath>

namespace layerwatt {
namespace {

// Up to here the closed form with its long tail is cheap, and it takes the blur exactly.
constexpr double kDirectTimeConstantMs = 0.25;

// e^−40 = 4e-18: of 1, nothing that a double holds.
constexpr double kForgotten = 40.0;

// Segments that are walked one by one rather than bisected.
constexpr std::size_t kNear = 1000;

// With a long low pass the blur is taken into the box by equal variance, w² + 12 σ², about the same
// centre: behind the low pass the response is continuous, and only its second moment matters.
Response blur_into_box(Response response) {
  const double wide = std::sqrt(response.window_ms * response.window_ms +
                                12.0 * response.blur_ms * response.blur_ms);
  response.latency_ms -= 0.5 * (wide - response.window_ms);
  response.window_ms = wide;
  response.blur_ms = 0.0;
  return response;
}

Response box_only(Response response) {
  response.time_constant_ms = 0.0;
  response.blur_ms = 0.0;
  return response;
}

}  // namespace

SparseRow::SparseRow(std::size_t columns) : weights_(columns, 0.0), is_touched_(columns, 0) {
  touched_.reserve(columns);
}

void SparseRow::clear() {
  for (const std::uint32_t column : touched_) {
    weights_[column] = 0.0;
    is_touched_[column] = 0;
  }
  touched_.clear();
}

void SparseRow::add(std::uint32_t column, double weight) {
  if (is_touched_[column] == 0) {
    is_touched_[column] = 1;
    touched_.push_back(column);
  }
  weights_[column] += weight;
}

LowPassState::LowPassState(const Segments& segments, double time_constant_ms)
    : segments_(segments),
      tau_(time_constant_ms),
      at_ms_(segments.edge_ms.front()),
      state_(segments.columns(), 0.0) {
  state_[segments.idle()] = 1.0;
}

// Readings far apart: what was before has decayed, and the segments up to there need no work.
void LowPassState::forget_until(double time_ms) {
  const auto& edges = segments_.edge_ms;
  next_ = static_cast<std::size_t>(std::upper_bound(edges.begin(), edges.end(), time_ms) -
                                   edges.begin());
  next_ -= next_ > 0 ? 1 : 0;
  std::fill(state_.begin(), state_.end(), 0.0);
  state_[next_ < segments_.column.size() ? segments_.column[next_] : segments_.idle()] = 1.0;
  at_ms_ = time_ms;
}

void LowPassState::advance(double time_ms) {
  if (time_ms <= at_ms_) return;
  if (time_ms - at_ms_ > kForgotten * tau_) forget_until(time_ms - kForgotten * tau_);
  const double decay = std::exp((at_ms_ - time_ms) / tau_);
  for (double& value : state_) value *= decay;
  // What each segment between then and now has left behind: e^(−(now − b)/τ) − e^(−(now − a)/τ).
  double at_older_edge = decay;
  while (next_ < segments_.column.size()) {
    const double until = segments_.edge_ms[next_ + 1];
    const double at_edge = until >= time_ms ? 1.0 : std::exp((until - time_ms) / tau_);
    state_[segments_.column[next_]] += at_edge - at_older_edge;
    at_older_edge = at_edge;
    if (until >= time_ms) break;
    ++next_;
  }
  state_[segments_.idle()] += 1.0 - at_older_edge;
  at_ms_ = time_ms;
}

DesignRow::DesignRow(const Segments& segments, const Response& response)
    : segments_(segments),
      response_(response),
      step_(response),
      latency_ms_(response.latency_ms),
      window_ms_(response.window_ms),
      row_(segments.columns()) {
  set_shape(response);
  if (tau_ms_ <= 0.0) return;
  for (int end = 0; end < 2; ++end) states_.emplace_back(segments, tau_ms_);
}

void DesignRow::set_shape(const Response& response) {
  response_ = response;
  latency_ms_ = response.latency_ms;
  window_ms_ = response.window_ms;
  step_ = StepResponse(response);
  if (response.time_constant_ms <= kDirectTimeConstantMs) return;
  const Response unblurred = blur_into_box(response);
  tau_ms_ = response.time_constant_ms;
  latency_ms_ = unblurred.latency_ms;
  // A box shorter than this would divide the difference of two nearly equal states by nearly 0.
  window_ms_ = std::max(unblurred.window_ms, 1e-3);
  Response box = box_only(unblurred);
  box.window_ms = window_ms_;
  step_ = StepResponse(box);
}

void DesignRow::compute(double time_ms, double window_ms) {
  if (window_ms != response_.window_ms) {
    Response response = response_;
    response.window_ms = window_ms;
    set_shape(response);
  }
  compute(time_ms);
}

void DesignRow::add_direct(double now_ms) {
  const auto& edges = segments_.edge_ms;
  const auto idle = static_cast<std::uint32_t>(segments_.idle());
  const double oldest_ms = now_ms - step_.end_ms();
  const double newest_ms = now_ms - step_.begin_ms();
  // First segment that ends after the oldest time: near the last one found, else by bisection.
  const bool before = hint_ >= edges.size() || (hint_ > 0 && edges[hint_] > oldest_ms);
  const bool far = hint_ + kNear < edges.size() && edges[hint_ + kNear] <= oldest_ms;
  if (before || far) {
    hint_ = static_cast<std::size_t>(std::upper_bound(edges.begin(), edges.end(), oldest_ms) -
                                     edges.begin());
    hint_ -= hint_ > 0 ? 1 : 0;
  }
  while (hint_ + 1 < edges.size() && edges[hint_ + 1] <= oldest_ms) ++hint_;

  // `share` is step() at the older edge: the part of the response that is newer than it.
  double share = 1.0;
  if (edges[hint_] > oldest_ms) {
    const double at_edge = step_(now_ms - edges[hint_]);
    row_.add(idle, share - at_edge);
    share = at_edge;
  }
  for (std::size_t i = hint_; i + 1 < edges.size() && edges[i] < newest_ms; ++i) {
    const double at_edge = step_(now_ms - edges[i + 1]);
    if (share > at_edge) row_.add(segments_.column[i], share - at_edge);
    share = at_edge;
  }
  if (share > 0.0) row_.add(idle, share);
}

void DesignRow::compute(double time_ms) {
  row_.clear();
  const double now_ms = time_ms - latency_ms_;
  add_direct(now_ms);
  if (tau_ms_ <= 0.0) return;
  // Low pass under a box of w: [∫ over the box] / w − τ (state at its newer end − at its older) /
  // w.
  states_[0].advance(now_ms);
  states_[1].advance(now_ms - window_ms_);
  const auto newer = states_[0].state();
  const auto older = states_[1].state();
  const double scale = tau_ms_ / window_ms_;
  for (std::uint32_t column = 0; column < newer.size(); ++column) {
    const double change = scale * (newer[column] - older[column]);
    if (change != 0.0) row_.add(column, -change);
  }
}

}  // namespace layerwatt
