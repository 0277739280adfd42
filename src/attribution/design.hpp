// One row of the linear model y = W p at a time: what share of a reading each column has.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "attribution/response.hpp"
#include "attribution/segments.hpp"

namespace layerwatt {

// A sparse row: weights over columns, and which of them are not 0.
class SparseRow {
 public:
  explicit SparseRow(std::size_t columns);
  void clear();
  void add(std::uint32_t column, double weight);
  std::span<const double> weights() const { return weights_; }
  std::span<const std::uint32_t> touched() const { return touched_; }

 private:
  std::vector<double> weights_;
  std::vector<char> is_touched_;
  std::vector<std::uint32_t> touched_;
};

// The low pass of every column's indicator, carried along the timeline: one multiplication a column
// and one exponential a segment edge, however long the time constant is.
class LowPassState {
 public:
  LowPassState(const Segments& segments, double time_constant_ms);
  // Moves forward to `time_ms`; an earlier time is an error of the caller and is ignored.
  void advance(double time_ms);
  std::span<const double> state() const { return state_; }

 private:
  void forget_until(double time_ms);

  const Segments& segments_;
  double tau_;
  double at_ms_;
  std::size_t next_ = 0;  // the first segment that ends after at_ms_
  std::vector<double> state_;
};

// Builds rows for readings at ascending times; the place in the timeline is remembered, so a whole
// pass costs O(readings × segments under the window) and keeps one row in memory.
class DesignRow {
 public:
  DesignRow(const Segments& segments, const Response& response);

  // The weights of a reading stamped at `time_ms`; they sum to 1.
  void compute(double time_ms);
  // The same for a reading with a window of its own (an energy counter's step).
  void compute(double time_ms, double window_ms);
  std::span<const double> weights() const { return row_.weights(); }
  std::span<const std::uint32_t> touched() const { return row_.touched(); }

 private:
  void set_shape(const Response& response);
  void add_direct(double now_ms);

  const Segments& segments_;
  Response response_;
  StepResponse step_;
  double latency_ms_;
  double window_ms_;
  double tau_ms_ = 0.0;               // > 0: the low pass is carried by the two states below
  std::vector<LowPassState> states_;  // at the newer and at the older end of the box
  std::size_t hint_ = 0;
  SparseRow row_;
};

}  // namespace layerwatt
