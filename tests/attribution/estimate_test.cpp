#include "attribution/estimate.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace layerwatt {
namespace {

TEST(PowerAndEnergy, WeighsReadingsAndMultipliesByTheMeanTime) {
  // 100 mW for 2 ms and 400 mW for 1 ms: 200 mW. Four inferences of together 12 ms: 3 ms each.
  const std::vector<Cell> cells = {{200, 2}, {400, 1}};
  const std::vector<double> batch_ms = {6, 6};
  const auto found = power_and_energy(cells, batch_ms, 4);
  ASSERT_TRUE(found);
  EXPECT_DOUBLE_EQ(found->power_mw, 200.0);
  EXPECT_DOUBLE_EQ(found->energy_mj, 0.6);
  // Influences (200 − 400) / 3 and (400 − 200) / 3; t of one degree of freedom.
  EXPECT_NEAR(*found->power_half_mw, 12.7062 * std::sqrt(2 * 2 * (200.0 / 3) * (200.0 / 3)), 1e-6);
  EXPECT_NEAR(*found->energy_half_mj, *found->power_half_mw * 3 / 1000, 1e-9);
}

// A clock that steps down: 200 mW for 2 ms, then 100 mW for 4 ms. Power and time vary, the energy
// of an inference does not; intervals multiplied would say that it does.
TEST(PowerAndEnergy, PowerAndTimeThatMoveAgainstEachOtherLeaveTheEnergyCertain) {
  const std::vector<Cell> cells = {{200 * 1.05, 1.05}, {95.238095238, 0.95238095238}};
  const std::vector<double> steady = {3, 3};
  const std::vector<double> moving = {2, 4};
  const auto a = power_and_energy(cells, steady, 2);
  const auto b = power_and_energy(cells, moving, 2);
  EXPECT_LT(*b->energy_half_mj, *a->energy_half_mj / 5);
}

TEST(PowerAndEnergy, NeedsAReadingAndTwoBatchesForAnInterval) {
  const std::vector<Cell> none(2);
  const std::vector<double> batch_ms = {5, 5};
  EXPECT_FALSE(power_and_energy(none, batch_ms, 2));
  const std::vector<Cell> one = {{100, 1}, {0, 0}};
  const auto found = power_and_energy(one, batch_ms, 2);
  EXPECT_DOUBLE_EQ(found->power_mw, 100.0);
  EXPECT_FALSE(found->power_half_mw);
  EXPECT_FALSE(found->energy_half_mj);
}

}  // namespace
}  // namespace layerwatt
