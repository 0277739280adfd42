// What the settings of an INA3221 say about its response. Pure arithmetic.
#pragma once

#include <optional>
#include <string>

#include "layerwatt/result.hpp"

namespace layerwatt {

// As the mainline driver shows them; empty where there is no such file (R32's own driver).
struct Ina3221Settings {
  int channels = 3;  // switched on
  std::optional<double> samples;
  std::optional<double> update_interval_ms;
};

struct Ina3221Response {
  SensorModel model;  // empty fields: not to be had from the settings
  std::string notes;
};

// The chip converts bus and shunt voltage of one channel after the other. With one sample a reading
// is the shunt's conversion (the window) of the last sweep over all channels (the period). With
// more, the chip averages recursively, y += (x − y) / samples a sweep: a low pass with a time
// constant of samples × sweep.
//
// update_interval is a sweep rounded to milliseconds; in kernels before 2023 it was multiplied by
// samples. Where the settings fit both readings nothing is claimed.
Ina3221Response ina3221_response(const Ina3221Settings& settings);

}  // namespace layerwatt
