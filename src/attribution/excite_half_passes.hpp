// Extra runs of a layer in half passes and in its place, as two parts of one fit, and what the
// layer draws in its place from both.
//
// In half a pass a layer finds in the cache about what it finds in the whole one, but is a small
// part of what is measured. Repeated right behind itself it is half of what is measured, but finds
// there what it left itself. By how much that is off on the mean, and how it scatters from layer to
// layer beyond what the two are known to, is seen in the layers that have both; a layer is then
// taken to be off by the mean, give or take the scatter (random effects: DerSimonian and Laird,
// Controlled Clinical Trials 7, 177, 1986; the scatter after Paule and Mandel, J. Res. NBS 87, 377,
// 1982), and its two figures are weighed by how well each is known. Where the cache does not count,
// the scatter is small and what is repeated in place tells nearly all; where it does, half passes
// do.
//
// A layer's energy in a half pass is what the half pass takes more for it, and not its power there
// × its time in place: pairs of layers are out of it, and it needs no events between layers, which
// change how one begins while the one before it ends. What is repeated in place is counted as
// either, power × time in place or what one more run takes, whichever scatters less about half
// passes.
//
// What layers of half a pass cost beyond their sum, because the other half did not run between
// them, is the same in a half pass and in its mirror image, and goes with f (1 − f) where f is the
// share of the layers: two parts of the fit that are no layers take it up, one that each half pass
// has and one of 4 f (1 − f). What all layers cost together is then known from half passes of
// unlike size alone.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "attribution/excite_bursts.hpp"
#include "attribution/excite_fit.hpp"
#include "attribution/excite_windows.hpp"
#include "layerwatt/recording.hpp"

namespace layerwatt {

// How the power of layers in half passes is above that of their repeats in place, relative.
struct InContext {
  double mean = 0.0;
  double mean_std = 0.0;
  double scatter = 0.0;  // between layers, one standard deviation
};

class HalfPassSplit {
 public:
  // There is something to split only in a recording of half passes that alone tell their layers
  // apart.
  explicit HalfPassSplit(const Recording& recording);
  bool any() const { return split_; }

  // The parts of a split fit: all layers in half passes, all in their place, what half passes cost
  // beyond their layers (twice; nothing where they are all of one size), and outside layers, which
  // stay last.
  std::vector<double> split(const std::vector<double>& extra) const;
  // By part of the split, in its place.
  std::vector<double> place_ms(std::span<const double> layers_ms) const;

  // The fit of split windows, by the parts that the recording has; place_ms: one a layer. Powers
  // are such that power × time in place is the energy. Of fewer than six layers that have both it
  // is not known how they scatter: then those have what half passes say, others what there is.
  ExciteFit merge(const ExciteFit& fit, std::span<const double> place_ms) const;

 private:
  double beyond(double layers) const;

  bool split_ = false;
  bool sizes_differ_ = false;
  std::size_t layers_ = 0;
  std::size_t used_ = 0;  // layers that some half pass has
};

// Of a split fit; place_ms: one a layer. Empty for fewer than six layers that have both.
std::optional<InContext> in_context(const ExciteFit& fit, std::span<const double> place_ms);

// The end of a sentence on how figures came about.
std::string in_words(const InContext& context);

}  // namespace layerwatt
