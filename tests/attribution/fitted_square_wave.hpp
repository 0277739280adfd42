// A square wave of load, and the response that was found for it.
#pragma once

#include "attribution/calibration_fit.hpp"
#include "attribution/calibration_search.hpp"
#include "attribution/square_wave.hpp"

namespace layerwatt::synthetic {

struct Fitted {
  CalibrationSegments segments;
  CalibrationFit fit;
};

inline Fitted fitted(const SquareWave& wave) {
  const Recording recording = make(wave);
  Fitted out;
  out.segments = calibration_segments(recording.iterations, 1e4);
  out.fit = *fit_calibration(
      out.segments, calibration_readings(recording.power, out.segments.segments), 0.0, 0.0, 3000.0);
  return out;
}
}  // namespace layerwatt::synthetic
