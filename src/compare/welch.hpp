// The statistics of a comparison. Free functions, no units.
#pragma once

#include <optional>
#include <vector>

#include "layerwatt/result.hpp"

namespace layerwatt {

// A mean with its standard error and the degrees of freedom that this was estimated with.
struct MeanError {
  double mean = 0.0;
  double error = 0.0;
  double degrees = 1.0;
};

// P(|T| >= |t|) of Student's t.
double student_p(double t, double degrees);
// The t with P(|T| >= t) = 0.05.
double student_t95(double degrees);

// Degrees of freedom behind the interval of a mean of `readings`: the attribution judges by the
// means of 20 runs of neighbours, of 10 below 200 readings, and by single readings below 40.
double degrees_of(std::size_t readings);

// What the 95 % interval of an estimate says about its standard error: its larger side is t times
// that. Empty without an interval.
std::optional<MeanError> mean_error(const Estimate& estimate, double degrees);

struct WelchTest {
  double difference = 0.0;  // after - before
  Interval ci95;
  double p = 1.0;
};

// Two means whose spreads are unknown and need not be equal (Welch 1947, Satterthwaite's degrees).
WelchTest welch(const MeanError& before, const MeanError& after);

// Holm (1979): p-values as they stand after looking at all of them, so that the chance of even one
// false verdict among those below alpha is at most alpha.
std::vector<double> holm(const std::vector<double>& p);

}  // namespace layerwatt
