// A profiler that times every layer slows the inference down; the inference that is measured for
// energy has none. Here the two come together. Pure arithmetic.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace layerwatt {

// Lays the layers of a profiled inference into the time that the GPU took for one without profiler.
// Events between layers add to each: where the layers add up to more than `kernels_ms`, all are
// shortened by the same factor, which is returned. Where they add up to less, they stay as they are
// (1 is returned), and the rest is time between them. NaN stays NaN.
double fit_layers(std::span<const double> profiled_ms, double kernels_ms,
                  std::vector<double>& layer_ms);

// How many inferences of `inference_ms` to enqueue ahead: 10 ms of the GPU's time, so that it does
// not wait for a host that is away for a moment (a thread that is woken late, a file that is
// written, a call into the driver that holds its lock), but 4 to 64.
std::size_t inferences_ahead(double inference_ms);

// For which of `ahead` enqueued inferences to wait, when the result of the first is wanted. Of many
// short ones the middle: the host is woken once for half of them, the GPU has the other half.
std::size_t wait_for(std::size_t ahead);

// The sum of what was reported.
double sum_of_reported(std::span<const double> layer_ms);

}  // namespace layerwatt
