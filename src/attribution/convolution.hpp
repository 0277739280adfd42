// What share of a reading each segment of the timeline has, added up: for a row of the linear model
// (design.hpp) or for the reading that given powers make (expected_reading.hpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>

#include "attribution/response.hpp"
#include "attribution/segment_decays.hpp"
#include "attribution/segments.hpp"

namespace layerwatt {

// For readings at ascending times: the place in the timeline is remembered, and so is what a low
// pass still holds at the older end of the box. A pass costs O(segments under the readings), and
// with a box far longer than the readings are apart O(segments between them): the box moves along.
//
// `Sum` takes the shares: clear(), scale(factor), add(column, share), and add_scaled(other,
// factor).
template <class Sum>
class Convolution {
 public:
  // `empty` is a Sum with nothing in it. `decays` may be those of another walk of the same segments
  // and time constant, in the same thread.
  Convolution(const Segments& segments, const Response& response, Sum empty,
              std::shared_ptr<SegmentDecays> decays = nullptr);

  // Of a reading stamped at `time_ms`; the shares sum to 1.
  void compute(double time_ms);
  // The same for a reading with a window of its own (an energy counter's step).
  void compute(double time_ms, double window_ms);
  const Sum& sum() const { return sum_; }
  // Empty where the response needs none.
  const std::shared_ptr<SegmentDecays>& decays() const { return decays_; }

 private:
  void set_shape(const Response& response);
  void add_direct(double now_ms);
  void add_box(double now_ms);
  // The box's content at `now_ms` from that of the reading before; false where that is no help.
  bool move_box(double now_ms);
  // What there is of each column in a stretch, times `factor`. `segment` is near its begin, and is
  // then that of its end.
  void add_lengths(double from_ms, double until_ms, double factor, std::size_t& segment, Sum& to);
  // The low pass: what time from `from_ms` to `until_ms` leaves in its state at `until_ms`, times
  // `factor`. `segment` is one that is not after `until_ms`.
  void add_left(double from_ms, double until_ms, std::size_t segment, double factor, Sum& to);
  std::size_t segment_at(double time_ms, std::size_t hint) const;
  void carry_to(double time_ms);

  const Segments& segments_;
  Response response_;
  StepResponse step_;
  double latency_ms_;
  double window_ms_;
  double tau_ms_ = 0.0;  // > 0: the low pass is carried along
  bool box_alone_ = false;
  std::shared_ptr<SegmentDecays> decays_;
  std::size_t hint_ = 0;
  std::size_t newer_hint_ = 0;
  double before_ms_ = -std::numeric_limits<double>::infinity();  // the reading before
  // What is in the box, in ms of each column; of no use while moves_ is below 0.
  Sum box_;
  double box_from_ms_ = 0.0;
  double box_until_ms_ = 0.0;
  int moves_ = -1;
  Sum sum_;
  Sum older_;  // the low pass's state at older_ms_
  double older_ms_;
  std::size_t older_segment_ = 0;
};

}  // namespace layerwatt
