#include "core/whole_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <ostream>

#include "fakes/scratch_directory.hpp"
#include "layerwatt/error.hpp"

namespace layerwatt {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

void hello(std::ostream& stream) { stream << "hello\n"; }

std::size_t entries(const fs::path& folder) {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

Error error_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "no error";
  return Error(ErrorKind::usage, "");
}

TEST(ReadWholeFile, GivesEveryByteUpToItsLimit) {
  const fakes::ScratchDirectory scratch;
  const std::string text = std::string("a\0b\r\n", 5) + std::string(100'000, 'x');
  EXPECT_EQ(read_whole_file(scratch.write("a", text), text.size()), text);
  const Error error = error_of([&] { read_whole_file(scratch / "a", text.size() - 1); });
  EXPECT_EQ(error.kind(), ErrorKind::bad_input);
  EXPECT_THAT(error.problem(), HasSubstr("is larger than"));
  EXPECT_EQ(error.where(), (scratch / "a").string());
}

TEST(ReadWholeFile, AFileWithoutAnEndDoesNotFillTheMemory) {
  if (!fs::exists("/dev/zero")) GTEST_SKIP() << "no /dev/zero here";
  EXPECT_THROW(read_whole_file("/dev/zero", std::size_t{1} << 20), Error);
}

TEST(ReadWholeFile, WhatIsNoFileIsBadInput) {
  const fakes::ScratchDirectory scratch;
  EXPECT_THAT(error_of([&] { read_whole_file(scratch / "absent"); }).problem(),
              HasSubstr("No such file"));
  EXPECT_EQ(error_of([&] { read_whole_file(scratch.path()); }).kind(), ErrorKind::bad_input);
}

TEST(WriteWholeFile, WritesMoreThanABlockExactly) {
  const fakes::ScratchDirectory scratch;
  std::string text;
  for (int i = 0; i < 50'000; ++i) text += std::to_string(i) + ',';
  write_whole_file(scratch / "a", [&](std::ostream& stream) {
    for (const char c : text) stream << c;
  });
  EXPECT_EQ(scratch.read("a"), text);
}

TEST(WriteWholeFile, KeepsThePermissionsOfWhatItReplaces) {
  const fakes::ScratchDirectory scratch;
  scratch.write("a", "secret");
  ASSERT_EQ(::chmod((scratch / "a").c_str(), 0600), 0);
  write_whole_file(scratch / "a", hello);
  struct stat status {};
  ASSERT_EQ(::stat((scratch / "a").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST(WriteWholeFile, FollowsLinksOfLinksAndMakesWhatADanglingOneNames) {
  const fakes::ScratchDirectory scratch;
  fs::create_directory(scratch / "folder");
  fs::create_symlink("folder/real", scratch / "first");
  fs::create_symlink("first", scratch / "second");
  write_whole_file(scratch / "second", hello);
  EXPECT_EQ(scratch.read("folder/real"), "hello\n");
  EXPECT_TRUE(fs::is_symlink(scratch / "second"));
  EXPECT_EQ(entries(scratch.path()), 3u);
}

TEST(WriteWholeFile, LinksInACircleAreAnError) {
  const fakes::ScratchDirectory scratch;
  fs::create_symlink("b", scratch / "a");
  fs::create_symlink("a", scratch / "b");
  EXPECT_EQ(error_of([&] { write_whole_file(scratch / "a", hello); }).kind(), ErrorKind::io);
}

// /tmp: somebody guessed the name of a report, and left a link to a file of ours in its place.
TEST(WriteWholeFile, DoesNotFollowAnotherUsersLinkInASharedFolder) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can make another user's link";
  const fakes::ScratchDirectory scratch;
  fs::create_directory(scratch / "shared");
  ASSERT_EQ(::chmod((scratch / "shared").c_str(), 01777), 0);
  scratch.write("mine", "precious");
  fs::create_symlink(scratch / "mine", scratch / "shared/report.json");
  write_whole_file(scratch / "shared/report.json", hello);
  EXPECT_EQ(scratch.read("mine"), "hello\n") << "a link of our own is followed";

  ASSERT_EQ(::lchown((scratch / "shared/report.json").c_str(), 12345, 12345), 0);
  const auto write = [&] { write_whole_file(scratch / "shared/report.json", hello); };
  EXPECT_THAT(error_of(write).problem(), HasSubstr("another user's link"));
  EXPECT_THROW(check_writable(scratch / "shared/report.json"), Error);
  EXPECT_EQ(entries(scratch / "shared"), 1u);
  ASSERT_EQ(::chmod((scratch / "shared").c_str(), 0755), 0);
  EXPECT_NO_THROW(write()) << "nobody else could have put it there";
}

// What a full disk does, by the limit on a file's size.
TEST(WriteWholeFile, WhatDoesNotFitLeavesTheOldFileAndNothingElse) {
  const fakes::ScratchDirectory scratch;
  scratch.write("a", "old");
  struct rlimit before {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  struct rlimit small = before;
  small.rlim_cur = 100'000;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto big = [](std::ostream& stream) { stream << std::string(200'000, 'x'); };
  const Error error = error_of([&] { write_whole_file(scratch / "a", big); });
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(error.kind(), ErrorKind::io);
  EXPECT_THAT(error.problem(), HasSubstr("too large"));
  EXPECT_EQ(scratch.read("a"), "old");
  EXPECT_EQ(entries(scratch.path()), 1u);
}

}  // namespace
}  // namespace layerwatt
