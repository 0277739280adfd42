// The seam between the estimators of power per layer (overlap here; others beside it) and the
// Result that is assembled from them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "layerwatt/result.hpp"

namespace layerwatt {

struct ColumnPower {
  Known<Estimate> power_mw;
  Known<Estimate> energy_mj;  // per inference
};

// What an estimator says of one layer, or of the time outside the layers.
struct LayerPower {
  ColumnPower total;
  std::vector<ColumnPower> rails;  // in the order of PowerSamples::rails
  std::uint64_t samples = 0;       // readings that touched it
  std::optional<std::size_t> group;
  std::optional<std::string> reason;  // why something above is missing, shared or has no interval
};

// What an estimator found to be drawn between the inferences, and its standard deviation.
struct BetweenPower {
  double power_mw = 0.0;
  double std_mw = 0.0;
};

// What an estimator returns.
struct PowerEstimates {
  std::vector<LayerPower> layers;  // in execution order
  LayerPower outside;
  std::vector<BetweenPower>
      between;  // each rail, then the total; empty where nothing is known of it
  std::vector<LayerGroup> groups;
  std::vector<Warning> warnings;
  // The sensor's response where the estimator found out more than the manifest knows, and how.
  std::optional<SensorModel> model;
  std::string model_notes;
};

}  // namespace layerwatt
