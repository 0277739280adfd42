// Statistics of readings in the order in which they were taken. Free functions, no units.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "layerwatt/result.hpp"

namespace layerwatt {

// The 97.5 % quantile of Student's t (two-sided 95 %). degrees >= 1.
double student_t(std::size_t degrees);

// Cuts `items` consecutive items into `count` runs whose lengths differ by at most one.
struct Batches {
  std::size_t items = 0;
  std::size_t count = 0;

  std::size_t of(std::size_t item) const { return item * count / items; }
  // The first item of a batch; of batch `count`: items.
  std::size_t first(std::size_t batch) const { return (batch * items + count - 1) / count; }
  std::size_t length(std::size_t batch) const { return first(batch + 1) - first(batch); }
};

// How many batches the mean of `readings` consecutive readings is judged by: 20, or 10 for fewer
// than 200 readings (so that a batch keeps at least four), or 0 for fewer than 40.
std::size_t batch_count(std::size_t readings);

// Half of the 95 % interval of an estimate that is, to first order, the truth plus the sum of
// `influence`: one term a batch, the terms independent of each other and equally spread. `used` is
// the number of batches that held data. Empty for fewer than two.
std::optional<double> half_width(std::span<const double> influence, std::size_t used);

// 95 % interval of the mean of readings that may follow each other closely (a clock that drifts, a
// sensor that smooths). 1.96 * std / sqrt(n) takes them for independent and is then too narrow by
// any factor. From 40 readings on: batch means, i.e. Student's t with batch_count - 1 degrees of
// freedom on the means of consecutive runs, which is right as long as the correlation is short
// against n / 20 readings. Below 40: Student's t with n - 1 degrees of freedom, which has to take
// them for independent. Empty below two.
std::optional<Interval> mean_interval(std::span<const double> readings, double mean);

// From the median of what a normal distribution is off its median, regardless of sign, to its
// standard deviation.
inline constexpr double kMadToStd = 1.4826;

// Of an even number, the upper of the two in the middle; NaN for none.
double median(std::vector<double> values);

// Hyndman & Fan type 7 (numpy's default). Partially sorts `readings` from `sorted` on, where all
// before `sorted` are already known to be no larger; so ascending calls cost O(n) together.
double percentile(std::span<double> readings, double share, std::size_t sorted = 0);

// O(n). Missing "no_readings" for none.
Known<Metric> metric(std::vector<double> readings);

}  // namespace layerwatt
