// Readings of a sensor beside a load that is switched on and off, with known truth: independent of
// the simulator in src/sim, integrated burst by burst.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "layerwatt/recording.hpp"

namespace layerwatt::synthetic {

struct SquareWave {
  double seconds = 20.0;
  double shortest_ms = 6.0;  // of a burst, and of the time between two
  double middle_ms = 100.0;
  double longest_ms = 1500.0;
  double short_share = 0.8;
  double period_ms = 2.0;  // of the readings
  double window_ms = 1.1;
  double latency_ms = 3.0;
  double time_constant_ms = 0.0;
  double stamp_error_ms = 0.0;
  double grid_ms = 0.0;
  double noise_mw = 30.0;
  double step_mw = 40.0;
  double idle_mw = 3000.0;
  double busy_mw = 11000.0;
  double drift = 0.0;   // of the busy power, relative, over the whole run
  double drop = 0.0;    // share of the readings that is lost
  bool energy = false;  // a counter of step_mj
  double step_mj = 1.0;
  std::uint64_t seed = 1;
};

class SquareWaveMaker {
 public:
  explicit SquareWaveMaker(const SquareWave& spec) : spec_(spec), random_(spec.seed) {}

  Recording make() {
    run();
    filter();
    sample();
    return std::move(out_);
  }

 private:
  static constexpr std::int64_t kOrigin = 1'750'000'000'000'000'000;
  static constexpr double kLeadMs = 2000.0;
  static std::int64_t ns(double ms) { return kOrigin + std::llround(ms * 1e6); }
  double normal() { return normal_(random_); }
  double uniform() { return uniform_(random_); }
  double dwell() {
    const bool is_short = uniform() < spec_.short_share;
    const double from = is_short ? spec_.shortest_ms : spec_.middle_ms;
    const double to = is_short ? spec_.middle_ms : spec_.longest_ms;
    return from * std::pow(to / from, uniform());
  }
  void segment(double ms, double mw) {
    edge_.push_back(edge_.back() + ms);
    value_.push_back(mw);
  }

  void run() {
    Iterations& iterations = out_.iterations;
    iterations.layers = {"busy"};
    edge_ = {0.0};
    segment(kLeadMs, spec_.idle_mw);
    while (edge_.back() < kLeadMs + 1e3 * spec_.seconds) {
      const double begin = edge_.back();
      const double warm = 1.0 + spec_.drift * (begin - kLeadMs) / (1e3 * spec_.seconds);
      segment(std::round(dwell() * 1e6) / 1e6, spec_.busy_mw * warm);
      iterations.start_ns.push_back(ns(begin));
      iterations.end_ns.push_back(ns(edge_.back()));
      iterations.layer_ms.push_back(edge_.back() - begin);
      segment(dwell(), spec_.idle_mw);
    }
    segment(kLeadMs, spec_.idle_mw);
  }

  // The low pass, exactly: its state at each edge, and the integral of the state up to there.
  void filter() {
    state_.assign(edge_.size(), spec_.idle_mw);
    integral_.assign(edge_.size(), 0.0);
    for (std::size_t i = 0; i < value_.size(); ++i) {
      const double ms = edge_[i + 1] - edge_[i];
      integral_[i + 1] = integral_[i] + within(i, ms);
      const double tau = spec_.time_constant_ms;
      const double left = tau > 0.0 ? std::exp(-ms / tau) : 0.0;
      state_[i + 1] = value_[i] + (state_[i] - value_[i]) * left;
    }
  }

  double within(std::size_t i, double ms) const {
    const double tau = spec_.time_constant_ms;
    const double settle = tau > 0.0 ? (state_[i] - value_[i]) * tau * -std::expm1(-ms / tau) : 0.0;
    return value_[i] * ms + settle;
  }

  double integral(double ms) const {
    if (ms <= 0.0) return ms * spec_.idle_mw;
    const auto after = std::upper_bound(edge_.begin(), edge_.end() - 1, ms);
    const auto i = static_cast<std::size_t>(after - edge_.begin()) - 1;
    if (i >= value_.size()) return integral_.back() + (ms - edge_.back()) * spec_.idle_mw;
    return integral_[i] + within(i, ms - edge_[i]);
  }

  double convert(double end_ms) {
    const double w = std::max(spec_.window_ms, 1e-6);
    const double mw = (integral(end_ms) - integral(end_ms - w)) / w + spec_.noise_mw * normal();
    return spec_.step_mw > 0.0 ? std::round(mw / spec_.step_mw) * spec_.step_mw : mw;
  }

  void sample() {
    PowerSamples& power = out_.power;
    power.rails = {{"VDD_IN", true}};
    power.reading = spec_.energy ? Reading::energy : Reading::power;
    const double phase = uniform() * spec_.grid_ms;
    double last_end = -1e9;
    double last = 0.0;
    double last_t = 0.0;
    for (double t = 100.0 + 5.0 * uniform(); t < edge_.back() - 100.0;
         t += spec_.period_ms * (1.0 + 0.02 * normal())) {
      double end = t - spec_.latency_ms + spec_.stamp_error_ms * normal();
      if (spec_.grid_ms > 0.0)
        end = phase + std::floor((end - phase) / spec_.grid_ms) * spec_.grid_ms;
      if (spec_.energy) {
        const double mj = std::floor(integral(end) / 1e3 / spec_.step_mj) * spec_.step_mj;
        if (last_t > 0.0) {
          power.begin_ns.push_back(ns(last_t));
          power.time_ns.push_back(ns(t));
          power.rail_mw.push_back((mj - last) * 1e3 / (t - last_t));
        }
        last = mj;
        last_t = t;
        continue;
      }
      const double mw = spec_.grid_ms > 0.0 && end == last_end ? last : convert(end);
      last_end = end;
      last = mw;
      if (uniform() < spec_.drop) continue;
      power.time_ns.push_back(ns(t));
      power.rail_mw.push_back(mw);
    }
    out_.manifest.sensor.rails = power.rails;
    out_.manifest.sensor.scope = "module";
  }

  SquareWave spec_;
  std::mt19937_64 random_;
  std::normal_distribution<double> normal_;
  std::uniform_real_distribution<double> uniform_;
  Recording out_;
  std::vector<double> edge_;
  std::vector<double> value_;
  std::vector<double> state_;
  std::vector<double> integral_;
};

inline Recording make(const SquareWave& spec) { return SquareWaveMaker(spec).make(); }

}  // namespace layerwatt::synthetic
