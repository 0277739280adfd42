#include "attribution/excite_half_passes.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace layerwatt {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

Recording recorded(std::size_t layers, const std::vector<std::vector<std::uint32_t>>& rows) {
  Recording recording;
  recording.manifest.half_passes = true;
  for (std::size_t j = 0; j < layers; ++j) {
    recording.iterations.layers.push_back("l" + std::to_string(j));
  }
  for (const auto& row : rows) {
    ExcitationWindow window;
    window.round = 1;
    window.extra = row;
    recording.excitation.push_back(window);
  }
  return recording;
}

const std::vector<std::vector<std::uint32_t>> kHalves{{1, 1, 0, 0}, {1, 0, 1, 0}, {0, 1, 1, 0},
                                                      {0, 0, 0, 0}, {5, 0, 0, 0}, {0, 0, 0, 3}};

TEST(ExciteHalfPasses, KindsOfRepeatsAreOtherParts) {
  const HalfPassSplit split(recorded(3, kHalves));
  ASSERT_TRUE(split.any());
  EXPECT_EQ(split.split(std::vector<double>{1, 0, 1, 0}),
            (std::vector<double>{1, 0, 1, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(split.split(std::vector<double>{0, 5, 0, 0}),
            (std::vector<double>{0, 0, 0, 0, 5, 0, 0, 0, 0}));
  EXPECT_EQ(split.split(std::vector<double>{0, 0, 0, 3}),
            (std::vector<double>{0, 0, 0, 0, 0, 0, 0, 0, 3}));
  EXPECT_EQ(split.place_ms(std::vector<double>{1, 2, 3}),
            (std::vector<double>{1, 2, 3, 1, 2, 3, 0, 0}));
}

TEST(ExciteHalfPasses, OnlyWhereTheyTellLayersApart) {
  Recording whole = recorded(3, kHalves);
  whole.manifest.half_passes = false;
  EXPECT_FALSE(HalfPassSplit(whole).any());
  EXPECT_FALSE(HalfPassSplit(recorded(3, {{1, 1, 0, 0}, {1, 0, 1, 0}, {5, 0, 0, 0}})).any());
  EXPECT_FALSE(HalfPassSplit(recorded(3, {{5, 0, 0, 0}})).any());
  // A layer that cannot be repeated is in none.
  auto without = kHalves;
  for (auto& row : without) row.insert(row.begin() + 1, 0);
  EXPECT_TRUE(HalfPassSplit(recorded(4, without)).any());
  Recording settling = recorded(3, kHalves);
  for (ExcitationWindow& window : settling.excitation) window.round = 0;
  EXPECT_FALSE(HalfPassSplit(settling).any());
}

// Three quarters and a quarter of them beside halves: 4 f (1 − f) is 1 and 0.75.
TEST(ExciteHalfPasses, WhereSizesDifferWhatHalvesCostBeyondLayersIsAPart) {
  std::vector<std::vector<std::uint32_t>> rows;
  for (std::uint32_t row = 0; row < 256; ++row) {
    std::vector<std::uint32_t> extra(9, 0);
    std::uint32_t count = 0;
    for (std::uint32_t j = 0; j < 8; ++j) count += extra[j] = (row >> j) & 1u;
    if (count == 2 || count == 4 || count == 6) rows.push_back(extra);
  }
  const HalfPassSplit split(recorded(8, rows));
  ASSERT_TRUE(split.any());
  std::vector<double> half{1, 1, 1, 1, 0, 0, 0, 0, 0};
  EXPECT_EQ(split.split(half)[16], 1.0);
  EXPECT_EQ(split.split(half)[17], 1.0);
  half[4] = half[5] = 1.0;
  EXPECT_EQ(split.split(half)[16], 1.0);
  EXPECT_EQ(split.split(half)[17], 0.75);
  EXPECT_EQ(split.split(std::vector<double>{7, 0, 0, 0, 0, 0, 0, 0, 0})[16], 0.0) << "in place";
  // Seven of unlike size are too few.
  std::vector<std::vector<std::uint32_t>> few;
  std::size_t unlike = 0;
  for (const auto& row : rows) {
    const auto count = std::count(row.begin(), row.end(), 1u);
    if (count == 4 || ++unlike <= 7) few.push_back(row);
  }
  ASSERT_TRUE(HalfPassSplit(recorded(8, few)).any());
  EXPECT_EQ(HalfPassSplit(recorded(8, few)).split(half)[16], 0.0);
}

// A split fit of `layers` layers: powers in half passes, in place, with these standard deviations.
ExciteFit fitted(const std::vector<double>& half_mw, const std::vector<double>& place_mw,
                 double half_std, double place_std) {
  const std::size_t layers = half_mw.size();
  ExciteFit fit;
  const auto rows = static_cast<Index>(2 * layers + 1);
  fit.pass_mj = VectorXd::Constant(1, 100.0);
  fit.pass_mj_std = VectorXd::Constant(1, 0.1);
  fit.extra_ms = VectorXd::Ones(rows);
  fit.power_mw.resize(rows, 1);
  fit.power_std.resize(rows, 1);
  for (std::size_t j = 0; j < layers; ++j) {
    fit.power_mw(static_cast<Index>(j), 0) = half_mw[j];
    fit.power_mw(static_cast<Index>(layers + j), 0) = place_mw[j];
    fit.power_std(static_cast<Index>(j), 0) = half_std;
    fit.power_std(static_cast<Index>(layers + j), 0) = place_std;
  }
  fit.power_mw(rows - 1, 0) = 77.0;
  fit.power_std(rows - 1, 0) = 7.0;
  for (std::size_t j = 0; j < 2 * layers; ++j) fit.parts.push_back(j);
  fit.parts.push_back(2 * layers + 2);
  fit.covariance = fit.power_std.col(0).cwiseAbs2().asDiagonal();
  fit.pass_covariance = VectorXd::Zero(rows);
  for (std::size_t i = 0; i < fit.parts.size(); ++i) {
    fit.windows.push_back(i < layers ? 8 : 1);
    fit.disagreement.push_back(i < layers ? 1.25 : 1.5);
  }
  return fit;
}

std::vector<double> ones(std::size_t layers) { return std::vector<double>(layers, 1.0); }

HalfPassSplit split_of(std::size_t layers) {
  std::vector<std::vector<std::uint32_t>> rows;
  for (std::size_t a = 0; a < layers; ++a) {
    for (std::size_t b = 0; b < a; ++b) {
      std::vector<std::uint32_t> extra(layers + 1, 0);
      extra[a] = extra[b] = 1;
      rows.push_back(extra);
    }
  }
  return HalfPassSplit(recorded(layers, rows));
}

TEST(ExciteHalfPasses, TheBetterKnownOfTheTwoCounts) {
  const std::vector<double> half{102, 205, 301, 398, 512, 597};
  const std::vector<double> place{90, 180, 270, 360, 450, 540};
  const HalfPassSplit split = split_of(6);
  ASSERT_TRUE(split.any());
  // What is repeated in place lacks a tenth everywhere.
  const ExciteFit by_place = split.merge(fitted(half, place, 20.0, 0.01), ones(half.size()));
  ASSERT_EQ(by_place.parts, (std::vector<std::size_t>{0, 1, 2, 3, 4, 5, 6}));
  const auto context = in_context(fitted(half, place, 20.0, 0.01), ones(6));
  ASSERT_TRUE(context);
  EXPECT_NEAR(context->mean, 0.114, 0.01);
  EXPECT_EQ(
      in_words({0.114, 0.0051, 0.03}),
      "; layers draw 11.4 % more there than repeated in their place (± 1.0 %; 3.0 % from layer "
      "to layer), which repeats are brought up or down by");
  EXPECT_NE(in_words({-0.02, 0.0, 0.0}).find("2.0 % less"), std::string::npos);
  for (Index j = 0; j < 6; ++j) {
    const double mw = place[static_cast<std::size_t>(j)];
    EXPECT_NEAR(by_place.power_mw(j, 0) / mw, 1.0 + context->mean, 0.03) << j;
  }
  const ExciteFit by_half = split.merge(fitted(half, place, 0.01, 20.0), ones(half.size()));
  for (Index j = 0; j < 6; ++j) {
    EXPECT_NEAR(by_half.power_mw(j, 0), half[static_cast<std::size_t>(j)], 0.01) << j;
    EXPECT_NEAR(by_half.power_std(j, 0), 0.01, 1e-4) << j;
    EXPECT_EQ(by_half.windows[static_cast<std::size_t>(j)], 9u);
    EXPECT_EQ(by_half.disagreement[static_cast<std::size_t>(j)], 1.25);
  }
  EXPECT_EQ(by_half.windows.size(), 7u);
  EXPECT_EQ(by_half.disagreement.size(), 7u);
  EXPECT_EQ(by_half.power_mw(6, 0), 77.0) << "what is outside stays";
  EXPECT_EQ(by_half.power_std(6, 0), 7.0);
}

TEST(ExciteHalfPasses, OfFiveLayersHalfPassesSayAll) {
  const std::vector<double> half{102, 205, 301, 398, 512};
  const std::vector<double> place{90, 180, 270, 360, 450};
  const ExciteFit merged = split_of(5).merge(fitted(half, place, 20.0, 0.01), ones(5));
  for (Index j = 0; j < 5; ++j) {
    EXPECT_EQ(merged.power_mw(j, 0), half[static_cast<std::size_t>(j)]);
  }
  EXPECT_FALSE(in_context(fitted(half, place, 20.0, 0.01), ones(5)));
}

// Events between layers make some of them longer and others shorter than what they add to a pass
// (1 ms each); power × time in place is off by as much, for half passes and for repeats in place.
TEST(ExciteHalfPasses, EnergyIsWhatAHalfPassTakesMore) {
  const std::vector<double> half{100, 200, 300, 400, 500, 600};
  const std::vector<double> place{95, 190, 285, 380, 475, 570};
  const std::vector<double> place_ms{0.8, 1.2, 0.9, 1.1, 1.0, 0.7};
  ExciteFit fit = fitted(half, place, 10.0, 1.0);
  fit.time_covariance = MatrixXd::Zero(13, 13);
  fit.time_covariance.diagonal().setConstant(1e-4);  // 1 %
  fit.covariance = fit.covariance.eval();
  fit.pass_covariance.setConstant(0.5);
  const HalfPassSplit split = split_of(6);
  const auto context = in_context(fit, place_ms);
  ASSERT_TRUE(context);
  EXPECT_NEAR(context->mean, 1.0 / 0.95 - 1.0, 1e-3) << "what repeats take, not power × time";
  const ExciteFit merged = split.merge(fit, place_ms);
  for (Index j = 0; j < 6; ++j) {
    const auto i = static_cast<std::size_t>(j);
    EXPECT_NEAR(merged.power_mw(j, 0) * place_ms[i], half[i], 3.0) << j;
    EXPECT_EQ(merged.extra_ms(j), place_ms[i]);
  }
  EXPECT_EQ(merged.power_mw(6, 0), 77.0);
  EXPECT_EQ(merged.pass_covariance(6), 0.5);

  // A layer of no time in place keeps what it draws.
  std::vector<double> no_time = place_ms;
  no_time[2] = 0.0;
  EXPECT_NEAR(split.merge(fit, no_time).power_mw(2, 0), half[2], 15.0);

  // Alone (five layers): the errors of energies, without those of their times.
  ExciteFit few = fitted({100, 200, 300, 400, 500}, {95, 190, 285, 380, 475}, 10.0, 1.0);
  few.time_covariance = MatrixXd::Zero(11, 11);
  few.time_covariance.diagonal().setConstant(1e-4);
  few.pass_covariance.setConstant(0.5);
  const ExciteFit alone = split_of(5).merge(few, std::span(place_ms).first(5));
  for (Index j = 0; j < 5; ++j) {
    const auto i = static_cast<std::size_t>(j);
    const double mj_std = std::sqrt(100.0 - std::pow(half[i] * 0.01, 2));
    EXPECT_NEAR(alone.power_mw(j, 0), half[i] / place_ms[i], 1e-9);
    EXPECT_NEAR(alone.power_std(j, 0), mj_std / place_ms[i], 1e-9);
    EXPECT_NEAR(alone.covariance(j, j), std::pow(mj_std / place_ms[i], 2), 1e-9);
    EXPECT_NEAR(alone.pass_covariance(j), 0.5 / place_ms[i], 1e-9);
  }
}

// Fourteen layers, of which what is repeated in place is 6 % short on the mean, 3 % from layer to
// layer.
TEST(ExciteHalfPasses, IntervalsHoldWhatTheyClaim) {
  constexpr std::size_t kLayers = 14;
  constexpr int kDraws = 200;
  const HalfPassSplit split = split_of(kLayers);
  std::mt19937_64 random(11);
  std::normal_distribution<double> normal;
  int covered = 0;
  double squares = 0.0;
  for (int draw = 0; draw < kDraws; ++draw) {
    std::vector<double> truth;
    std::vector<double> half;
    std::vector<double> place;
    for (std::size_t j = 0; j < kLayers; ++j) {
      truth.push_back(300.0 + 50.0 * static_cast<double>(j % 7));
      half.push_back(truth.back() + 15.0 * normal(random));
      place.push_back(truth.back() / (1.06 + 0.03 * normal(random)) + 3.0 * normal(random));
    }
    const ExciteFit merged = split.merge(fitted(half, place, 15.0, 3.0), ones(kLayers));
    for (std::size_t j = 0; j < kLayers; ++j) {
      const auto i = static_cast<Index>(j);
      const double off = merged.power_mw(i, 0) - truth[j];
      squares += off * off;
      covered += std::abs(off) <= 1.96 * merged.power_std(i, 0) ? 1 : 0;
    }
  }
  const double all = kDraws * static_cast<double>(kLayers);
  EXPECT_GT(covered / all, 0.90);
  EXPECT_LT(covered / all, 0.99);
  // Alone, half passes are 15 mW off; 300 to 600 mW × 3 % are 13, both together 10.
  EXPECT_LT(std::sqrt(squares / all), 11.5);
}

}  // namespace
}  // namespace layerwatt
