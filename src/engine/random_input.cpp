#include "engine/random_input.hpp"

#include <cstring>
#include <random>

namespace layerwatt {
namespace {

// Of the standard library only the generator is used: its bits are fixed by the standard, those of
// std::uniform_real_distribution are not.
using Generator = std::mt19937_64;

// k / 2^bits: with as many bits as the type's mantissa has, every value is exact.
double unit(Generator& generator, int bits) {
  return static_cast<double>(generator() >> (64 - bits)) /
         static_cast<double>(std::uint64_t{1} << bits);
}

template <class Value, class Draw>
void fill(std::span<std::byte> data, Draw draw) {
  for (std::size_t at = 0; at + sizeof(Value) <= data.size(); at += sizeof(Value)) {
    const Value value = draw();
    std::memcpy(data.data() + at, &value, sizeof(Value));
  }
}

std::uint32_t bits_of(float value) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

// For zero and normal halves of at most 11 significant bits, which is all that is drawn here.
std::uint16_t exact_half(float value) {
  const std::uint32_t bits = bits_of(value);
  if (bits == 0) return 0;
  const std::uint32_t exponent = (bits >> 23) - (127 - 15);
  return static_cast<std::uint16_t>(exponent << 10 | (bits >> 13 & 0x3ff));
}

std::uint16_t exact_bfloat(float value) { return static_cast<std::uint16_t>(bits_of(value) >> 16); }

}  // namespace

void fill_random(Element element, std::uint64_t seed, std::span<std::byte> data) {
  Generator generator(seed);
  const auto single = [&](int bits) { return static_cast<float>(unit(generator, bits)); };
  const auto bit = [&] { return generator() >> 63; };
  switch (element) {
    case Element::f64:
      return fill<double>(data, [&] { return unit(generator, 53); });
    case Element::f32:
      return fill<float>(data, [&] { return single(24); });
    case Element::f16:
      return fill<std::uint16_t>(data, [&] { return exact_half(single(11)); });
    case Element::bf16:
      return fill<std::uint16_t>(data, [&] { return exact_bfloat(single(8)); });
    case Element::u8:
    case Element::i8:
      return fill<std::uint8_t>(data, [&] { return static_cast<std::uint8_t>(generator() >> 56); });
    case Element::boolean:
      return fill<std::uint8_t>(data, [&] { return static_cast<std::uint8_t>(bit()); });
    case Element::i16:
    case Element::u16:
      return fill<std::uint16_t>(data, [&] { return static_cast<std::uint16_t>(bit()); });
    case Element::i32:
    case Element::u32:
      return fill<std::uint32_t>(data, [&] { return static_cast<std::uint32_t>(bit()); });
    case Element::i64:
    case Element::u64:
      return fill<std::uint64_t>(data, [&] { return static_cast<std::uint64_t>(bit()); });
  }
}

}  // namespace layerwatt
