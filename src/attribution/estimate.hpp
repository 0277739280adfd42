// From sums in batches of consecutive inferences to a power, an energy and what they may be off by.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace layerwatt {

// Readings that were added up: each counted by its weight (1, or the time it stands for).
struct Cell {
  double sum = 0.0;
  double weight = 0.0;

  void add(double value, double w) {
    sum += value * w;
    weight += w;
  }
};

// Cells by slot (a layer, the time outside), column (a rail, the total) and batch.
class CellTable {
 public:
  CellTable() = default;
  CellTable(std::size_t slots, std::size_t columns, std::size_t batches)
      : columns_(columns), batches_(batches), cells_(slots * columns * batches) {}

  Cell& at(std::size_t slot, std::size_t column, std::size_t batch) {
    return cells_[(slot * columns_ + column) * batches_ + batch];
  }
  std::span<const Cell> batches(std::size_t slot, std::size_t column) const {
    return {cells_.data() + (slot * columns_ + column) * batches_, batches_};
  }
  std::size_t columns() const { return columns_; }

 private:
  std::size_t columns_ = 0;
  std::size_t batches_ = 0;
  std::vector<Cell> cells_;
};

struct PowerAndEnergy {
  double power_mw = 0.0;
  double energy_mj = 0.0;  // per inference: power × mean time
  // Half of the 95 % interval from the scatter between batches alone; empty where fewer than two
  // batches hold readings.
  std::optional<double> power_half_mw;
  std::optional<double> energy_half_mj;
};

// Power: Σ value × weight / Σ weight over all batches. Energy: that times the mean time per
// inference, Σ batch_ms / inferences. The batches' scatter carries the autocorrelation of readings
// closer together than a batch, and that power and time move together (a clock that steps down
// makes both longer and lower). Empty where the cells hold no reading.
std::optional<PowerAndEnergy> power_and_energy(std::span<const Cell> batches,
                                               std::span<const double> batch_ms,
                                               std::size_t inferences);

}  // namespace layerwatt
