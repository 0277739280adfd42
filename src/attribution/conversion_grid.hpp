// A register that is read more often than it is written: the sensor converts on a grid of its own,
// and a reading returns the last conversion, at an unknown age. Two readings of one conversion are
// equal, and that gives the grid away, to far less than a microsecond over a minute.
#pragma once

#include <optional>
#include <vector>

#include "attribution/fit.hpp"

namespace layerwatt {

struct ConversionGrid {
  double period_ms = 0.0;
  double phase_ms = 0.0;   // a new value can be read from phase + k · period on
  double margin_ms = 0.0;  // how well that moment is known
};

// Looks at readings within [begin, end] alone: in the flat power of an idle device neighbours are
// equal without any grid. Empty where the readings show none.
std::optional<ConversionGrid> find_conversion_grid(const Readings& readings, double begin_ms,
                                                   double end_ms);

// One reading a conversion, stamped with the moment from which it could be read; ages are gone.
Readings to_conversions(const Readings& readings, const ConversionGrid& grid);

}  // namespace layerwatt
