// The letters of a tegrastats line: a cursor over its bytes, and the numbers in it. Header-only,
// so that the parser's loop is compiled as one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace layerwatt::tegra {

// Whether text fits a shape. `incomplete`: it did until the line ended.
enum class Fit { yes, incomplete, no };

enum : std::uint8_t { kNameChar, kGap, kMark };

// Anything up to and including the space separates (NUL bytes: holes that a power loss leaves in a
// log file); the marks end a name.
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

class Scanner {
 public:
  explicit Scanner(std::string_view text) : p_(text.data()), end_(text.data() + text.size()) {}

 protected:
  bool at_end() const { return p_ == end_; }
  bool at_token_end() const { return p_ == end_ || is_gap(*p_); }
  bool at(char c) const { return p_ != end_ && *p_ == c; }
  bool at_digit() const { return p_ != end_ && is_digit(*p_); }

  void skip_gaps() {
    while (p_ != end_ && is_gap(*p_)) ++p_;
  }
  void skip_to_gap() {
    while (p_ != end_ && !is_gap(*p_)) ++p_;
  }
  bool take(char c) {
    if (!at(c)) return false;
    ++p_;
    return true;
  }
  // On failure the cursor stands where the text differs.
  bool take(std::string_view text) {
    for (const char c : text) {
      if (!take(c)) return false;
    }
    return true;
  }
  std::string_view name() {
    const char* begin = p_;
    while (p_ != end_ && class_of(*p_) == kNameChar) ++p_;
    return since(begin);
  }
  std::string_view since(const char* begin) const {
    return {begin, static_cast<std::size_t>(p_ - begin)};
  }

  // How a shape ends that does not fit here.
  Fit unfit() const { return at_end() ? Fit::incomplete : Fit::no; }
  Fit done() const { return at_token_end() ? Fit::yes : Fit::no; }

  // Up to 15 digits, so that a double holds the value exactly.
  bool number(double& value) {
    if (!at_digit()) return false;
    const char* begin = p_;
    std::uint64_t sum = digit_of(*p_++);
    for (; at_digit(); ++p_) sum = sum * 10 + digit_of(*p_);
    value = static_cast<double>(static_cast<std::int64_t>(sum));
    return p_ - begin <= 15;
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
    if (!at_digit()) return false;
    const char* begin = p_;
    std::uint64_t sum = 0;
    for (; at_digit(); ++p_) sum = sum * 10 + digit_of(*p_);
    if (p_ - begin > 9) return false;
    std::ptrdiff_t decimals = 0;
    if (take('.')) {
      begin = p_;
      for (; at_digit(); ++p_) sum = sum * 10 + digit_of(*p_);
      decimals = p_ - begin;
      if (decimals == 0 || decimals > 6) return false;
    }
    const double magnitude = static_cast<double>(static_cast<std::int64_t>(sum));
    value = (negative ? -magnitude : magnitude) / kPowers[decimals];
    return true;
  }

  const char* p_;
  const char* end_;
};

}  // namespace layerwatt::tegra
