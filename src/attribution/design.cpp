#include "attribution/design.hpp"

namespace layerwatt {

SparseRow::SparseRow(std::size_t columns) : weights_(columns, 0.0), is_touched_(columns, 0) {
  touched_.reserve(columns);
}

void SparseRow::clear() {
  for (const std::uint32_t column : touched_) {
    weights_[column] = 0.0;
    is_touched_[column] = 0;
  }
  touched_.clear();
}

void SparseRow::scale(double factor) {
  for (const std::uint32_t column : touched_) weights_[column] *= factor;
}

void SparseRow::add(std::uint32_t column, double weight) {
  if (is_touched_[column] == 0) {
    is_touched_[column] = 1;
    touched_.push_back(column);
  }
  weights_[column] += weight;
}

void SparseRow::add_scaled(const SparseRow& other, double factor) {
  for (const std::uint32_t column : other.touched_) add(column, factor * other.weights_[column]);
}

}  // namespace layerwatt
