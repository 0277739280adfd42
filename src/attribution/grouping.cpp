#include "attribution/grouping.hpp"

#include <algorithm>
#include <optional>

#include "layerwatt/units.hpp"

namespace layerwatt {
namespace {

constexpr const char* kReason = "not_separable";

std::optional<double> half_of(const Known<Estimate>& estimate) {
  if (!estimate || !estimate->ci95) return std::nullopt;
  // The lower end may be clipped at 0.
  return estimate->ci95->hi - estimate->mean;
}

struct Remainder {
  Known<Estimate> group_mj;
  double power_mw = 0.0;  // of the remainder, over its time
};

// `column` picks the rail or the total of a part.
template <class Column>
Remainder remainder(const PowerEstimates& estimates, const std::vector<bool>& grouped,
                    const Known<Estimate>& measured_mj, const SlotTimes& times, Column column) {
  if (!measured_mj) return {Missing{measured_mj.reason()}};
  double energy = measured_mj->mean;
  std::optional<double> half = half_of(measured_mj);
  double group_ms = 0.0;
  const auto take_off = [&](const LayerPower& part) {
    const Known<Estimate>& known = column(part).energy_mj;
    if (!known) return;  // never reported: no time, no energy
    energy -= known->mean;
    const std::optional<double> more = half_of(known);
    half = half && more ? std::optional(*half + *more) : std::nullopt;
  };
  const std::size_t outside = estimates.layers.size();
  for (std::size_t j = 0; j < outside; ++j) {
    if (grouped[j]) {
      group_ms += times.mean_ms[j];
    } else {
      take_off(estimates.layers[j]);
    }
  }
  const double outside_ms = grouped[outside] ? times.mean_ms[outside] : 0.0;
  if (!grouped[outside]) take_off(estimates.outside);
  // The parts taken off were overestimated: there is no share left to speak of.
  if (energy < 0.0 || group_ms + outside_ms <= 0.0) return {Missing{kReason}};

  const Milliwatts power = Millijoules{energy} / Milliseconds{group_ms + outside_ms};
  const double outside_mj = (power * Milliseconds{outside_ms}).value;
  const double mean = energy - outside_mj;
  Estimate group{mean, std::nullopt};
  if (half) {
    const double all = *half + outside_mj;
    group.ci95 = Interval{std::max(0.0, mean - all), mean + all};
  }
  return {group, power.value};
}

// By time: the same power for every member.
ColumnPower split(const Remainder& of, double ms) {
  if (!of.group_mj) return {Missing{of.group_mj.reason()}, Missing{of.group_mj.reason()}};
  const Milliwatts power{of.power_mw};
  return {Estimate{power.value, std::nullopt},
          Estimate{(power * Milliseconds{ms}).value, std::nullopt}};
}

}  // namespace

void share_group(PowerEstimates& estimates, std::vector<bool> grouped, const Measured& measured,
                 const SlotTimes& times) {
  const std::size_t outside = estimates.layers.size();
  const auto part = [&](std::size_t s) -> LayerPower& {
    return s == outside ? estimates.outside : estimates.layers[s];
  };
  for (std::size_t s = 0; s <= outside; ++s) {
    if (part(s).samples == 0 && part(s).reason == "no_samples") grouped[s] = true;
  }
  LayerGroup group;
  for (std::size_t j = 0; j < outside; ++j) {
    if (grouped[j]) group.layers.push_back(j);
  }
  if (group.layers.empty()) return;

  const auto apply = [&](const Known<Estimate>& measured_mj, auto column) {
    const Remainder rest = remainder(estimates, grouped, measured_mj, times, column);
    for (std::size_t s = 0; s <= outside; ++s) {
      if (grouped[s]) column(part(s)) = split(rest, times.mean_ms[s]);
    }
    return rest.group_mj;
  };
  group.energy_mj = apply(
      measured.total.energy_mj, [](auto& of) -> auto& { return of.total; });
  for (std::size_t r = 0; r < measured.rails.size(); ++r) {
    apply(
        measured.rails[r].energy_mj, [r](auto& of) -> auto& { return of.rails[r]; });
  }
  for (std::size_t s = 0; s <= outside; ++s) {
    if (!grouped[s]) continue;
    part(s).reason = kReason;
    if (s < outside) part(s).group = estimates.groups.size();
  }
  estimates.groups.push_back(std::move(group));
}

}  // namespace layerwatt
