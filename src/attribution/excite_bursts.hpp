// Bursts: windows of a few hundred ms in which layers run extra times, each right behind plain
// passes, seen by a counter of energy that is no quicker than they are long.
//
// A device adapts to what runs on it: over a tenth of a second (voltage, it seems: on an H100 by up
// to 20 % of the power at the same clock), after half a second (a power limit), over ten seconds
// (temperature). What a layer draws once the device has adapted to its repeats is not what it draws
// in its place. So the power at the very start of a burst is wanted, when the device still is as
// plain passes left it.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "attribution/excite_fit.hpp"
#include "attribution/excite_windows.hpp"
#include "layerwatt/recording.hpp"

namespace layerwatt {

struct BurstWindow {
  double begin_ms = 0.0;  // after the first window's start
  double end_ms = 0.0;
  double pass_ms = 0.0;
  std::vector<double> extra;  // one a part; the last is what is outside layers
  bool plain = false;
  bool like_plain = false;  // it draws about as much as a plain one (half passes)
  bool usable = true;       // its clock is that of plain windows
  double clock = 1.0;       // relative to plain windows; NaN: not known
  double outside_ms = 0.0;  // of a pass: by how much longer it is outside layers, see fit_times()

  // Whether the device may adapt to it, and come back from it afterwards.
  bool adapts() const { return !plain && !like_plain; }
};

// What the counter counted between two of its steps.
struct CounterStep {
  double begin_ms = 0.0;
  double end_ms = 0.0;
  std::vector<double> power_mw;  // mean: the total, then one a rail (NaN: not read)
};

struct BurstRecording {
  std::vector<BurstWindow> windows;  // in order of time
  std::vector<CounterStep> steps;    // likewise
};

// Whether its windows are bursts: nothing is left out at their start.
bool has_bursts(const Recording& recording);

BurstRecording observe_bursts(const Recording& recording);

// The half that is about time: parts, pass_ms, extra_ms, its covariance and residual. Empty where
// the windows are too few. A layer whose only windows at the plain clock repeat what is outside
// layers too has the time that it takes in windows at another clock, brought to the plain one, or
// else its time in place (place_ms, one a layer).
//
// What is outside layers does not take as long each time it is repeated (it is the host making the
// device wait; on an H100 1.2 to 2.6 µs each), so that its time is what a window's pass has too
// much: BurstWindow::outside_ms is set, and extra_ms of that part is 1.
std::optional<ExciteFit> fit_times(std::vector<BurstWindow>& windows,
                                   std::span<const double> place_ms);

// How fast and how far the device adapts, and by how much the counter lags.
struct Adaptation {
  double lag_ms = 0.0;
  double time_constant_ms = 0.0;  // 0: it does not, as far as can be seen
  std::vector<double> share;      // by fit.parts: where its repeats would end up, relative to
                                  // the power of a window at its start; NaN: several together
  std::size_t steps = 0;          // of the counter that were used
};

struct BurstFitOutcome {
  ExciteFitOutcome outcome;
  Adaptation adaptation;
};

// With f_kw the share of step k that window w takes up (lag taken off), a = age in the window:
//
//   P_k = Σ_w f_kw (E0 + Σ_j R_wj e_j) / T_w − Σ_w f_kw A_w mean(1 − exp(−a/τ)) + drift + noise
//
// A_w, one for each mix of repeats, is what the device's adapting takes off in the end; plain
// windows after it come back by the same law. Lag and τ are the best of a grid; the A_w are there
// only if Schwarz's criterion is lower by 10 with them, at a τ that is not at the grid's end. Other
// lags, τ and drifts that explain the steps nearly as well widen the intervals by how far their
// figures differ. Times are those of fit_times().
BurstFitOutcome fit_bursts(BurstRecording bursts, std::span<const double> place_ms);

}  // namespace layerwatt
