#include "attribution/estimate.hpp"

#include "attribution/statistics.hpp"
#include "layerwatt/units.hpp"

namespace layerwatt {

std::optional<PowerAndEnergy> power_and_energy(std::span<const Cell> batches,
                                               std::span<const double> batch_ms,
                                               std::size_t inferences) {
  Cell all;
  std::size_t used = 0;
  for (const Cell& cell : batches) {
    all.sum += cell.sum;
    all.weight += cell.weight;
    used += cell.weight > 0.0 ? 1 : 0;
  }
  if (all.weight <= 0.0) return std::nullopt;
  const double n = static_cast<double>(inferences);
  double mean_ms = 0.0;
  for (const double ms : batch_ms) mean_ms += ms / n;

  PowerAndEnergy result;
  result.power_mw = all.sum / all.weight;
  result.energy_mj = (Milliwatts{result.power_mw} * Milliseconds{mean_ms}).value;

  const Batches cut{inferences, batches.size()};
  std::vector<double> power_influence(batches.size());
  std::vector<double> energy_influence(batches.size());
  for (std::size_t b = 0; b < batches.size(); ++b) {
    power_influence[b] = (batches[b].sum - result.power_mw * batches[b].weight) / all.weight;
    const double time = (batch_ms[b] - mean_ms * static_cast<double>(cut.length(b))) / n;
    energy_influence[b] = (Milliwatts{power_influence[b]} * Milliseconds{mean_ms} +
                           Milliwatts{result.power_mw} * Milliseconds{time})
                              .value;
  }
  result.power_half_mw = half_width(power_influence, used);
  result.energy_half_mj = half_width(energy_influence, used);
  return result;
}

}  // namespace layerwatt
