// How sure excite() is of what it says.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <optional>
#include <vector>

#include "attribution/excite.hpp"
#include "attribution/excite_board.hpp"
#include "attribution/recordings.hpp"
#include "layerwatt/attribution.hpp"

namespace layerwatt {
namespace {

using layerwatt::testing::Board;
using layerwatt::testing::find_warning;
using layerwatt::testing::Scattering;

TEST(Excite, IntervalsWhereOutsideIsWhatIsLeft) {
  // What a repeat may be off by hides how much is left.
  for (const double again_ms : {3.2, 4.0}) {
    SCOPED_TRACE(again_ms);
    Board board;
    board.a_again_ms = again_ms;
    const Scattering of(board);
    const PowerEstimates& said = of.said.estimates;
    for (std::size_t row = 0; row < 2; ++row) {
      SCOPED_TRACE(row);
      of.expect_measured(said.layers[row], row,
                         of.repeat_error_mj(row) / (of.mw(row) * of.ms(row) / 1e3));
      EXPECT_EQ(said.layers[row].samples, 27u);
    }
    const double half_mj = std::hypot(of.rest_half_mj(), of.repeat_errors_mj());
    Scattering::expect(said.outside.total.energy_mj, of.left_mj(), half_mj);
    Scattering::expect(said.outside.total.power_mw, 1e3 * of.left_mj() / of.outside_ms,
                       1e3 * half_mj / of.outside_ms);
    for (const std::size_t rail : {0u, 1u}) {
      const double mj = of.left_mj(static_cast<Eigen::Index>(rail) + 1);
      Scattering::expect(said.outside.rails[rail].energy_mj, mj, std::nullopt);
      Scattering::expect(said.outside.rails[rail].power_mw, 1e3 * mj / of.outside_ms, std::nullopt);
    }
    EXPECT_TRUE(of.said.outside_is_rest);
    EXPECT_TRUE(said.groups.empty());
  }
}

// Then it is time, more than power, that hides how much is left.
TEST(Excite, LayersWhoseTimeScattersLeaveLessThatIsKnown) {
  Board board;
  board.scatter_ms = 0.3;
  board.a_again_ms = 4.0;
  const Scattering of(board);
  EXPECT_GT(of.rest_half_mj(), 1.5 * Scattering(Board{}).rest_half_mj());
  Scattering::expect(of.said.estimates.outside.total.energy_mj, of.left_mj(),
                     std::hypot(of.rest_half_mj(), of.repeat_errors_mj()));
}

TEST(Excite, ALayerOfLessThanAMillijouleMayBeOffByAllThatARepeatIsSlower) {
  Board board;
  board.b_ms = 0.1;
  board.a_draws = 0.7;
  const Scattering of(board);
  ASSERT_LT(of.mw(1) * of.ms(1) / 1e3, 0.5);
  of.expect_measured(of.said.estimates.layers[1], 1,
                     of.repeat_error_mj(1) / (of.mw(1) * of.ms(1) / 1e3));
}

TEST(Excite, AllThatIsTakenToDrawTheMeanPowerMayBeOff) {
  Board board;
  board.repeat_b = false;
  board.b_ms = 0.06;
  board.outside_ms = 0.05;
  board.a_draws = 0.7;
  const Scattering of(board);
  const PowerEstimates& said = of.said.estimates;
  of.expect_mean_power(said.layers[1], of.ms(1));
  of.expect_mean_power(said.outside, of.outside_ms);
  const double assumed_mj = of.fit.pass_mj(0) / of.fit.pass_ms * (of.ms(1) + of.outside_ms);
  const double relative = of.relative(of.mw(0) * of.ms(0) / 1e3 + assumed_mj, assumed_mj);
  EXPECT_GT(relative, 0.1);
  of.expect_measured(said.layers[0], 0, relative);
}

TEST(Excite, ThePassIsThatOfTheFit) {
  const Scattering of(Board{});
  ASSERT_EQ(of.said.rails.size(), 2u);
  for (Eigen::Index channel = 0; channel < 3; ++channel) {
    const ColumnPower& pass =
        channel == 0 ? of.said.total : of.said.rails[static_cast<std::size_t>(channel - 1)];
    const double half_mj = of.t * of.fit.pass_mj_std(channel);
    Scattering::expect(pass.energy_mj, of.fit.pass_mj(channel), half_mj);
    Scattering::expect(pass.power_mw, 1e3 * of.fit.pass_mj(channel) / of.fit.pass_ms,
                       1e3 * half_mj / of.fit.pass_ms);
  }
}

TEST(Excite, IntervalsWhereTheSumIsChecked) {
  for (const double a_draws : {1.0, 1.2}) {
    Board board;
    board.repeat_outside = true;
    board.a_draws = a_draws;
    const Scattering of(board);
    const PowerEstimates& said = of.said.estimates;
    double sum_mj = 0.0;
    for (std::size_t row = 0; row < 3; ++row) sum_mj += of.mw(row) * of.ms(row) / 1e3;
    const double relative = of.relative(sum_mj, 0.0);
    EXPECT_EQ(relative > 0.1, a_draws > 1.0);
    EXPECT_EQ(find_warning(said.warnings, "closure_off") != nullptr, relative > 0.0);
    for (std::size_t row = 0; row < 2; ++row) of.expect_measured(said.layers[row], row, relative);
    of.expect_measured(said.outside, 2, relative);
    EXPECT_FALSE(of.said.outside_is_rest);
  }
}

TEST(Excite, IntervalsWhereLittleIsOutside) {
  Board board;
  board.outside_ms = 0.06;
  board.a_draws = 1.2;
  const Scattering of(board);
  const PowerEstimates& said = of.said.estimates;
  of.expect_mean_power(said.outside, of.outside_ms);
  const double outside_mj = of.fit.pass_mj(0) / of.fit.pass_ms * of.outside_ms;
  const double relative =
      of.relative((of.mw(0) * of.ms(0) + of.mw(1) * of.ms(1)) / 1e3 + outside_mj, outside_mj);
  EXPECT_GT(relative, 0.1);
  for (std::size_t row = 0; row < 2; ++row) of.expect_measured(said.layers[row], row, relative);
}

TEST(Excite, ALayerThatSharesWithOutsideHasAnIntervalTogetherWithIt) {
  Board board;
  board.repeat_b = false;
  const Scattering of(board);
  const PowerEstimates& said = of.said.estimates;
  const double rest_ms = of.ms(1) + of.outside_ms;
  for (Eigen::Index channel = 0; channel < 3; ++channel) {
    const auto column = [&](const LayerPower& layer) {
      return channel == 0 ? layer.total : layer.rails[static_cast<std::size_t>(channel - 1)];
    };
    const double mw = 1e3 * of.left_mj(channel) / rest_ms;
    Scattering::expect(column(said.layers[1]).power_mw, mw, std::nullopt);
    Scattering::expect(column(said.layers[1]).energy_mj, mw * of.ms(1) / 1e3, std::nullopt);
    Scattering::expect(column(said.outside).power_mw, mw, std::nullopt);
    Scattering::expect(column(said.outside).energy_mj, mw * of.outside_ms / 1e3, std::nullopt);
  }
  EXPECT_EQ(said.outside.reason, "what_is_left");
  EXPECT_EQ(said.layers[1].reason, "not_repeated");
  EXPECT_EQ(said.layers[1].group, 0u);
  EXPECT_EQ(said.layers[1].samples, 0u);
  ASSERT_EQ(said.groups.size(), 1u);
  Scattering::expect(said.groups[0].energy_mj, of.left_mj() * of.ms(1) / rest_ms,
                     std::hypot(of.rest_half_mj(), of.repeat_errors_mj()) +
                         of.left_mj() * of.outside_ms / rest_ms);
}

}  // namespace
}  // namespace layerwatt
