// The letters of a tegrastats line: a cursor over its bytes, and the numbers in it. Header-only,
// so that the parser's loop is compiled as one.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace layerwatt::tegra {

// Whether text fits a shape. `incomplete`: it did until the line ended.
enum class Fit { yes, incomplete, no };

enum : std::uint8_t { kNameChar, kGap, kMark };

// Anything up to and including the space separates (NUL bytes: holes that a power loss leaves in a
// log file).
constexpr std::array<std::uint8_t, 256> make_classes() {
  std::array<std::uint8_t, 256> classes{};
  for (std::size_t c = 0; c <= ' '; ++c) classes[c] = kGap;
  for (const char c : {'@', '(', ')', '[', ']', '/', '%', ','}) {
    classes[static_cast<unsigned char>(c)] = kMark;
  }
  return classes;
}
inline constexpr std::array<std::uint8_t, 256> kClasses = make_classes();

inline std::uint8_t class_of(char c) { return kClasses[static_cast<unsigned char>(c)]; }
inline bool is_gap(char c) { return static_cast<unsigned char>(c) <= ' '; }
inline unsigned digit_of(char c) {
  return static_cast<unsigned>(static_cast<unsigned char>(c)) - unsigned{'0'};
}
inline bool is_digit(char c) { return digit_of(c) <= 9; }

// What must be readable behind the text: a gap, so that loops need not ask for the end.
inline constexpr std::string_view kPadding = "\n\n\n\n\n\n\n\n";

class Scanner {
 public:
  // kPadding must follow the text.
  explicit Scanner(std::string_view text) : p_(text.data()), end_(text.data() + text.size()) {}

 protected:
  bool at_end() const { return p_ == end_; }
  bool at_token_end() const { return is_gap(*p_); }
  bool at(char c) const { return *p_ == c; }
  bool at_digit() const { return is_digit(*p_); }

  void skip_gaps() {
    const char* p = p_;
    while (p != end_ && is_gap(*p)) ++p;
    p_ = p;
  }
  void skip_to_gap() {
    while (!is_gap(*p_)) ++p_;
  }
  bool take(char c) {
    if (!at(c)) return false;
    ++p_;
    return true;
  }
  // At most kPadding.size() letters. On failure the cursor stands where the text differs.
  bool take(std::string_view text) {
    if (std::memcmp(p_, text.data(), text.size()) == 0) {
      p_ += text.size();
      return true;
    }
    for (const char c : text) {
      if (!take(c)) break;
    }
    return false;
  }
  std::string_view name() {
    const char* p = p_;
    // Not letters, but part of a name now and then: "iwlwifi-1".
    while (class_of(*(p = skip_letters(p))) == kNameChar) ++p;
    const char* begin = p_;
    p_ = p;
    return since(begin);
  }
  std::string_view since(const char* begin) const {
    return {begin, static_cast<std::size_t>(p_ - begin)};
  }

  // How a shape ends that does not fit here.
  Fit unfit() const { return at_end() ? Fit::incomplete : Fit::no; }

  // Up to 15 digits, so that a double holds the value exactly.
  bool number(double& value) {
    const char* p = p_;
    std::uint64_t sum = 0;
    for (unsigned digit = digit_of(*p); digit <= 9; digit = digit_of(*++p)) sum = sum * 10 + digit;
    const std::ptrdiff_t digits = p - p_;
    p_ = p;
    value = static_cast<double>(static_cast<std::int64_t>(sum));
    return digits > 0 && digits <= 15;
  }

  bool signed_number(double& value) {
    const bool negative = take('-');
    if (!number(value)) return false;
    if (negative) value = -value;
    return true;
  }

  // 43.906: digits over a power of ten, both exact, so that the quotient is the nearest double.
  bool decimal(double& value) {
    static constexpr double kPowers[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6};
    const bool negative = take('-');
    const char* p = p_;
    std::uint64_t sum = 0;
    for (unsigned digit = digit_of(*p); digit <= 9; digit = digit_of(*++p)) sum = sum * 10 + digit;
    const std::ptrdiff_t digits = p - p_;
    std::ptrdiff_t decimals = 0;
    bool whole = true;
    if (*p == '.') {
      const char* begin = ++p;
      for (unsigned digit = digit_of(*p); digit <= 9; digit = digit_of(*++p)) {
        sum = sum * 10 + digit;
      }
      decimals = p - begin;
      whole = decimals > 0 && decimals <= 6;
    }
    p_ = p;
    if (digits == 0 || digits > 9 || !whole) return false;
    const double magnitude = static_cast<double>(static_cast<std::int64_t>(sum));
    value = (negative ? -magnitude : magnitude) / kPowers[decimals];
    return true;
  }

  const char* p_;
  const char* end_;

 private:
  // To the first byte below '0' or equal to '@', eight at a time: names are half of a line.
  static const char* skip_letters(const char* p) {
    if constexpr (std::endian::native == std::endian::little) {
      constexpr std::uint64_t kOnes = 0x0101010101010101;
      constexpr std::uint64_t kHighs = 0x8080808080808080;
      while (true) {
        std::uint64_t bytes = 0;
        std::memcpy(&bytes, p, kPadding.size());
        const std::uint64_t at_signs = bytes ^ (kOnes * '@');
        // The lowest bit that is set is exact: a borrow makes only higher ones wrong.
        const std::uint64_t found =
            (((bytes - kOnes * '0') & ~bytes) | ((at_signs - kOnes) & ~at_signs)) & kHighs;
        if (found != 0) return p + std::countr_zero(found) / 8;
        p += kPadding.size();
      }
    } else {
      while (static_cast<unsigned char>(*p) >= '0' && *p != '@') ++p;
      return p;
    }
  }
};

}  // namespace layerwatt::tegra
