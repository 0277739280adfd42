// The mean of a correlated series and how well it is known, in constant memory.
//
// Readings of a sensor whose window overlaps the next reading, or layer times that drift with the
// clock, are not independent: std/sqrt(n) would claim far too much. Means of long batches are
// nearly independent, whatever the correlation inside a batch, as long as a batch is longer than
// the correlation (Law & Kelton, Simulation Modeling and Analysis, 9.5.3). The batches double in
// length as the series grows, so there are always between 32 and 64 full ones.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace layerwatt {

class BatchMeans {
 public:
  void add(double value);

  std::size_t count() const { return count_; }
  // Of all values; NaN for none.
  double mean() const;
  // Half width of the 95 % interval of the mean; empty before 16 full batches.
  std::optional<double> half_width95() const;

 private:
  std::vector<double> batch_sums_;
  std::size_t batch_size_ = 1;
  double open_sum_ = 0.0;
  std::size_t open_count_ = 0;
  double total_ = 0.0;
  std::size_t count_ = 0;
};

// The 97.5 % point of Student's t, from the Cornish-Fisher expansion about the normal: within 0.1 %
// for five degrees of freedom and more.
double student_t975(std::size_t degrees_of_freedom);

}  // namespace layerwatt
