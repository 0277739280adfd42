// Readings whose stamps have an error scatter most where the power is steep. Telling that scatter
// from the sensor's own noise gives the stamp error, and the weights of a better fit.
#pragma once

#include <cstddef>
#include <vector>

#include "attribution/fit.hpp"
#include "attribution/response.hpp"

namespace layerwatt {

struct NoiseModel {
  double noise_mw = 0.0;        // of a reading on flat power
  double stamp_error_ms = 0.0;  // standard deviation
};

// r² ≈ noise² + (stamp / trial)² · scatter, both terms ≥ 0; `scatter_mw2` is the variance that
// stamps with a standard deviation of `trial_ms` would give each reading.
NoiseModel fit_noise(const std::vector<double>& residual_mw, const std::vector<double>& scatter_mw2,
                     double trial_ms, const std::vector<double>& weight);

// Expected variance of each reading, mW².
std::vector<double> expected_variance(const NoiseModel& noise,
                                      const std::vector<double>& scatter_mw2, double trial_ms);

// Readings more than eight of their standard deviations off get a weight of 0. How many did now.
std::size_t leave_out_outliers(const std::vector<double>& residual_mw,
                               const std::vector<double>& variance_mw2,
                               std::vector<double>& weight);

// 1 / variance, scaled to a median of 1; a weight of 0 stays 0.
std::vector<double> weights_for(const std::vector<double>& variance_mw2,
                                const std::vector<double>& weight);

}  // namespace layerwatt
