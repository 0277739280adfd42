// The fine half of the search for an unknown response: Gauss–Newton on the residual of the full,
// jitter-exact model, with the layers' powers projected out (variable projection, Kaufman's form).
#pragma once

#include <Eigen/Core>
#include <array>
#include <vector>

#include "attribution/fit.hpp"
#include "attribution/response_search.hpp"

namespace layerwatt {

// The numbers of a Response that a fit can move. The blur is not among them: it is found from the
// scatter of the residual (stamp_error.hpp), which shows it far better than the residual's size.
enum class Parameter { latency, window, time_constant };

std::vector<Parameter> free_parameters(const KnownResponse& known);
double get(const Response& response, Parameter parameter);
Response with(Response response, Parameter parameter, double value);
// Small enough for the derivative, large enough for double: in ms.
double difference_step(const Response& response, Parameter parameter);

struct Refined {
  Response response;
  double mean_square = 0.0;  // of the residual of channel 0, in mW²
};

// At most `rounds` steps; each costs one pass over the readings for the value and one for the
// slope.
Refined refine_response(const Segments& segments, const Readings& readings, Response start,
                        const std::vector<Parameter>& free, std::size_t rounds);

// Of the free parameters, in their order; white noise assumed. A search of many starts has no use
// for it.
Eigen::MatrixXd white_covariance(const Segments& segments, const Readings& readings,
                                 const Refined& refined, const std::vector<Parameter>& free);

}  // namespace layerwatt
