// Windows of a board that is excited, as the tests of fit_excitation() see them.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "attribution/excite_fit.hpp"

namespace layerwatt::testing {

// A pass of 10 ms and 60 mJ. One more run of part 0 takes 2 ms at 8 W, of part 1 0.5 ms at 3 W.
inline ObservedWindow window(double at_ms, double extra0, double extra1) {
  ObservedWindow made;
  made.at_ms = at_ms;
  made.extra = {extra0, extra1};
  made.pass_ms = 10.0 + 2.0 * extra0 + 0.5 * extra1;
  const double mj = 60.0 + 16.0 * extra0 + 1.5 * extra1;
  made.power_mw = {1000.0 * mj / made.pass_ms, 500.0 * mj / made.pass_ms};
  made.readings = 10;
  return made;
}

inline std::vector<ObservedWindow> rounds(int count) {
  std::vector<ObservedWindow> windows;
  double at = 0.0;
  for (int i = 0; i < count; ++i) {
    for (const auto& [a, b] : {std::pair{0, 0}, {5, 0}, {0, 0}, {0, 20}, {0, 0}}) {
      windows.push_back(window(at += 1000.0, a, b));
    }
  }
  return windows;
}

// Readings that are `mw` too high and too low by turns, and passes that are so by `share`.
inline std::vector<ObservedWindow> alternating(int count, double mw, double share) {
  std::vector<ObservedWindow> windows = rounds(count);
  for (std::size_t w = 0; w < windows.size(); ++w) {
    const double sign = w % 2 == 0 ? 1.0 : -1.0;
    // Its mean power is of the energy, whatever the time.
    for (double& one : windows[w].power_mw) one /= 1.0 + sign * share;
    windows[w].pass_ms *= 1.0 + sign * share;
    windows[w].power_mw[0] += sign * mw;
  }
  return windows;
}

}  // namespace layerwatt::testing
