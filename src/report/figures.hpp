// Numbers as a person reads them: one unit and one number of decimals for a whole column.
#pragma once

#include <string>
#include <string_view>

namespace layerwatt {

struct Scale {
  std::string unit;     // what the column says: "W"
  double factor = 1.0;  // from the stored unit to that one
  int decimals = 3;
};

// For values stored in `unit` (ms, mW, mJ) whose largest is `largest`: thousands move to the next
// unit, and `digits` significant digits of the largest are kept, three decimals at most.
Scale scale_for(std::string_view unit, double largest, int digits);

// A value that would round to nothing reads "<0.001": a small energy is not zero.
std::string figure(double value, const Scale& scale);

// The same for a value that stands alone, with its unit: "12.41 W".
std::string figure_with_unit(double value, std::string_view unit, int digits = 4);

// "18.2", "<0.1": a share of 1 as per cent.
std::string percent(double share);

// A bar of `width` columns whose full length is 1, in eighths of a column.
std::string bar(double share, std::size_t width);

}  // namespace layerwatt
