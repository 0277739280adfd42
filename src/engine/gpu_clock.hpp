// CUDA events on the host's clock: an event knows only the time to another one.
#pragma once

#include <cstdint>
#include <span>

#include "engine/cuda_driver.hpp"
#include "layerwatt/clock.hpp"

namespace layerwatt {

// An event happened between two readings of the host's clock.
struct Bracket {
  std::int64_t before_ns = 0;
  std::int64_t after_ns = 0;
};

// The one that says most: the narrowest. 0 for none.
std::size_t narrowest(std::span<const Bracket> brackets);

// Ties events to the host's clock by an event on an idle stream, whose time the host knows to
// within the time it takes to record it and see it done. Times since it are differences in single
// precision, 0.06 µs after a second and 4 µs after a minute, so it is renewed every second.
class GpuClock {
 public:
  GpuClock(const cuda::Device& device, const Clock& clock);
  // Between inferences: renews the tie when it is old. Takes some 50 µs then.
  void keep_fresh();
  // Of an event that is done.
  std::int64_t time_ns(const cuda::Event& event) const;
  // Half the width of the latest bracket: how far off the tie can be.
  double uncertainty_us() const { return uncertainty_us_; }

 private:
  void tie();

  const cuda::Device& device_;
  const Clock& clock_;
  cuda::Stream stream_;  // of its own: the engine's is never idle
  cuda::Event tied_;
  std::int64_t tied_ns_ = 0;
  double uncertainty_us_ = 0.0;
};

}  // namespace layerwatt
