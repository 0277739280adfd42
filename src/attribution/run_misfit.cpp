#include "attribution/run_misfit.hpp"

#include <algorithm>
#include <cmath>

namespace layerwatt {
namespace {

constexpr double kFarthestMs = 200.0;   // latency and window together, at most
constexpr double kTimeConstants = 5.0;  // e^−5 of the difference from the mean is left
constexpr double kShortestMs = 1e-3;

// Energy behind the low pass from the stretch's begin on, at each edge, and the low pass's state
// there.
struct Curve {
  const Segments& segments;
  const std::vector<double>& column_mw;
  double tau_ms;
  std::size_t first;
  std::vector<double> energy;
  std::vector<double> state;

  double power(std::size_t i) const {
    const bool idle = i >= segments.column.size();
    return column_mw[idle ? segments.idle() : segments.column[i]];
  }

  // Up to `time_ms`, with `hint` the segment of an earlier time.
  double at(double time_ms, std::size_t& hint) const {
    const auto& edges = segments.edge_ms;
    const std::size_t last = first + energy.size() - 1;
    while (hint < last && edges[hint + 1] <= time_ms) ++hint;
    const double mw = time_ms < edges[hint] ? column_mw[segments.idle()] : power(hint);
    const double ms = time_ms - edges[hint];
    const double sum = energy[hint - first] + mw * ms;
    if (tau_ms <= 0.0) return sum;
    const double begin = state[hint - first];
    return sum + (begin - mw) * tau_ms * -std::expm1(-ms / tau_ms);
  }
};

}  // namespace

RunMisfit::RunMisfit(const Segments& segments, const Readings& readings,
                     const std::vector<double>& time_constants_ms)
    : segments_(segments), readings_(readings) {
  double square = 0.0;
  const double n = static_cast<double>(readings.size());
  for (const double y : readings.value) {
    mean_ += y / n;
    square += y * y;
  }
  for (const double ms : readings.window_ms) longest_own_ms_ = std::max(longest_own_ms_, ms);
  variation_ = std::max(square - mean_ * mean_ * n, 1e-300);
  const std::size_t end = segment_at(readings.time_ms.back() + kFarthestMs) + 1;
  for (const double tau : time_constants_ms) {
    if (tau <= 0.0 || decays_.contains(tau)) continue;
    const std::size_t first =
        segment_at(readings.time_ms.front() - kFarthestMs - kTimeConstants * tau);
    std::vector<double>& decays = decays_[tau];
    for (std::size_t i = first; i < std::min(end, segments.column.size()); ++i) {
      decays.push_back(std::exp((segments.edge_ms[i] - segments.edge_ms[i + 1]) / tau));
    }
    first_[tau] = first;
  }
}

std::size_t RunMisfit::segment_at(double time_ms) const {
  const auto& edges = segments_.edge_ms;
  const auto after = std::upper_bound(edges.begin(), edges.end(), time_ms) - edges.begin();
  return after > 0 ? static_cast<std::size_t>(after) - 1 : 0;
}

double RunMisfit::operator()(const Response& response, const std::vector<double>& column_mw) const {
  // The blur by its variance, about the same centre, as Convolution has it behind a low pass.
  const double wide_ms =
      std::max(kShortestMs, std::hypot(response.window_ms, std::sqrt(12.0) * response.blur_ms));
  const double latency_ms = response.latency_ms - 0.5 * (wide_ms - response.window_ms);
  const double tau = std::max(response.time_constant_ms, 0.0);
  const double begin_ms = readings_.time_ms.front() - latency_ms -
                          std::max(wide_ms, longest_own_ms_) - kTimeConstants * tau;
  const std::vector<double>* decays = tau > 0.0 ? &decays_.at(tau) : nullptr;
  const std::size_t first_decay = tau > 0.0 ? first_.at(tau) : 0;
  Curve curve{segments_, column_mw, tau, segment_at(begin_ms), {}, {}};
  if (decays != nullptr) curve.first = std::max(curve.first, first_decay);
  const std::size_t end =
      std::min(segment_at(readings_.time_ms.back() - latency_ms) + 1, segments_.column.size());
  const std::size_t count = end > curve.first ? end - curve.first : 0;
  curve.energy.resize(count + 1, 0.0);
  if (decays != nullptr) curve.state.resize(count + 1, mean_);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = curve.first + i;
    const double mw = curve.power(at);
    const double ms = segments_.edge_ms[at + 1] - segments_.edge_ms[at];
    curve.energy[i + 1] = curve.energy[i] + mw * ms;
    if (decays == nullptr) continue;
    const double left = (*decays)[at - first_decay];
    curve.state[i + 1] = mw + (curve.state[i] - mw) * left;
    curve.energy[i + 1] += tau * (curve.state[i] - curve.state[i + 1]);
  }

  std::size_t newer = curve.first;
  std::size_t older = curve.first;
  double left = 0.0;
  for (std::size_t k = 0; k < readings_.size(); ++k) {
    const double now_ms = readings_.time_ms[k] - latency_ms;
    const double window_ms = readings_.window_ms.empty() ? wide_ms : readings_.window_ms[k];
    // Counters' steps differ in length, so the older end may go back a little.
    const double from_ms = now_ms - window_ms;
    while (older > curve.first && segments_.edge_ms[older] > from_ms) --older;
    const double mw = (curve.at(now_ms, newer) - curve.at(from_ms, older)) / window_ms;
    left += (readings_.value[k] - mw) * (readings_.value[k] - mw);
  }
  return left / variation_;
}

}  // namespace layerwatt
