// Random numbers that are the same on every machine and standard library: the distributions of
// <random> are not specified to the bit, and a spec with a seed must give the same recording.
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>

namespace layerwatt::sim {

// splitmix64 (Steele, Lea, Flood 2014): one 64-bit state, so that a stream can be made for every
// conversion of a sensor at no cost.
class Random {
 public:
  // Streams of one seed are independent of each other.
  Random(std::uint64_t seed, std::uint64_t stream)
      : state_(mix(seed + kGamma) ^ mix(stream * kGamma + 0x632BE59BD9B4E019u)) {}

  std::uint64_t bits() { return mix(state_ += kGamma); }

  // In [0, 1), 53 bits.
  double uniform() { return static_cast<double>(bits() >> 11) * 0x1p-53; }

  // Box-Muller, the cosine half alone: two draws a value, so that the stream's position does not
  // depend on how often normal() was called before.
  double normal() {
    const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
    return radius * std::cos(2.0 * std::numbers::pi * uniform());
  }

  // Log-normal of mean 1 and standard deviation `relative_std`: a duration or a power that varies
  // stays positive, and its mean is the nominal one exactly.
  double factor(double relative_std) {
    const double gauss = normal();
    const double variance = std::log1p(relative_std * relative_std);
    return std::exp(std::sqrt(variance) * gauss - 0.5 * variance);
  }

 private:
  static constexpr std::uint64_t kGamma = 0x9E3779B97F4A7C15u;

  static constexpr std::uint64_t mix(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }

  std::uint64_t state_;
};

}  // namespace layerwatt::sim
