// A device whose layers are repeated in bursts, and a counter of its energy: a truth that is known.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <random>
#include <vector>

#include "attribution/excite_bursts.hpp"

namespace layerwatt {

// A device that adapts: what runs draws P (1 + s), and s goes to that of the mix with a time
// constant. Its energy is counted in steps of 100 ms, which come `lag` late.
struct Adapting {
  double tau_ms = 160.0;
  double lag_ms = 15.0;
  double noise = 0.0;  // of a step, relative
  std::vector<double> time_ms = {0.3, 0.2, 0.5};
  std::vector<double> power_mw = {900e3, 300e3, 500e3};
  std::vector<double> adapts = {-0.2, 0.05, 0.0};  // s in the end, when it is repeated
  int rounds = 3;
  double bend = 0.0;                   // κ
  std::vector<double> boosts = {1.0};  // by round, over and over
  bool slow_clock_for_first = false;

  double pass_ms() const { return time_ms[0] + time_ms[1] + time_ms[2]; }
  double pass_mj() const {
    double mj = 0.0;
    for (std::size_t j = 0; j < 3; ++j) mj += time_ms[j] * power_mw[j] / 1e3;
    return mj;
  }

  struct Stretch {
    double begin_ms, end_ms, mw, from, to;
  };

  // mJ until `ms`.
  double counted(const std::vector<Stretch>& stretches, double ms) const {
    double mj = 0.0;
    for (const Stretch& s : stretches) {
      const double length = std::min(ms, s.end_ms) - s.begin_ms;
      if (length <= 0.0) break;
      const double memory = tau_ms * (1.0 - std::exp(-length / tau_ms));
      mj += s.mw * ((1.0 + s.to) * length + (s.from - s.to) * memory) / 1e6;
    }
    return mj * 1e3;
  }

  BurstRecording record() const {
    BurstRecording out;
    std::vector<Stretch> stretches;
    std::mt19937_64 random(7);
    double now = 0.0;
    double state = 0.0;
    const auto run = [&](std::size_t part, double extra, double length_ms) {
      BurstWindow window;
      window.extra.assign(4, 0.0);
      window.plain = extra == 0.0;
      if (!window.plain) window.extra[part] = extra;
      window.pass_ms = pass_ms() + extra * time_ms[part];
      const double mj = pass_mj() + extra * time_ms[part] * power_mw[part] / 1e3;
      const double plain_mw = 1e3 * pass_mj() / pass_ms();
      const double line_mw = 1e3 * mj / window.pass_ms;
      const double bent_mw = line_mw + bend * std::pow(line_mw - plain_mw, 2) / plain_mw;
      const double to = window.plain ? 0.0 : adapts[part];
      length_ms = window.pass_ms * std::ceil(length_ms / window.pass_ms);
      window.begin_ms = now;
      window.end_ms = now + length_ms;
      window.usable = window.plain || part > 0 || !slow_clock_for_first;
      stretches.push_back({now, now + length_ms, bent_mw, state, to});
      state = to + (state - to) * std::exp(-length_ms / tau_ms);
      now += length_ms;
      out.windows.push_back(window);
    };
    for (int round = 0; round < rounds; ++round) {
      for (const std::size_t part : {1u, 0u, 2u}) {
        run(0, 0.0, 650.0);
        const double boost = boosts[static_cast<std::size_t>(round) % boosts.size()];
        run(part, std::round(boost * pass_ms() / time_ms[part]), 350.0);
      }
    }
    run(0, 0.0, 650.0);
    std::normal_distribution<double> normal(0.0, noise);
    double before = counted(stretches, 37.0 - lag_ms);
    for (double step = 37.0; step + 100.0 < now; step += 100.0) {
      const double after = counted(stretches, step + 100.0 - lag_ms);
      const double mw = (after - before) * 10.0 * (1.0 + (noise > 0.0 ? normal(random) : 0.0));
      out.steps.push_back({step, step + 100.0, {mw, mw / 2.0}});
      before = after;
    }
    return out;
  }
};

}  // namespace layerwatt
