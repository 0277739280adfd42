// Tells a gap in a stream of lines from its usual pace, which it follows.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "layerwatt/units.hpp"

namespace layerwatt {

class LineGaps {
 public:
  // usual_ms: the pace to begin with.
  explicit LineGaps(double usual_ms) : usual_ms_(usual_ms) {}

  // How long there was no line, where that is out of the ordinary. In logs of real boards lines
  // come within 10 % of their pace, and a rare one is a few times late.
  std::optional<double> gap_ms(std::int64_t time_ns) {
    const std::optional<std::int64_t> last_ns = last_ns_;
    last_ns_ = time_ns;
    if (!last_ns) return std::nullopt;
    const double passed_ms = milliseconds_between(*last_ns, time_ns).value;
    if (passed_ms > std::max(5.0 * usual_ms_, usual_ms_ + 50.0)) return passed_ms;
    usual_ms_ += (passed_ms - usual_ms_) / 16.0;
    return std::nullopt;
  }
  double usual_ms() const { return usual_ms_; }

 private:
  double usual_ms_;
  std::optional<std::int64_t> last_ns_;
};

}  // namespace layerwatt
