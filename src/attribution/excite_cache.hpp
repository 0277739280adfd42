// Repeats of a layer that found its data in the cache (warm) and such that did not (cold), as two
// parts of one fit, and what the layer draws in its place from both.
//
// A repeat right behind its layer finds in the cache what the layer in its place may have to fetch
// from memory; with the cache emptied in front of it, it fetches all of it. In its place the layer
// is between the two: as far as its time is. Its energy is taken to be as far from one to the
// other.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "attribution/excite_bursts.hpp"
#include "attribution/excite_fit.hpp"
#include "attribution/excite_windows.hpp"
#include "layerwatt/recording.hpp"

namespace layerwatt {

// The layer that is no part of a pass but empties the cache in front of repeats, if there is one.
std::optional<std::size_t> cache_sweep_of(const Manifest& manifest);

class CacheSplit {
 public:
  // There is something to split only where some windows repeat layers with the cache emptied and
  // others without.
  explicit CacheSplit(const Recording& recording);
  bool any() const { return sweep_.has_value(); }

  // The parts of a split fit: all layers (their warm repeats), all again (their cold ones), what an
  // emptied cache costs the rest of the pass once, and outside layers, which stay last.
  std::vector<double> split(const std::vector<double>& extra) const;
  // By part of the split, in its place.
  std::vector<double> place_ms(std::span<const double> layers_ms) const;

  // The fit of split windows, by the parts that the recording has. place_ms: one a layer.
  ExciteFit merge(const ExciteFit& fit, std::span<const double> place_ms) const;

 private:
  std::optional<std::size_t> sweep_;
  std::size_t layers_ = 0;
  bool once_ = false;  // whether what an emptied cache costs the pass behind it, once, can be seen
};

// How far a layer in its place is from its warm repeats to its cold ones, 0 to 1, and how well that
// is known (one standard deviation). std_ms: of the three times together.
struct CacheShare {
  double cold = 0.0;
  double std = 0.0;
};
CacheShare cache_share(double place_ms, double warm_ms, double cold_ms, double std_ms);

}  // namespace layerwatt
