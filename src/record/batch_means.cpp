#include "record/batch_means.hpp"

#include <cmath>
#include <limits>

namespace layerwatt {
namespace {

constexpr std::size_t kMaxBatches = 64;
constexpr std::size_t kMinBatches = 16;

}  // namespace

void BatchMeans::add(double value) {
  total_ += value;
  ++count_;
  open_sum_ += value;
  if (++open_count_ < batch_size_) return;
  batch_sums_.push_back(open_sum_);
  open_sum_ = 0.0;
  open_count_ = 0;
  if (batch_sums_.size() < kMaxBatches) return;
  for (std::size_t i = 0; i < kMaxBatches / 2; ++i) {
    batch_sums_[i] = batch_sums_[2 * i] + batch_sums_[2 * i + 1];
  }
  batch_sums_.resize(kMaxBatches / 2);
  batch_size_ *= 2;
}

double BatchMeans::mean() const {
  return count_ == 0 ? std::numeric_limits<double>::quiet_NaN()
                     : total_ / static_cast<double>(count_);
}

std::optional<double> BatchMeans::half_width95() const {
  const std::size_t batches = batch_sums_.size();
  if (batches < kMinBatches) return std::nullopt;
  const double n = static_cast<double>(batches);
  const double size = static_cast<double>(batch_size_);
  double grand = 0.0;
  for (const double sum : batch_sums_) grand += sum / size;
  grand /= n;
  double squares = 0.0;
  for (const double sum : batch_sums_) squares += (sum / size - grand) * (sum / size - grand);
  return student_t975(batches - 1) * std::sqrt(squares / (n - 1.0) / n);
}

double student_t975(std::size_t degrees_of_freedom) {
  const double v = static_cast<double>(degrees_of_freedom);
  return 1.959964 + 2.372271 / v + 2.822499 / (v * v) + 2.555850 / (v * v * v);
}

}  // namespace layerwatt
