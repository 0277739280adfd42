#include "recording/fast_decimal.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <string>

namespace layerwatt::recording {
namespace {

// The cell as it stands in a block: something follows it.
std::string in_block(const std::string& cell) { return cell + ",0.5,0.25\n"; }

TEST(ScanShortDecimal, ReadsCellsOfARecording) {
  for (const auto* text : {"0", "7", "12", "0.25", "0.1", "0.123456", "123.4567", "99999999", "5.",
                           "00.50", "1.0000001", "12345678.1234567"}) {
    const auto block = in_block(text);
    double value = -1.0;
    const char* end = scan_short_decimal(block.c_str(), value);
    ASSERT_NE(end, nullptr) << text;
    EXPECT_EQ(end, block.c_str() + std::string(text).size());
    EXPECT_EQ(value, std::strtod(text, nullptr)) << text;
  }
}

TEST(ScanShortDecimal, LeavesTheRestToOthers) {
  for (const auto* text : {"", "-1", "1e5", "0.12345678", "123456789", ".5", "1.5x", "nan", " 1",
                           "1 ", "\"1\"", "1.2.3"}) {
    const auto block = in_block(text);
    double value = -1.0;
    EXPECT_EQ(scan_short_decimal(block.c_str(), value), nullptr) << text;
    EXPECT_EQ(value, -1.0);
  }
}

TEST(ScanShortDecimal, RoundsAsStrtodDoes) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 200000; ++i) {
    auto text = std::to_string(random() % 100000000);
    const auto decimals = random() % 8;
    if (decimals > 0) {
      text += '.';
      for (std::uint64_t k = 0; k < decimals; ++k) text += static_cast<char>('0' + random() % 10);
    }
    const auto block = in_block(text);
    double value = -1.0;
    ASSERT_NE(scan_short_decimal(block.c_str(), value), nullptr) << text;
    ASSERT_EQ(value, std::strtod(text.c_str(), nullptr)) << text;
  }
}

TEST(LeadingDigits, StopsAtEveryOtherByte) {
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    if (is_digit(c)) continue;
    std::string text = "12345678";
    text[3] = c;
    int count = -1;
    EXPECT_EQ(leading_digits(text.c_str(), count), 123U) << byte;
    EXPECT_EQ(count, 3) << byte;
  }
  int count = -1;
  leading_digits("12345678", count);
  EXPECT_EQ(count, 8);
  EXPECT_EQ(leading_digits(",2345678", count), 0U);
  EXPECT_EQ(count, 0);
}

TEST(ScanShortStamp, IsExactUpToTheLimit) {
  for (const std::int64_t stamp :
       {std::int64_t{0}, std::int64_t{1753900000123456789}, std::int64_t{999999999999999999}}) {
    const auto block = in_block(std::to_string(stamp));
    std::int64_t value = -1;
    EXPECT_NE(scan_short_stamp(block.c_str(), value), nullptr);
    EXPECT_EQ(value, stamp);
  }
  for (const auto* text : {"", "-1", "1.0", "1e3", "9999999999999999999", "12345678901234567890",
                           "4611686018427387910"}) {
    std::int64_t value = -1;
    EXPECT_EQ(scan_short_stamp(in_block(text).c_str(), value), nullptr) << text;
  }
}

}  // namespace
}  // namespace layerwatt::recording
