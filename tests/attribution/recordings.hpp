// Recordings built in memory, small enough to work out by hand.
#pragma once

#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "layerwatt/recording.hpp"

namespace layerwatt::testing {

inline constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
// Far from 0, as real stamps are: a double of this many ns is 256 ns coarse.
inline constexpr std::int64_t kEpoch = 1'700'000'000'000'000'000;

inline std::int64_t at_ms(double ms) {
  return kEpoch + static_cast<std::int64_t>(std::llround(ms * 1e6));
}

// A recording whose times are ms after kEpoch.
class Builder {
 public:
  explicit Builder(std::vector<std::string> layers, std::vector<Rail> rails = {{"VDD_IN", true}}) {
    made_.iterations.layers = std::move(layers);
    made_.power.rails = rails;
    made_.manifest.sensor.kind = "test";
    made_.manifest.sensor.scope = "module";
    made_.manifest.sensor.rails = std::move(rails);
  }

  Builder& inference(double start_ms, double end_ms, const std::vector<double>& layer_ms) {
    made_.iterations.start_ns.push_back(at_ms(start_ms));
    made_.iterations.end_ns.push_back(at_ms(end_ms));
    made_.iterations.layer_ms.insert(made_.iterations.layer_ms.end(), layer_ms.begin(),
                                     layer_ms.end());
    return *this;
  }

  Builder& sample(double time_ms, const std::vector<double>& rails_mw) {
    made_.power.time_ns.push_back(at_ms(time_ms));
    made_.power.rail_mw.insert(made_.power.rail_mw.end(), rails_mw.begin(), rails_mw.end());
    return *this;
  }
  Builder& sample(double time_ms, double mw) { return sample(time_ms, std::vector<double>{mw}); }

  // Mean power over (begin_ms, end_ms], as the loader makes it from an energy counter.
  Builder& energy(double begin_ms, double end_ms, double mw) {
    made_.power.reading = Reading::energy;
    made_.power.begin_ns.push_back(at_ms(begin_ms));
    return sample(end_ms, mw);
  }

  // A sensor known in full.
  Builder& response(double window_ms, double latency_ms, double tau_ms, double error_ms) {
    made_.manifest.sensor.model = {std::nullopt, window_ms, latency_ms, tau_ms, error_ms};
    return *this;
  }

  Recording& get() { return made_; }

 private:
  Recording made_;
};

inline Rail rail(std::string name, bool in_total = true) {
  Rail made;
  made.name = std::move(name);
  made.in_total = in_total;
  return made;
}

inline const Warning* find_warning(const std::vector<Warning>& warnings, const std::string& code) {
  for (const Warning& warning : warnings) {
    if (warning.code == code) return &warning;
  }
  return nullptr;
}

}  // namespace layerwatt::testing
