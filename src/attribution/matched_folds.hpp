// What the parts of the mean inference have in common with folded readings, for many shapes and
// latencies of a response. A part behind a box is a difference of four ramps, so with the folded
// readings integrated twice (in harmonics, behind the time constant) each product is four look-ups
// instead of a sum over all harmonics.
#pragma once

#include <complex>
#include <cstddef>
#include <map>
#include <span>
#include <vector>

#include "attribution/folded.hpp"

namespace layerwatt {

class MatchedFolds {
 public:
  // For the given time constants alone. The cycle and the folds must outlive it.
  MatchedFolds(const Cycle& cycle, const Folds& folds, const std::vector<double>& taus_ms);

  // Products of the parts behind `response` with what was read, per part, into `product`; the
  // readings' square and their mean's. The response's blur is left out, as everywhere with folds.
  struct Squares {
    double total = 0.0;
    double mean = 0.0;
  };
  Squares products(const Response& response, std::span<double> product) const;

 private:
  // Twice integrated over time, at nodes that divide the cycle: values, and slopes per node.
  struct Ramp {
    std::vector<double> value;
    std::vector<double> slope;
  };
  Ramp ramp_of(const std::vector<std::complex<double>>& fold, double tau_ms) const;
  double at(const Ramp& ramp, double nodes) const;

  const Cycle& cycle_;
  const Folds& folds_;
  std::size_t nodes_ = 0;
  std::map<double, std::vector<Ramp>> ramps_;  // by time constant, then by fold
  std::vector<Squares> squares_;               // by fold
};

}  // namespace layerwatt
