#include "record/power_summary.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "layerwatt/units.hpp"
#include "record/batch_means.hpp"

namespace layerwatt {
namespace {

constexpr double kLeastCoverage = 0.5;

struct Span {
  std::int64_t begin = 0;
  std::int64_t end = 0;
};

std::int64_t usual_period(const std::vector<std::int64_t>& times) {
  std::vector<std::int64_t> steps;
  for (std::size_t i = 1; i < times.size(); ++i) steps.push_back(times[i] - times[i - 1]);
  if (steps.empty()) return 0;
  const auto middle = steps.begin() + static_cast<std::ptrdiff_t>(steps.size() / 2);
  std::nth_element(steps.begin(), middle, steps.end());
  return *middle;
}

// The time that each reading speaks of.
std::vector<Span> spans_of(const PowerSamples& power, const SensorModel& model) {
  std::vector<Span> spans(power.size());
  if (power.reading == Reading::energy) {
    for (std::size_t i = 0; i < power.size(); ++i) spans[i] = {power.begin_ns[i], power.time_ns[i]};
    return spans;
  }
  const auto delay = static_cast<std::int64_t>(
      (model.latency_ms.value_or(0.0) + model.window_ms.value_or(0.0) / 2.0) * kNsPerMs);
  const std::vector<std::int64_t>& times = power.time_ns;
  const std::int64_t usual = usual_period(times);
  for (std::size_t i = 0; i < times.size(); ++i) {
    const std::int64_t before = i > 0 ? (times[i] - times[i - 1]) / 2 : usual / 2;
    const std::int64_t after = i + 1 < times.size() ? (times[i + 1] - times[i]) / 2 : usual / 2;
    spans[i] = {times[i] - std::min(before, usual) - delay,
                times[i] + std::min(after, usual) - delay};
  }
  return spans;
}

class Integral {
 public:
  void add(double mw, std::int64_t ns) {
    if (std::isnan(mw) || ns <= 0) return;
    weighted_ += mw * static_cast<double>(ns);
    covered_ns_ += static_cast<double>(ns);
    peak_ = std::max(peak_.value_or(mw), mw);
    means_.add(mw);
  }

  RailSummary summary(const std::string& rail, bool in_total, double duration_ns) const {
    RailSummary found;
    found.rail = rail;
    found.in_total = in_total;
    found.coverage = duration_ns > 0.0 ? std::min(1.0, covered_ns_ / duration_ns) : 0.0;
    if (!peak_) {
      found.power_mw = found.energy_mj = Missing{"no_samples"};
      found.peak_mw = Missing{"no_samples"};
      return found;
    }
    found.peak_mw = *peak_;
    if (found.coverage < kLeastCoverage) {
      found.power_mw = found.energy_mj = Missing{"too_few_readings"};
      return found;
    }
    const Milliseconds duration{duration_ns / kNsPerMs};
    Estimate power{weighted_ / covered_ns_, std::nullopt};
    Estimate energy{(Milliwatts{power.mean} * duration).value, std::nullopt};
    if (const auto half = means_.half_width95()) {
      power.ci95 = Interval{power.mean - *half, power.mean + *half};
      const double half_mj = (Milliwatts{*half} * duration).value;
      energy.ci95 = Interval{energy.mean - half_mj, energy.mean + half_mj};
    }
    found.power_mw = power;
    found.energy_mj = energy;
    return found;
  }

 private:
  double weighted_ = 0.0;
  double covered_ns_ = 0.0;
  std::optional<double> peak_;
  BatchMeans means_;
};

}  // namespace

PowerSummary summarize_power(const PowerSamples& power, const SensorModel& model,
                             std::int64_t begin_ns, std::int64_t end_ns) {
  const std::vector<Span> spans = spans_of(power, model);
  std::vector<Integral> rails(power.rails.size());
  Integral total;
  for (std::size_t i = 0; i < power.size(); ++i) {
    const std::int64_t inside = std::min(spans[i].end, end_ns) - std::max(spans[i].begin, begin_ns);
    const std::span<const double> row = power.row(i);
    for (std::size_t rail = 0; rail < rails.size(); ++rail) rails[rail].add(row[rail], inside);
    if (power.has_total()) total.add(power.total_mw(i), inside);
  }
  const auto duration_ns = static_cast<double>(end_ns - begin_ns);
  PowerSummary summary;
  summary.duration_ms = duration_ns / kNsPerMs;
  for (std::size_t rail = 0; rail < rails.size(); ++rail) {
    summary.rails.push_back(
        rails[rail].summary(power.rails[rail].name, power.rails[rail].in_total, duration_ns));
  }
  summary.total = total.summary("total", true, duration_ns);
  if (!power.has_total()) {
    const Missing no_total{power.rails.empty() ? "no_power" : "no_total_rails"};
    summary.total.power_mw = summary.total.energy_mj = no_total;
    summary.total.peak_mw = no_total;
  }
  return summary;
}

}  // namespace layerwatt
