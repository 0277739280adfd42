// A synthetic recording as the fits take it.
#pragma once

#include "attribution/fit.hpp"
#include "attribution/segments.hpp"
#include "attribution/synthetic.hpp"

namespace layerwatt::synthetic {

inline Readings readings_of(const Synthetic& made, const Segments& segments) {
  Readings readings;
  for (std::size_t k = 0; k < made.recording.power.size(); ++k) {
    readings.time_ms.push_back(segments.ms(made.recording.power.time_ns[k]));
    readings.weight.push_back(1.0);
    readings.value.push_back(made.recording.power.rail_mw[k]);
  }
  return readings;
}

struct FitCase {
  Synthetic made;
  Segments segments;
  Readings readings;
};

inline FitCase fit_case(const Spec& spec) {
  FitCase out{make(spec), {}, {}};
  out.segments = make_segments(out.made.recording.iterations);
  out.readings = readings_of(out.made, out.segments);
  return out;
}

}  // namespace layerwatt::synthetic
