#include "attribution/statistics.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

namespace layerwatt {
namespace {

constexpr std::size_t kBatches = 20;
constexpr std::size_t kFewBatches = 10;
constexpr std::size_t kReadingsForAllBatches = 200;
constexpr std::size_t kReadingsForBatches = 40;

// Published two-sided 95 % values for 1 to 30 degrees of freedom.
constexpr std::array<double, 30> kStudentT = {
    12.70620, 4.30265, 3.18245, 2.77645, 2.57058, 2.44691, 2.36462, 2.30600, 2.26216, 2.22814,
    2.20099,  2.17881, 2.16037, 2.14479, 2.13145, 2.11991, 2.10982, 2.10092, 2.09302, 2.08596,
    2.07961,  2.07387, 2.06866, 2.06390, 2.05954, 2.05553, 2.05183, 2.04841, 2.04523, 2.04227};

double squared_deviations(std::span<const double> readings, double mean) {
  return std::accumulate(readings.begin(), readings.end(), 0.0, [mean](double sum, double reading) {
    return sum + (reading - mean) * (reading - mean);
  });
}

}  // namespace

double student_t(std::size_t degrees) {
  if (degrees <= kStudentT.size()) return kStudentT[degrees - 1];
  // Fisher's expansion about the normal quantile; from 31 degrees on good to five decimals.
  const double z = 1.959963985;
  const double z3 = z * z * z;
  const double z5 = z3 * z * z;
  const double n = static_cast<double>(degrees);
  const double z7 = z5 * z * z;
  return z + (z3 + z) / (4.0 * n) + (5.0 * z5 + 16.0 * z3 + 3.0 * z) / (96.0 * n * n) +
         (3.0 * z7 + 19.0 * z5 + 17.0 * z3 - 15.0 * z) / (384.0 * n * n * n);
}

std::size_t batch_count(std::size_t readings) {
  if (readings < kReadingsForBatches) return 0;
  return readings < kReadingsForAllBatches ? kFewBatches : kBatches;
}

std::optional<double> half_width(std::span<const double> influence, std::size_t used) {
  if (used < 2) return std::nullopt;
  const double squares =
      std::inner_product(influence.begin(), influence.end(), influence.begin(), 0.0);
  const double n = static_cast<double>(used);
  return student_t(used - 1) * std::sqrt(squares * n / (n - 1.0));
}

std::optional<Interval> mean_interval(std::span<const double> readings, double mean) {
  const std::size_t n = readings.size();
  if (n < 2) return std::nullopt;
  const Batches batches{n, batch_count(n) > 0 ? batch_count(n) : n};
  std::vector<double> influence(batches.count, 0.0);
  for (std::size_t i = 0; i < n; ++i) {
    influence[batches.of(i)] += (readings[i] - mean) / static_cast<double>(n);
  }
  const double half = *half_width(influence, batches.count);
  return Interval{mean - half, mean + half};
}

double median(std::vector<double> values) {
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

double percentile(std::span<double> readings, double share, std::size_t sorted) {
  const double rank = share * static_cast<double>(readings.size() - 1);
  const auto below = static_cast<std::size_t>(rank);
  const double fraction = rank - static_cast<double>(below);
  const auto at = readings.begin() + static_cast<std::ptrdiff_t>(below);
  std::nth_element(readings.begin() + static_cast<std::ptrdiff_t>(std::min(sorted, below)), at,
                   readings.end());
  if (fraction == 0.0) return *at;
  const double next = *std::min_element(at + 1, readings.end());
  return *at + fraction * (next - *at);
}

Known<Metric> metric(std::vector<double> readings) {
  if (readings.empty()) return Missing{"no_readings"};
  Metric result;
  const std::size_t n = readings.size();
  result.count = n;
  result.mean = std::accumulate(readings.begin(), readings.end(), 0.0) / static_cast<double>(n);
  if (n > 1) {
    result.std = std::sqrt(squared_deviations(readings, result.mean) / static_cast<double>(n - 1));
  }
  // Before the percentiles: they destroy the order of time.
  result.ci95 = mean_interval(readings, result.mean);
  const auto [min, max] = std::minmax_element(readings.begin(), readings.end());
  result.min = *min;
  result.max = *max;
  const auto rank = [n](double share) {
    return static_cast<std::size_t>(share * static_cast<double>(n - 1));
  };
  result.median = percentile(readings, 0.5);
  result.p90 = percentile(readings, 0.9, rank(0.5));
  result.p99 = percentile(readings, 0.99, rank(0.9));
  return result;
}

}  // namespace layerwatt
