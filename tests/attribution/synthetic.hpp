// Recordings with known truth for the tests of the attribution, independent of the simulator in
// src/sim: powers and times are drawn here, the sensor is integrated segment by segment.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "layerwatt/recording.hpp"

namespace layerwatt::synthetic {

struct Spec {
  std::size_t layers = 12;
  double inference_ms = 10.0;
  double seconds = 20.0;
  double jitter = 0.01;         // relative, of each layer
  double common_jitter = 0.01;  // relative, of a whole inference
  double outside_share = 0.05;
  double gap_ms = 0.05;  // idle between inferences
  double period_ms = 5.0;
  double window_ms = 1.1;
  double latency_ms = 7.3;
  double time_constant_ms = 0.0;
  double stamp_error_ms = 0.0;
  double grid_ms = 0.0;  // > 0: conversions end on this grid, readings return the last one
  double grid_phase_ms = 1.2345;
  double noise_mw = 30.0;
  double step_mw = 40.0;
  std::uint64_t seed = 1;
};

struct Synthetic {
  Recording recording;
  std::vector<double> power_mw;   // of each layer
  std::vector<double> energy_mj;  // of each layer, per inference, as it came out
  double outside_mj = 0.0;
};

class Maker {
 public:
  explicit Maker(const Spec& spec) : spec_(spec), random_(spec.seed) {}

  Synthetic make() {
    run();
    filter();
    sample();
    return std::move(out_);
  }

 private:
  static constexpr std::int64_t kOrigin = 1'750'000'000'000'000'000;
  static constexpr double kIdleMw = 3000.0;
  static constexpr double kLeadMs = 500.0;

  double normal() { return normal_(random_); }
  double uniform() { return uniform_(random_); }
  static std::int64_t ns(double ms) { return kOrigin + std::llround(ms * 1e6); }

  void segment(double ms, double mw) {
    if (ms <= 0.0) return;
    edge_.push_back(edge_.back() + ms);
    value_.push_back(mw);
  }

  void run() {
    std::vector<double> share(spec_.layers);
    double sum = 0.0;
    for (double& x : share) sum += x = std::exp(0.7 * normal());
    out_.power_mw.resize(spec_.layers);
    for (double& mw : out_.power_mw) mw = 4000.0 + 16000.0 * uniform();
    out_.energy_mj.assign(spec_.layers, 0.0);
    Iterations& iterations = out_.recording.iterations;
    for (std::size_t j = 0; j < spec_.layers; ++j) {
      iterations.layers.push_back("layer" + std::to_string(j));
    }
    edge_ = {0.0};
    segment(kLeadMs, kIdleMw);
    while (edge_.back() < kLeadMs + 1e3 * spec_.seconds) {
      const double common = std::max(0.5, 1.0 + spec_.common_jitter * normal());
      iterations.start_ns.push_back(ns(edge_.back()));
      for (std::size_t j = 0; j < spec_.layers; ++j) {
        const double mean = share[j] / sum * spec_.inference_ms * (1.0 - spec_.outside_share);
        const double ms = mean * common * std::max(0.2, 1.0 + spec_.jitter * normal());
        const double rounded = std::round(ms * 1e6) / 1e6;
        iterations.layer_ms.push_back(rounded);
        segment(rounded, out_.power_mw[j]);
        out_.energy_mj[j] += rounded * out_.power_mw[j] / 1e3;
      }
      const double outside = spec_.outside_share * spec_.inference_ms * common;
      segment(outside, 4000.0);
      out_.outside_mj += outside * 4.0;
      iterations.end_ns.push_back(ns(edge_.back()));
      end_ms_ = edge_.back();
      segment(spec_.gap_ms, 1.2 * kIdleMw);
    }
    const double n = static_cast<double>(iterations.size());
    for (double& mj : out_.energy_mj) mj /= n;
    out_.outside_mj /= n;
    segment(kLeadMs, kIdleMw);
  }

  // The low pass, exactly: its state at each edge, and the integral of the state up to there.
  void filter() {
    state_.assign(edge_.size(), kIdleMw);
    integral_.assign(edge_.size(), 0.0);
    for (std::size_t i = 0; i < value_.size(); ++i) {
      integral_[i + 1] = integral_[i] + within(i, edge_[i + 1] - edge_[i]);
      const double tau = spec_.time_constant_ms;
      const double left = tau > 0.0 ? std::exp((edge_[i] - edge_[i + 1]) / tau) : 0.0;
      state_[i + 1] = value_[i] + (state_[i] - value_[i]) * left;
    }
  }

  double within(std::size_t i, double ms) const {
    const double tau = spec_.time_constant_ms;
    const double settle = tau > 0.0 ? (state_[i] - value_[i]) * tau * -std::expm1(-ms / tau) : 0.0;
    return value_[i] * ms + settle;
  }

  double integral(double ms) const {
    if (ms <= 0.0) return ms * kIdleMw;
    const auto after = std::upper_bound(edge_.begin(), edge_.end() - 1, ms);
    const auto i = static_cast<std::size_t>(after - edge_.begin()) - 1;
    if (i >= value_.size()) return integral_.back() + (ms - edge_.back()) * kIdleMw;
    return integral_[i] + within(i, ms - edge_[i]);
  }

  double convert(double end_ms) {
    const double w = std::max(spec_.window_ms, 1e-6);
    const double mw = (integral(end_ms) - integral(end_ms - w)) / w + spec_.noise_mw * normal();
    return spec_.step_mw > 0.0 ? std::round(mw / spec_.step_mw) * spec_.step_mw : mw;
  }

  void sample() {
    PowerSamples& power = out_.recording.power;
    power.rails = {{"VDD_IN", true}};
    double last_end = -1.0;
    double last_mw = 0.0;
    for (double t = 100.0 + 5.0 * uniform(); t < end_ms_ + 200.0;
         t += spec_.period_ms * (1.0 + 0.02 * normal())) {
      double end = t - spec_.latency_ms + spec_.stamp_error_ms * normal();
      double mw = 0.0;
      if (spec_.grid_ms > 0.0) {
        end = spec_.grid_phase_ms +
              std::floor((end - spec_.grid_phase_ms) / spec_.grid_ms) * spec_.grid_ms;
        mw = end == last_end ? last_mw : convert(end);
        last_end = end;
        last_mw = mw;
      } else {
        mw = convert(end);
      }
      power.time_ns.push_back(ns(t));
      power.rail_mw.push_back(mw);
    }
    out_.recording.manifest.sensor.rails = power.rails;
    out_.recording.manifest.sensor.scope = "module";
  }

  Spec spec_;
  std::mt19937_64 random_;
  std::normal_distribution<double> normal_;
  std::uniform_real_distribution<double> uniform_;
  Synthetic out_;
  std::vector<double> edge_;
  std::vector<double> value_;
  std::vector<double> state_;
  std::vector<double> integral_;
  double end_ms_ = 0.0;
};

inline Synthetic make(const Spec& spec) { return Maker(spec).make(); }

// Without what was read before the run, during its first 0.1 s, and after it.
inline void take_idle_out(Recording& recording) {
  const PowerSamples power = recording.power;
  PowerSamples& left = recording.power;
  left.time_ns.clear();
  left.rail_mw.clear();
  const std::size_t rails = power.rails.size();
  for (std::size_t k = 0; k < power.size(); ++k) {
    if (power.time_ns[k] < recording.iterations.start_ns.front() + 100'000'000) continue;
    if (power.time_ns[k] > recording.iterations.end_ns.back() - 1'000'000) break;
    left.time_ns.push_back(power.time_ns[k]);
    for (std::size_t r = 0; r < rails; ++r) left.rail_mw.push_back(power.rail_mw[k * rails + r]);
  }
}

// Σ |estimate − truth| / Σ truth.
inline double energy_weighted_error(const std::vector<double>& estimate_mj,
                                    const std::vector<double>& truth_mj) {
  double wrong = 0.0;
  double sum = 0.0;
  for (std::size_t j = 0; j < truth_mj.size(); ++j) {
    wrong += std::abs(estimate_mj[j] - truth_mj[j]);
    sum += truth_mj[j];
  }
  return wrong / sum;
}

}  // namespace layerwatt::synthetic
