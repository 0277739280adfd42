// What a deconvolution says of each layer: powers, energies, intervals, and which layers only a
// group can answer for.
#pragma once

#include <vector>

#include "attribution/deconvolve.hpp"
#include "attribution/layer_power.hpp"
#include "attribution/timeline.hpp"

namespace layerwatt {

// A layer whose 95 % interval is wider than this share of its energy, to either side, is merged
// with a neighbour.
inline constexpr double kWidestShare = 0.5;

// Neighbouring layers put together until every group's interval is narrow enough, or one is left.
// `energy_mj` and its covariance by layer; a layer with `present` false belongs to no group.
// Returns a list of groups in execution order, single layers too.
std::vector<std::vector<std::size_t>> merge_until_narrow(const std::vector<double>& energy_mj,
                                                         const Eigen::MatrixXd& covariance_mj2,
                                                         const std::vector<bool>& present);

PowerEstimates deconvolve_estimates(const Deconvolution& fit, const PowerSamples& power,
                                    const SlotTimes& times);

// Whether the estimates tell any layer from the others.
bool separates(const PowerEstimates& estimates);

}  // namespace layerwatt
