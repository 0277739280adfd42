// What an input holds when the user gives none. Zeros would not do: the power of a multiplier
// depends on the bits that toggle, and an all-zero image measures too low.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/element.hpp"

namespace layerwatt {

// Fills `data` (whole elements) with values that depend on the seed and the element alone, on every
// machine:
//   f64, f32, f16, bf16   uniform in [0, 1), never rounded up to 1
//   u8, i8                uniform over all values: images and quantised tensors
//   wider integers, bool  0 or 1: valid as an index, a mask or a token of any network
void fill_random(Element element, std::uint64_t seed, std::span<std::byte> data);

}  // namespace layerwatt
