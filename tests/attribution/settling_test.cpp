#include "attribution/settling.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <random>
#include <vector>

#include "attribution/recordings.hpp"

namespace layerwatt {
namespace {

using testing::Builder;
using testing::kNaN;

// A run of `seconds` from 0 on, with readings of mw(ms) every `every_ms` from a second before it.
double settling_of(double seconds, double every_ms, const std::function<double(double)>& mw) {
  Builder b({"a"});
  for (double t = 0.0; t < 1e3 * seconds; t += 10.0) b.inference(t, t + 10.0, {8});
  for (double t = -1000.0; t <= 1e3 * seconds + 500.0; t += every_ms) b.sample(t, mw(t));
  const Recording recording = b.get();
  return settling_ms(recording.iterations, recording.power);
}

double low_pass(double ms, double tau_ms) {
  return ms < 0.0 ? 3000.0 : 10000.0 - 7000.0 * std::exp(-ms / tau_ms);
}

// 7 W to go; hidden below three times a thousandth of 10 W, 30 mW, after 0.5 s × ln(7000 / 30) =
// 2.726 s. The mean of the piece that begins at 2.70 s, at about 2.7225 s, is still below, the next
// is not. Half as long again as 2.75 s.
TEST(Settling, OfALowPassIsUntilTheScatterHidesTheRestAndHalfAsLongAgain) {
  EXPECT_DOUBLE_EQ(settling_of(60.0, 5.0, [](double t) { return low_pass(t, 500.0); }), 4125.0);
}

// Rises for 100 ms: the mean of each of two pieces is below.
TEST(Settling, OfAWindowIsItsLengthAndHalf) {
  const auto window = [](double t) { return 3000.0 + 70.0 * std::clamp(t, 0.0, 100.0); };
  EXPECT_DOUBLE_EQ(settling_of(20.0, 5.0, window), 150.0);
}

TEST(Settling, IsTheSameWhereThePowerFalls) {
  EXPECT_DOUBLE_EQ(settling_of(60.0, 5.0, [](double t) { return 20000.0 - low_pass(t, 500.0); }),
                   4125.0);
}

TEST(Settling, IsNothingWhereReadingsAreAtTheLevelAtOnce) {
  EXPECT_DOUBLE_EQ(settling_of(60.0, 5.0, [](double t) { return t < 0.0 ? 3000.0 : 10000.0; }),
                   0.0);
}

// Readings 200 ms apart are pieces of their own: those at 0, 200 … 1800 ms are below 10 W by more
// than 30 mW. The last one's piece ends at 1850 ms.
TEST(Settling, OfReadingsFarApartIsToldByEach) {
  const auto ramp = [](double t) { return t < 0.0 ? 3000.0 : std::min(10000.0, 3000.0 + 3.5 * t); };
  EXPECT_DOUBLE_EQ(settling_of(60.0, 200.0, ramp), 1.5 * 1850.0);
}

// Six times the scatter between pieces is more than what there is to rise.
TEST(Settling, IsNothingWhereReadingsScatterTooMuch) {
  std::mt19937_64 random(4);
  std::normal_distribution<double> noise(0.0, 1500.0);
  EXPECT_DOUBLE_EQ(
      settling_of(60.0, 50.0, [&](double t) { return low_pass(t, 500.0) + noise(random); }), 0.0);
}

// 1.5 × 1.1 s is more than a fifth of 8 s, and less than one of 9 s.
TEST(Settling, IsNothingWhereItTakesAFifthOfTheRun) {
  const auto late = [](double t) { return t < 1100.0 ? 3000.0 : 10000.0; };
  EXPECT_DOUBLE_EQ(settling_of(8.0, 5.0, late), 0.0);
  EXPECT_DOUBLE_EQ(settling_of(9.0, 5.0, late), 1650.0);
}

// Over 10 s no sensor takes: the device warms up.
TEST(Settling, IsNothingWhereItTakesLongerThanSensorsDo) {
  const auto after = [](double ms) { return [ms](double t) { return t < ms ? 3000.0 : 10000.0; }; };
  EXPECT_DOUBLE_EQ(settling_of(100.0, 10.0, after(6650.0)), 9975.0);
  EXPECT_DOUBLE_EQ(settling_of(100.0, 10.0, after(6700.0)), 0.0);
}

TEST(Settling, IsNothingOfAShortRunOrWithoutReadings) {
  EXPECT_DOUBLE_EQ(settling_of(0.9, 5.0, [](double t) { return low_pass(t, 15.0); }), 0.0);
  EXPECT_GT(settling_of(1.1, 5.0, [](double t) { return low_pass(t, 15.0); }), 0.0);
  Builder b({"a"});
  b.inference(0, 10, {8});
  EXPECT_DOUBLE_EQ(settling_ms(b.get().iterations, b.get().power), 0.0);
}

TEST(Settling, ReadingsWithoutATotalAreLeftOut) {
  int k = 0;
  EXPECT_DOUBLE_EQ(
      settling_of(60.0, 5.0, [&](double t) { return ++k % 2 == 0 ? kNaN : low_pass(t, 500.0); }),
      4125.0);
}

// A run of `run_ms` from 0 on with readings 50 ms apart, the first at `from_ms`, to its very end;
// the last of `mw` is that of all others.
double settling_of_pieces(double run_ms, const std::vector<double>& mw, double from_ms = 0.0) {
  Builder b({"a"});
  b.inference(0.0, run_ms, {run_ms});
  std::size_t k = 0;
  for (double t = from_ms; t <= run_ms; t += 50.0) b.sample(t, mw[std::min(k++, mw.size() - 1)]);
  const Recording recording = b.get();
  return settling_ms(recording.iterations, recording.power);
}

// 20 pieces, the least; the first and the last are one reading each, at the run's first and last
// moment.
TEST(Settling, CountsReadingsFromTheFirstMomentToTheLast) {
  EXPECT_DOUBLE_EQ(settling_of_pieces(950.0, {9500.0, 10000.0}), 75.0);
  EXPECT_DOUBLE_EQ(settling_of_pieces(949.0, {9500.0, 10000.0}), 0.0);
}

TEST(Settling, BeginsWithTheFirstReadingThereIs) {
  EXPECT_DOUBLE_EQ(settling_of_pieces(1500.0, {9500.0, 10000.0}, 60.0), 150.0);
}

TEST(Settling, MayTakeAFifthOfTheRun) {
  EXPECT_DOUBLE_EQ(settling_of_pieces(1125.0, {9500.0, 9500.0, 9500.0, 10000.0}), 225.0);
}

// The scatter is a thousandth of the level at least, 10 mW. The first piece has to be off by more
// than six of it, and a later one that is off by three is not told from the level.
TEST(Settling, IsToldFromAScatterOfAThousandth) {
  EXPECT_DOUBLE_EQ(settling_of_pieces(2000.0, {9940.0, 10000.0}), 0.0);
  EXPECT_DOUBLE_EQ(settling_of_pieces(2000.0, {9939.0, 10000.0}), 75.0);
  EXPECT_DOUBLE_EQ(settling_of_pieces(2000.0, {9500.0, 9970.0, 10000.0}), 75.0);
  EXPECT_DOUBLE_EQ(settling_of_pieces(2000.0, {9500.0, 9969.0, 10000.0}), 150.0);
}

TEST(Settling, EndsWhereTheLevelIsReachedOnce) {
  EXPECT_DOUBLE_EQ(settling_of_pieces(2000.0, {9500.0, 10000.0, 9500.0, 10000.0}), 75.0);
}

// Every third piece is below, and hides nothing: the median is what most are at.
TEST(Settling, TheLevelIsTheMedian) {
  std::vector<double> mw = {9500.0};
  for (int k = 0; k < 40; ++k) mw.push_back(k % 3 == 2 ? 9900.0 : 10000.0);
  EXPECT_DOUBLE_EQ(settling_of_pieces(2000.0, mw), 75.0);
}

TEST(Settling, OfASmallPowerIsTheSame) { EXPECT_DOUBLE_EQ(settling_of_pieces(2000.0, {0.5}), 0.0); }

// Ten readings in a piece at first, five later.
TEST(Settling, HowManyReadingsAPieceHasDoesNotMatter) {
  Builder b({"a"});
  b.inference(0.0, 5000.0, {5000.0});
  for (double t = 0.0; t <= 5000.0; t += t < 500.0 ? 5.0 : 10.0) b.sample(t, 10000.0);
  const Recording recording = b.get();
  EXPECT_DOUBLE_EQ(settling_ms(recording.iterations, recording.power), 0.0);
}

}  // namespace
}  // namespace layerwatt
