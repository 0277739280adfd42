// Finds where an unknown response may lie: the coarse half of the search.
//
// Readings are folded onto the phase of the inference they belong to. There the model is a circular
// convolution, so in harmonics of the inference the box and the low pass are factors and latency is
// a phase: one factorisation serves every latency, and a grid of thousands of responses costs less
// than one pass over the readings. Folding ignores jitter, so these are starting points only.
#pragma once

#include <optional>
#include <vector>

#include "attribution/fit.hpp"
#include "attribution/response.hpp"
#include "attribution/transients.hpp"

namespace layerwatt {

// What is known already; empty = to be found.
struct KnownResponse {
  std::optional<double> window_ms;
  std::optional<double> latency_ms;
  std::optional<double> time_constant_ms;
  std::optional<double> blur_ms;

  bool complete() const { return window_ms && latency_ms && time_constant_ms && blur_ms; }
};

struct Candidate {
  Response response;
  double misfit = 0.0;  // of the folded fit; to rank candidates against each other only
};

// Whether no figure of two responses is as far apart as that.
bool same_place(const Response& a, const Response& b, double near_ms);

// Local minima of the misfit, best first, at most `most`. Latencies up to `max_latency_ms`, and
// those alone that `transients` allow.
std::vector<Candidate> search_response(const Iterations& iterations, const Segments& segments,
                                       const Readings& readings, const KnownResponse& known,
                                       double max_latency_ms, const Transients& transients,
                                       std::size_t most);

}  // namespace layerwatt
