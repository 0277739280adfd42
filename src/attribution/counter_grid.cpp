#include "attribution/counter_grid.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "attribution/statistics.hpp"

namespace layerwatt {
namespace {

constexpr std::size_t kLeastStamps = 20;
constexpr double kMostOff = 0.03;   // of the period
constexpr double kMostAlike = 0.5;  // correlation of neighbours
constexpr double kKept = 3.0;       // robust standard deviations
constexpr int kTurns = 6;

struct Line {
  double begin_ms = 0.0;
  double period_ms = 0.0;
  double at(double periods) const { return begin_ms + period_ms * periods; }
};

Line fit_line(const std::vector<double>& periods, const std::vector<double>& stamps,
              const std::vector<bool>& kept) {
  double n = 0.0;
  double mean_x = 0.0;
  double mean_y = 0.0;
  for (std::size_t i = 0; i < stamps.size(); ++i) {
    if (!kept[i]) continue;
    ++n;
    mean_x += periods[i];
    mean_y += stamps[i];
  }
  mean_x /= n;
  mean_y /= n;
  double xx = 0.0;
  double xy = 0.0;
  for (std::size_t i = 0; i < stamps.size(); ++i) {
    if (!kept[i]) continue;
    xx += (periods[i] - mean_x) * (periods[i] - mean_x);
    xy += (periods[i] - mean_x) * (stamps[i] - mean_y);
  }
  const double period = xy / xx;  // of half the stamps at least, each of a period of its own
  return {mean_y - period * mean_x, period};
}

double neighbours_alike(const std::vector<double>& off) {
  double both = 0.0;
  double squares = 1e-300;
  for (std::size_t i = 0; i < off.size(); ++i) {
    squares += off[i] * off[i];
    if (i > 0) both += off[i] * off[i - 1];
  }
  return both / squares;
}

}  // namespace

bool put_on_grid(std::vector<double>& stamps_ms) {
  if (stamps_ms.size() < kLeastStamps) return false;
  std::vector<double> lengths;
  for (std::size_t i = 1; i < stamps_ms.size(); ++i) {
    lengths.push_back(stamps_ms[i] - stamps_ms[i - 1]);
  }
  const double usual_ms = median(lengths);
  if (!(usual_ms > 0.0)) return false;
  // From one stamp to the next, not from the first: the median is not yet the period to 1e-5.
  std::vector<double> periods = {0.0};
  for (const double length : lengths) {
    periods.push_back(periods.back() + std::max(1.0, std::round(length / usual_ms)));
  }
  std::vector<bool> kept(stamps_ms.size(), true);
  std::vector<double> off(stamps_ms.size());
  Line line;
  double std_ms = 0.0;
  for (int turn = 0; turn < kTurns; ++turn) {
    line = fit_line(periods, stamps_ms, kept);
    for (std::size_t i = 0; i < off.size(); ++i) off[i] = stamps_ms[i] - line.at(periods[i]);
    std::vector<double> size;
    const double middle = median(off);
    for (const double o : off) size.push_back(std::abs(o - middle));
    std_ms = kMadToStd * median(std::move(size));
    for (std::size_t i = 0; i < off.size(); ++i) {
      kept[i] = std::abs(off[i] - middle) <= kKept * std::max(std_ms, 1e-9 * usual_ms);
    }
  }
  std::vector<double> usual_off;
  for (std::size_t i = 0; i < off.size(); ++i) {
    if (kept[i]) usual_off.push_back(off[i]);
  }
  if (std_ms > kMostOff * line.period_ms) return false;
  // What is exactly on the line is off by rounding alone, and that may well be alike.
  if (std_ms > 1e-6 * line.period_ms && neighbours_alike(usual_off) > kMostAlike) return false;
  for (std::size_t i = 0; i < stamps_ms.size(); ++i) stamps_ms[i] = line.at(periods[i]);
  return true;
}

}  // namespace layerwatt
