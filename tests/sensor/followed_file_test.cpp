#include "sensor/followed_file.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "layerwatt/error.hpp"
#include "sensor/fake_root.hpp"

namespace layerwatt {
namespace {

using Next = FollowedFile::Next;

void append(const std::filesystem::path& file, const std::string& text) {
  std::ofstream(file, std::ios::app | std::ios::binary) << text;
}

TEST(FollowedFile, GivesLinesWhenTheyAreWholeAndGoesOnWhereItWas) {
  FakeRoot root;
  const auto file = root.path("/log");
  append(file, "one\r\ntwo\nthr");
  FollowedFile followed(file);
  std::string_view line;
  EXPECT_EQ(followed.next(line), Next::line);
  EXPECT_EQ(line, "one");
  EXPECT_EQ(followed.next(line), Next::line);
  EXPECT_EQ(line, "two");
  EXPECT_EQ(followed.next(line), Next::nothing);
  append(file, "ee\n\n");
  EXPECT_EQ(followed.next(line), Next::line);
  EXPECT_EQ(line, "three");
  EXPECT_EQ(followed.next(line), Next::line);
  EXPECT_EQ(line, "");
  EXPECT_EQ(followed.next(line), Next::nothing);
}

TEST(FollowedFile, ReadsMoreThanItsBlock) {
  FakeRoot root;
  const auto file = root.path("/log");
  std::string text;
  for (int i = 0; i < 40'000; ++i) text += std::to_string(i) + "\n";
  append(file, text);
  FollowedFile followed(file);
  std::string_view line;
  for (int i = 0; i < 40'000; ++i) {
    ASSERT_EQ(followed.next(line), Next::line);
    ASSERT_EQ(line, std::to_string(i));
  }
  EXPECT_EQ(followed.next(line), Next::nothing);
}

TEST(FollowedFile, AFileThatBecomesShorterIsReadAgain) {
  FakeRoot root;
  root.write("/log", "a long first line");
  FollowedFile followed(root.path("/log"));
  std::string_view line;
  EXPECT_EQ(followed.next(line), Next::line);
  root.write("/log", "new");
  EXPECT_EQ(followed.next(line), Next::shortened);
  EXPECT_EQ(followed.next(line), Next::line);
  EXPECT_EQ(line, "new");
}

TEST(FollowedFile, AFifoEndsWithItsWriterAndNotBefore) {
  FakeRoot root;
  const auto file = root.path("/fifo");
  ASSERT_EQ(::mkfifo(file.c_str(), 0600), 0);
  FollowedFile followed(file);
  std::string_view line;
  EXPECT_EQ(followed.next(line), Next::nothing) << "no writer yet";
  const int writer = ::open(file.c_str(), O_WRONLY);
  ASSERT_GE(writer, 0);
  EXPECT_EQ(followed.next(line), Next::nothing);
  ASSERT_EQ(::write(writer, "one\nrest", 8), 8);
  EXPECT_EQ(followed.next(line), Next::line);
  EXPECT_EQ(line, "one");
  EXPECT_EQ(followed.next(line), Next::nothing);
  ::close(writer);
  EXPECT_EQ(followed.next(line), Next::ended);
}

TEST(FollowedFile, WhatIsNoTextFileIsRefused) {
  FakeRoot root;
  EXPECT_THROW(FollowedFile(root.path("/none")), Error);
  EXPECT_THROW(FollowedFile(root.path("/")), Error);
  append(root.path("/binary"), std::string(2 * 1024 * 1024, 'x'));
  FollowedFile followed(root.path("/binary"));
  std::string_view line;
  EXPECT_THROW(followed.next(line), Error);
}

}  // namespace
}  // namespace layerwatt
