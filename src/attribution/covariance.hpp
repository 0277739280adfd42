// How sure a fit is of its powers.
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <vector>

#include "attribution/fit.hpp"
#include "attribution/response_refine.hpp"

namespace layerwatt {

struct Uncertainty {
  Eigen::MatrixXd powers;             // columns × columns, of channel 0, mW²
  std::vector<double> parameter_std;  // of the free parameters, ms
  Eigen::VectorXd residual_mw;        // standard deviation a channel
  // How many readings' worth each column was seen: the sum of its shares over the largest of them.
  std::vector<std::uint64_t> samples;
};

// The sandwich estimate on blocks of successive readings, so that neither unequal variances (stamp
// errors) nor correlation in time (a register read twice, drift) makes the intervals too narrow.
// The free parameters of the response are columns of the model too, by their derivatives: what is
// not known of the sensor is in the intervals of the layers.
Uncertainty uncertainty_of(const Segments& segments, const Readings& readings,
                           const Response& response, const std::vector<Parameter>& free,
                           const NormalEquations& equations, const Eigen::MatrixXd& p);

}  // namespace layerwatt
