// The measuring loop of method excite: rounds of windows in which layers run extra times, in random
// order and with plain windows between them, written into a recording while they are run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>

#include "layerwatt/clock.hpp"
#include "layerwatt/engine.hpp"
#include "layerwatt/sensor.hpp"
#include "record/recorder.hpp"

namespace layerwatt {

struct ExciteOptions {
  std::uint64_t seed = 1;  // of the order
  double boost = 1.0;      // how much longer its extra runs make a pass: 1 doubles it
  std::size_t plain_every = 4;
  // What is measured of a window once it has settled. Longer where the sensor settles slowly.
  double least_window_ms = 700.0;
  // For a sensor that counts energy, bursts: windows of this length, each behind a plain one.
  double burst_ms = 350.0;
  double plain_ms = 650.0;
  // Half passes draw about what plain ones draw, so that nothing has to come back from them:
  // windows of this length, a plain one before this many.
  double half_pass_ms = 450.0;
  std::size_t half_passes_a_plain = 8;
  // Passes whose layers are timed in place, before each round.
  std::size_t timed_passes = 300;
  double timed_ms = 2000.0;  // no longer than this, but at least 30 passes
  std::size_t least_rounds = 2;
  std::size_t most_rounds = 1000;
};

// Loads, warms up, opens the sensor, finds out how long its readings take to settle (from its model
// or, where that leaves it open, from a step from idle to load), and runs rounds until `rule` is
// met (asked of `refine` after each round from the second on), max_time_s is over or `stop` is set.
// RunOptions::iterations does not apply. The recording's iterations are the timed passes, and the
// outcome counts them. Throws as record_run does, and Error(usage) for an engine that cannot repeat
// a layer or for no sensor.
RunOutcome record_excitation(Clock& clock, Engine& engine, Sensor* sensor,
                             const std::filesystem::path& directory, const RunOptions& options,
                             const ExciteOptions& excite);

}  // namespace layerwatt
