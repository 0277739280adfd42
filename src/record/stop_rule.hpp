// When a run has measured enough: pure functions over what is known so far.
#pragma once

#include <cstddef>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "layerwatt/result.hpp"
#include "record/batch_means.hpp"

namespace layerwatt {

// One layer, or one group of layers that the data cannot tell apart.
struct LayerPrecision {
  double share = 0.0;            // of the energy of an inference; of its time while that is unknown
  std::optional<double> ci_pct;  // half width of the 95 % interval, in percent of the value
};

struct StopRule {
  double target_ci_pct = 5.0;
  double share_floor = 0.01;  // layers below this share do not hold a run up
};

// The widest interval among the layers that count; empty when one of them has none yet, or when
// there is no layer that counts.
std::optional<double> worst_ci_pct(const StopRule& rule, std::span<const LayerPrecision> layers);
bool precise_enough(const StopRule& rule, std::span<const LayerPrecision> layers);

// From an attribution: shares and intervals of the energy, a group counting as one. Where no layer
// has an energy: of the times, and of the total energy if that is known.
std::vector<LayerPrecision> precision_of(const Result& result);

// A layer in the running estimate.
struct RunningLayer {
  std::size_t index = 0;
  double time_ms = 0.0;          // mean
  double share = 0.0;            // of the layers' time
  std::optional<double> ci_pct;  // of the mean time
};

// The estimate while a run goes on. It is cheap and optimistic: the layers' times have intervals of
// their own, but all layers share the mean power of the whole run, so the share of a layer is that
// of its time. It only says when asking the real attribution becomes worth it (RunOptions::refine).
class RunningEstimate {
 public:
  explicit RunningEstimate(std::size_t layers) : layer_ms_(layers) {}

  // From the measuring thread. NaN = not reported.
  void add_inference(std::span<const double> layer_ms);
  // From the sensor's thread.
  void add_power(double total_mw);
  // mW a rail; NaN = not read.
  void add_rails(std::span<const double> rail_mw);

  std::size_t inferences() const { return inferences_; }
  std::optional<double> latest_mw() const;
  // Empty before the first add_rails().
  std::vector<double> latest_rails_mw() const;
  // The `most` layers that take longest.
  std::vector<RunningLayer> longest(std::size_t most) const;
  // With `power_expected`, no layer has an interval before the power has one.
  std::vector<LayerPrecision> layers(bool power_expected) const;

 private:
  std::vector<BatchMeans> layer_ms_;
  std::size_t inferences_ = 0;
  mutable std::mutex mutex_;  // guards what follows
  BatchMeans power_mw_;
  std::optional<double> latest_mw_;
  std::vector<double> latest_rails_mw_;
};

}  // namespace layerwatt
