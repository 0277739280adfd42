// What a sensor reads of given powers: a row of the linear model times them, without the row, which
// is several times cheaper.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <utility>

#include "attribution/convolution.hpp"

namespace layerwatt {

// Shares of columns, times their powers, added up.
struct PowerSum {
  std::span<const double> column_mw;
  double mw = 0.0;

  void clear() { mw = 0.0; }
  void scale(double factor) { mw *= factor; }
  void add(std::uint32_t column, double share) { mw += share * column_mw[column]; }
  void add_scaled(const PowerSum& other, double factor) { mw += factor * other.mw; }
};

// For readings at ascending times. `column_mw` is looked at, not copied.
class ExpectedReading {
 public:
  ExpectedReading(const Segments& segments, const Response& response,
                  std::span<const double> column_mw,
                  std::shared_ptr<SegmentDecays> decays = nullptr)
      : walk_(segments, response, PowerSum{column_mw}, std::move(decays)) {}

  void compute(double time_ms) { walk_.compute(time_ms); }
  void compute(double time_ms, double window_ms) { walk_.compute(time_ms, window_ms); }
  double mw() const { return walk_.sum().mw; }
  const std::shared_ptr<SegmentDecays>& decays() const { return walk_.decays(); }

 private:
  Convolution<PowerSum> walk_;
};

}  // namespace layerwatt
