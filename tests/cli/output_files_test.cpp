#include "cli/output_files.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ostream>

#include "fakes/scratch_directory.hpp"
#include "layerwatt/error.hpp"

namespace layerwatt::cli {
namespace {

namespace fs = std::filesystem;

std::size_t entries(const fs::path& folder) {
  std::size_t count = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    (void)entry;
    ++count;
  }
  return count;
}

void hello(std::ostream& stream) { stream << "hello\n"; }

TEST(WriteWholeFile, WritesReplacesAndLeavesNothingElse) {
  const fakes::ScratchDirectory scratch;
  write_whole_file(scratch / "a.json", hello);
  EXPECT_EQ(scratch.read("a.json"), "hello\n");
  write_whole_file(scratch / "a.json", [](std::ostream& stream) { stream << "x"; });
  EXPECT_EQ(scratch.read("a.json"), "x");
  EXPECT_EQ(entries(scratch.path()), 1u);
}

TEST(WriteWholeFile, AReportThatFailsLeavesTheOldFileAlone) {
  const fakes::ScratchDirectory scratch;
  scratch.write("a.json", "old");
  const auto fails = [](std::ostream& stream) {
    stream << "half";
    throw Error(ErrorKind::io, "no");
  };
  EXPECT_THROW(write_whole_file(scratch / "a.json", fails), Error);
  EXPECT_EQ(scratch.read("a.json"), "old");
  EXPECT_EQ(entries(scratch.path()), 1u);
}

TEST(WriteWholeFile, ALinkStaysALink) {
  const fakes::ScratchDirectory scratch;
  scratch.write("real.json", "old");
  fs::create_symlink(scratch / "real.json", scratch / "link.json");
  write_whole_file(scratch / "link.json", hello);
  EXPECT_TRUE(fs::is_symlink(scratch / "link.json"));
  EXPECT_EQ(scratch.read("real.json"), "hello\n");
}

TEST(WriteWholeFile, DevicesAreWrittenInPlaceAndAFullOneIsTold) {
  write_whole_file("/dev/null", hello);
  struct stat status {};
  ASSERT_EQ(::stat("/dev/null", &status), 0);
  EXPECT_TRUE(S_ISCHR(status.st_mode));
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  try {
    write_whole_file("/dev/full", hello);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::io);
    EXPECT_EQ(error.where(), "/dev/full");
  }
}

TEST(CheckWritable, FindsOutBeforeARunWhatWouldFailAfterIt) {
  const fakes::ScratchDirectory scratch;
  check_writable(scratch / "new.json");
  check_writable("relative.json");
  EXPECT_FALSE(fs::exists(scratch / "new.json"));
  EXPECT_THROW(check_writable(scratch / "no/such/folder/x.json"), Error);
  EXPECT_THROW(check_writable(scratch.path()), Error);
}

}  // namespace
}  // namespace layerwatt::cli
