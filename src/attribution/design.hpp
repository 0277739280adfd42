// One row of the linear model y = W p at a time: what share of a reading each column has.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "attribution/convolution.hpp"

namespace layerwatt {

// A sparse row: weights over columns, and which of them are not 0.
class SparseRow {
 public:
  explicit SparseRow(std::size_t columns);
  void clear();
  void scale(double factor);
  void add(std::uint32_t column, double weight);
  void add_scaled(const SparseRow& other, double factor);
  std::span<const double> weights() const { return weights_; }
  std::span<const std::uint32_t> touched() const { return touched_; }

 private:
  std::vector<double> weights_;
  std::vector<char> is_touched_;
  std::vector<std::uint32_t> touched_;
};

// Builds rows for readings at ascending times; a whole pass keeps one row in memory.
class DesignRow {
 public:
  DesignRow(const Segments& segments, const Response& response)
      : walk_(segments, response, SparseRow(segments.columns())) {}

  // The weights of a reading stamped at `time_ms`; they sum to 1.
  void compute(double time_ms) { walk_.compute(time_ms); }
  // The same for a reading with a window of its own (an energy counter's step).
  void compute(double time_ms, double window_ms) { walk_.compute(time_ms, window_ms); }
  std::span<const double> weights() const { return walk_.sum().weights(); }
  std::span<const std::uint32_t> touched() const { return walk_.sum().touched(); }
  const std::shared_ptr<SegmentDecays>& decays() const { return walk_.decays(); }

 private:
  Convolution<SparseRow> walk_;
};

}  // namespace layerwatt
