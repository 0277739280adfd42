#include "sensor/sysfs_file.hpp"

#include <gtest/gtest.h>

#include <cerrno>

#include "sensor/fake_root.hpp"

namespace layerwatt {
namespace {

TEST(SysfsFile, ReadsFromTheStartEveryTime) {
  FakeRoot root;
  root.write("/value", "12");
  SysfsFile file(root.path("/value"));
  std::string_view text;
  EXPECT_EQ(file.read(text), 0);
  EXPECT_EQ(text, "12");
  root.write("/value", "345");
  EXPECT_EQ(file.read(text), 0);
  EXPECT_EQ(text, "345");
  SysfsFile moved(std::move(file));
  EXPECT_EQ(moved.read(text), 0);
  EXPECT_EQ(text, "345");
}

TEST(SysfsFile, AMissingFileHasAnErrno) {
  FakeRoot root;
  SysfsFile file(root.path("/none"));
  EXPECT_EQ(file.open_error(), ENOENT);
  std::string_view text = "old";
  EXPECT_EQ(file.read(text), ENOENT);
  EXPECT_EQ(text, "");
}

TEST(SysfsFile, InterruptedReadsAreRepeatedOtherErrorsReturned) {
  FakeRoot root;
  root.write("/value", "1");
  int calls = 0;
  SysfsFile file(root.path("/value"),
                 [&calls](const std::filesystem::path&, int, char*, std::size_t) -> ssize_t {
                   errno = ++calls < 3 ? EINTR : ENODATA;
                   return -1;
                 });
  std::string_view text;
  EXPECT_EQ(file.read(text), ENODATA);
  EXPECT_EQ(calls, 3);
  EXPECT_NE(describe_errno(ENODATA).find("channel is off"), std::string::npos);
}

TEST(Numbers, AreIntegersWithNothingBehindThem) {
  EXPECT_EQ(parse_number("5040"), 5040.0);
  EXPECT_EQ(parse_number("-3"), -3.0);
  EXPECT_EQ(parse_number(" 7"), 7.0);
  EXPECT_FALSE(parse_number(""));
  EXPECT_FALSE(parse_number("5 mA"));
  EXPECT_FALSE(parse_number("n ma"));
  std::string_view two = "5040 832";
  EXPECT_EQ(take_number(two), 5040.0);
  EXPECT_EQ(take_number(two), 832.0);
  EXPECT_FALSE(take_number(two));
}

}  // namespace
}  // namespace layerwatt
