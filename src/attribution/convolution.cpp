#include "attribution/convolution.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "attribution/design.hpp"
#include "attribution/expected_reading.hpp"

namespace layerwatt {
namespace {

// Up to here the closed form takes the blur exactly, and its tail reaches over few segments.
constexpr double kDirectTimeConstantMs = 0.25;
constexpr double kNegligibleMs = 2e-5;

// e^−40 = 4e-18: of 1, nothing that a double holds.
constexpr double kForgotten = 40.0;
constexpr double kNothing = 4e-18;

// Segments that are walked one by one rather than bisected.
constexpr std::size_t kNear = 1000;

// A box is moved along where this share of it or less is new, and begun anew after so many times,
// before roundings add up.
constexpr double kMostMoved = 0.25;
constexpr int kMostMoves = 64;

}  // namespace

template <class Sum>
Convolution<Sum>::Convolution(const Segments& segments, const Response& response, Sum empty,
                              std::shared_ptr<SegmentDecays> decays)
    : segments_(segments),
      response_(response),
      step_(response),
      latency_ms_(response.latency_ms),
      window_ms_(response.window_ms),
      decays_(std::move(decays)),
      box_(empty),
      sum_(empty),
      older_(std::move(empty)),
      older_ms_(segments.edge_ms.front()) {
  set_shape(response);
  if (tau_ms_ <= 0.0) return;
  if (!decays_ || decays_->time_constant_ms() != tau_ms_) {
    decays_ = std::make_shared<SegmentDecays>(segments, tau_ms_);
  }
  older_.add(static_cast<std::uint32_t>(segments.idle()), 1.0);
}

template <class Sum>
void Convolution<Sum>::set_shape(const Response& response) {
  response_ = response;
  latency_ms_ = response.latency_ms;
  window_ms_ = response.window_ms;
  step_ = StepResponse(response);
  const bool blurred = response.blur_ms > kNegligibleMs;
  box_alone_ = !blurred && response.time_constant_ms <= kNegligibleMs && window_ms_ > kNegligibleMs;
  if (response.time_constant_ms <= (blurred ? kDirectTimeConstantMs : kNegligibleMs)) return;
  tau_ms_ = response.time_constant_ms;
  // With a long low pass the blur is taken into the box by equal variance, w² + 12 σ², about the
  // same centre: behind the low pass the response is continuous, and only its second moment
  // matters.
  const double wide_ms = std::sqrt(response.window_ms * response.window_ms +
                                   12.0 * response.blur_ms * response.blur_ms);
  latency_ms_ -= 0.5 * (wide_ms - response.window_ms);
  // A box shorter than this would divide the difference of two nearly equal states by nearly 0.
  window_ms_ = std::max(wide_ms, 1e-3);
  box_alone_ = true;  // the low pass is carried along beside it
}

template <class Sum>
void Convolution<Sum>::compute(double time_ms, double window_ms) {
  if (window_ms != response_.window_ms) {
    Response response = response_;
    response.window_ms = window_ms;
    set_shape(response);
  }
  compute(time_ms);
}

// The last segment that begins at or before `time_ms`, near `hint` or else by bisection; 0 before
// the first.
template <class Sum>
std::size_t Convolution<Sum>::segment_at(double time_ms, std::size_t hint) const {
  const auto& edges = segments_.edge_ms;
  const bool before = hint >= edges.size() || edges[hint] > time_ms;
  const bool far = hint + kNear < edges.size() && edges[hint + kNear] <= time_ms;
  if (before || far) {
    hint = static_cast<std::size_t>(std::upper_bound(edges.begin(), edges.end(), time_ms) -
                                    edges.begin());
    hint -= hint > 0 ? 1 : 0;
  }
  while (hint + 1 < edges.size() && edges[hint + 1] <= time_ms) ++hint;
  return hint;
}

template <class Sum>
void Convolution<Sum>::add_direct(double now_ms) {
  const auto& edges = segments_.edge_ms;
  const auto idle = static_cast<std::uint32_t>(segments_.idle());
  const double oldest_ms = now_ms - step_.end_ms();
  const double newest_ms = now_ms - step_.begin_ms();
  hint_ = segment_at(oldest_ms, hint_);

  // `share` is step() at the older edge: the part of the response that is newer than it.
  double share = 1.0;
  if (edges[hint_] > oldest_ms) {
    const double at_edge = step_(now_ms - edges[hint_]);
    sum_.add(idle, share - at_edge);
    share = at_edge;
  }
  // At an edge a sensor without any length shows what begins there.
  for (std::size_t i = hint_; i + 1 < edges.size() && edges[i] <= newest_ms; ++i) {
    const double at_edge = step_(now_ms - edges[i + 1]);
    if (share > at_edge) sum_.add(segments_.column[i], share - at_edge);
    share = at_edge;
  }
  if (share > 0.0) sum_.add(idle, share);
}

template <class Sum>
void Convolution<Sum>::add_lengths(double from_ms, double until_ms, double factor,
                                   std::size_t& segment, Sum& to) {
  const auto& edges = segments_.edge_ms;
  const auto idle = static_cast<std::uint32_t>(segments_.idle());
  segment = segment_at(from_ms, segment);
  double at_ms = from_ms;
  if (edges[segment] > at_ms) {
    at_ms = std::min(edges[segment], until_ms);
    to.add(idle, (at_ms - from_ms) * factor);
  }
  while (segment + 1 < edges.size() && at_ms < until_ms) {
    const double end_ms = std::min(edges[segment + 1], until_ms);
    if (end_ms > at_ms) to.add(segments_.column[segment], (end_ms - at_ms) * factor);
    at_ms = std::max(at_ms, end_ms);
    if (edges[segment + 1] > until_ms) break;
    ++segment;
  }
  if (at_ms < until_ms) to.add(idle, (until_ms - at_ms) * factor);
}

template <class Sum>
bool Convolution<Sum>::move_box(double now_ms) {
  const double from_ms = now_ms - window_ms_;
  const double by_ms = now_ms - before_ms_;
  before_ms_ = now_ms;
  const bool within = from_ms >= segments_.edge_ms.front() && now_ms <= segments_.edge_ms.back();
  // What was taken out leaves its rounding, which a column that nothing else is in must not have.
  if (by_ms > kMostMoved * window_ms_ || !within) {
    moves_ = -1;
    return false;
  }
  const bool onwards = moves_ >= 0 && moves_ < kMostMoves && from_ms >= box_from_ms_ &&
                       now_ms >= box_until_ms_ && from_ms < box_until_ms_;
  if (onwards) {
    add_lengths(box_until_ms_, now_ms, 1.0, newer_hint_, box_);
    add_lengths(box_from_ms_, from_ms, -1.0, hint_, box_);
    ++moves_;
  } else {
    box_.clear();
    hint_ = segment_at(from_ms, hint_);
    newer_hint_ = hint_;
    add_lengths(from_ms, now_ms, 1.0, newer_hint_, box_);
    moves_ = 0;
  }
  box_from_ms_ = from_ms;
  box_until_ms_ = now_ms;
  sum_.add_scaled(box_, 1.0 / window_ms_);
  return true;
}

// The same for a box alone: shares are lengths.
template <class Sum>
void Convolution<Sum>::add_box(double now_ms) {
  if (move_box(now_ms)) return;
  const double from_ms = now_ms - window_ms_;
  hint_ = segment_at(from_ms, hint_);
  newer_hint_ = hint_;
  add_lengths(from_ms, now_ms, 1.0 / window_ms_, newer_hint_, sum_);
}

template <class Sum>
void Convolution<Sum>::add_left(double from_ms, double until_ms, std::size_t segment, double factor,
                                Sum& to) {
  const auto& edges = segments_.edge_ms;
  const auto idle = static_cast<std::uint32_t>(segments_.idle());
  const double nothing = std::abs(factor) * kNothing;
  double left = factor;  // of what was at the newest time looked at so far, at `until_ms`
  double newest_ms = until_ms;
  const auto idle_since = [&](double since_ms) {
    const double decay = std::exp((since_ms - newest_ms) / tau_ms_);
    to.add(idle, left * (1.0 - decay));
    left *= decay;
    newest_ms = since_ms;
  };
  if (newest_ms > edges.back()) idle_since(std::max(edges.back(), from_ms));
  for (std::size_t i = std::min(segment + 1, segments_.column.size()); i > 0; --i) {
    const double begin_ms = edges[i - 1];
    if (begin_ms >= newest_ms) continue;
    const bool whole = begin_ms >= from_ms && newest_ms == edges[i];
    const double decay =
        whole ? decays_->at(i - 1) : std::exp((std::max(begin_ms, from_ms) - newest_ms) / tau_ms_);
    to.add(segments_.column[i - 1], left * (1.0 - decay));
    left *= decay;
    newest_ms = begin_ms;
    if (begin_ms <= from_ms || std::abs(left) < nothing) return;
  }
  if (newest_ms > from_ms) idle_since(from_ms);
}

template <class Sum>
void Convolution<Sum>::carry_to(double time_ms) {
  if (time_ms <= older_ms_) return;
  const double begin_ms = time_ms - kForgotten * tau_ms_;
  // Readings far apart: what was before has decayed, and the segments up to there need no work. Not
  // even as idle: 4e-18 of it in every reading looked like the sum of all layers, which then had no
  // power of their own (layers 40 % off).
  if (begin_ms > older_ms_) {
    older_ms_ = begin_ms;
    older_.clear();
  }
  older_segment_ = segment_at(time_ms, older_segment_);
  older_.scale(std::exp((older_ms_ - time_ms) / tau_ms_));
  add_left(older_ms_, time_ms, older_segment_, 1.0, older_);
  older_ms_ = time_ms;
}

template <class Sum>
void Convolution<Sum>::compute(double time_ms) {
  sum_.clear();
  const double now_ms = time_ms - latency_ms_;
  if (box_alone_) {
    add_box(now_ms);
  } else {
    add_direct(now_ms);
  }
  if (tau_ms_ <= 0.0) return;
  // Low pass under a box of w: [∫ over the box] / w − τ (state at its newer end − at its older) /
  // w, and the state at the newer end is what is left of the older one and of the box itself.
  const double begin_ms = now_ms - window_ms_;
  carry_to(begin_ms);
  const double scale = -tau_ms_ / window_ms_;
  const double left = std::exp(-window_ms_ / tau_ms_);
  sum_.add_scaled(older_, scale * (left - 1.0));
  add_left(begin_ms, now_ms, segment_at(now_ms, newer_hint_), scale, sum_);
}

template class Convolution<SparseRow>;
template class Convolution<PowerSum>;

}  // namespace layerwatt
