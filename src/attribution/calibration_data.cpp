#include "attribution/calibration_data.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace layerwatt {
namespace {

constexpr double kShortestIdleMs = 0.5;

double total_of(const PowerSamples& power, std::size_t k) {
  if (power.has_total()) return power.total_mw(k);
  double sum = 0.0;
  for (const double value : power.row(k)) sum += value;
  return sum;
}

}  // namespace

CalibrationSegments calibration_segments(const Iterations& iterations, double block_ms) {
  CalibrationSegments out;
  const Segments plain = make_segments(iterations);
  if (plain.column.empty()) {
    out.segments = plain;
    return out;
  }
  const double last_ms = plain.edge_ms.back();
  const auto blocks = static_cast<std::size_t>(std::max(1.0, std::floor(last_ms / block_ms)));
  const std::size_t gap = plain.columns();
  const std::size_t each = gap + 1;
  out.segments.origin_ns = plain.origin_ns;
  // columns() is more: the idle time around the run, and two that are never used here.
  out.segments.layers = blocks * each;
  out.idle.assign(out.segments.columns(), false);
  out.idle[out.segments.idle()] = true;
  bool was_idle = true;
  for (std::size_t i = 0; i < plain.column.size(); ++i) {
    const double begin_ms = plain.edge_ms[i];
    const double end_ms = plain.edge_ms[i + 1];
    const auto block = std::min(
        blocks - 1, static_cast<std::size_t>(begin_ms / last_ms * static_cast<double>(blocks)));
    const bool idle = plain.column[i] == plain.between() && end_ms - begin_ms >= kShortestIdleMs;
    const bool short_gap = plain.column[i] == plain.between() && !idle;
    const auto column =
        static_cast<std::uint32_t>(block * each + (short_gap ? gap : plain.column[i]));
    if (idle) out.idle[column] = true;
    if (was_idle && !idle) out.on_ms.push_back(begin_ms);
    if (!was_idle && idle) out.off_ms.push_back(begin_ms);
    was_idle = idle;
    if (!out.segments.column.empty() && out.segments.column.back() == column) continue;
    out.segments.edge_ms.push_back(begin_ms);
    out.segments.column.push_back(column);
  }
  if (!was_idle) out.off_ms.push_back(last_ms);
  out.segments.edge_ms.push_back(last_ms);
  return out;
}

Readings calibration_readings(const PowerSamples& power, const Segments& segments) {
  Readings out;
  const bool energy = power.reading == Reading::energy;
  std::optional<double> begin_ms;
  for (std::size_t k = 0; k < power.size(); ++k) {
    const double mw = total_of(power, k);
    if (std::isnan(mw)) {
      begin_ms.reset();
      continue;
    }
    const double end_ms = segments.ms(power.time_ns[k]);
    if (energy) {
      const double own_ms = segments.ms(power.begin_ns[k]);
      const double from_ms = begin_ms.value_or(own_ms);
      if (mw == 0.0) {
        begin_ms = from_ms;
        continue;
      }
      begin_ms.reset();
      out.window_ms.push_back(end_ms - from_ms);
      out.value.push_back(mw * (end_ms - own_ms) / (end_ms - from_ms));
    } else {
      out.value.push_back(mw);
    }
    out.time_ms.push_back(end_ms);
    out.weight.push_back(1.0);
  }
  return out;
}

std::vector<ChangeBracket> changes_of(const PowerSamples& power, const Segments& segments) {
  std::vector<ChangeBracket> changes;
  for (std::size_t k = 0; k < power.size(); ++k) {
    const auto row = power.row(k);
    if (power.reading == Reading::energy) {
      if (std::any_of(row.begin(), row.end(), [](double mw) { return mw != 0.0; })) {
        changes.push_back({segments.ms(power.begin_ns[k]), segments.ms(power.time_ns[k])});
      }
      continue;
    }
    if (k == 0) continue;
    const auto before = power.row(k - 1);
    if (!std::equal(row.begin(), row.end(), before.begin())) {
      changes.push_back({segments.ms(power.time_ns[k - 1]), segments.ms(power.time_ns[k])});
    }
  }
  return changes;
}

double usual_gap_ms(const PowerSamples& power) {
  std::vector<double> gaps;
  for (std::size_t k = 1; k < power.size(); ++k) {
    gaps.push_back(static_cast<double>(power.time_ns[k] - power.time_ns[k - 1]) / 1e6);
  }
  if (gaps.empty()) return 0.0;
  const auto middle = gaps.begin() + static_cast<std::ptrdiff_t>(gaps.size() / 2);
  std::nth_element(gaps.begin(), middle, gaps.end());
  return *middle;
}

Readings at_updates(const Readings& readings, const UpdateGrid& grid, double margin_ms) {
  Readings out;
  out.channels = readings.channels;
  const bool energy = !readings.window_ms.empty();
  double last_index = -std::numeric_limits<double>::infinity();
  for (std::size_t k = 0; k < readings.size(); ++k) {
    const double turns = (readings.time_ms[k] - grid.phase_ms) / grid.period_ms;
    const double index = std::floor(turns);
    const double age_ms = (turns - index) * grid.period_ms;
    // A counter is only given where it had moved: the update lies in the interval itself.
    if (!energy &&
        (index == last_index || age_ms < margin_ms || age_ms > grid.period_ms - margin_ms)) {
      continue;
    }
    const double at_ms = grid.phase_ms + index * grid.period_ms;
    if (energy) {
      const double begin_ms = readings.time_ms[k] - readings.window_ms[k];
      const double begin_index = std::floor((begin_ms - grid.phase_ms) / grid.period_ms);
      if (begin_index >= index) continue;
      const double length_ms = (index - begin_index) * grid.period_ms;
      out.window_ms.push_back(length_ms);
      out.value.push_back(readings.value[k] * readings.window_ms[k] / length_ms);
    } else {
      out.value.push_back(readings.value[k]);
    }
    last_index = index;
    out.time_ms.push_back(at_ms);
    out.weight.push_back(readings.weight[k]);
  }
  return out;
}

}  // namespace layerwatt
