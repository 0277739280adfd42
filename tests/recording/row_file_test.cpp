#include "recording/row_file.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>

#include "temp_dir.hpp"

namespace layerwatt::recording {
namespace {

using testing::HasSubstr;

class RowFileTest : public testing::Test {
 protected:
  RowFileTest() : directory_(::open(dir_.path().c_str(), O_RDONLY | O_DIRECTORY)) {}
  ~RowFileTest() override { ::close(directory_); }
  TempDir dir_;
  int directory_;
};

TEST_F(RowFileTest, GathersRowsAndWritesThemWhole) {
  RowFile file(directory_, "f", "f");
  const std::string row(999, 'x');
  std::size_t appended = 0;
  for (int i = 0; i < 500; ++i) {
    file.append(row + '\n');
    appended += 1000;
    const auto on_disk = dir_.read("f").size();
    EXPECT_EQ(on_disk % 1000, 0U);
    EXPECT_LE(appended - on_disk, 65536U);
  }
  file.flush();
  EXPECT_EQ(dir_.read("f").size(), 500'000U);
}

TEST_F(RowFileTest, TheDestructorFlushes) {
  { RowFile(directory_, "f", "f").append("row\n"); }
  EXPECT_EQ(dir_.read("f"), "row\n");
}

TEST_F(RowFileTest, RefusesAFileThatIsThere) {
  dir_.write("f", "mine");
  const auto error = error_of([&] { RowFile(directory_, "f", "DIR/f"); }, ErrorKind::io);
  EXPECT_EQ(error.where(), "DIR/f");
  EXPECT_FALSE(error.hint().empty());
  std::filesystem::create_symlink(dir_ / "elsewhere", dir_ / "link");
  error_of([&] { RowFile(directory_, "link", "link"); }, ErrorKind::io);
  EXPECT_FALSE(std::filesystem::exists(dir_ / "elsewhere"));
}

TEST_F(RowFileTest, AFullDiskIsAnErrorWithAHint) {
  const int full = ::open("/dev/full", O_WRONLY);
  if (full < 0) GTEST_SKIP() << "this machine has no /dev/full";
  RowFile file(full, "DIR/power.csv");
  file.append("row\n");
  for (int i = 0; i < 2; ++i) {  // and again: the rows are gone, no caller may think otherwise
    const auto error = error_of([&] { file.flush(); }, ErrorKind::io);
    EXPECT_THAT(error.problem(), HasSubstr("No space left"));
    EXPECT_THAT(error.hint(), HasSubstr("free some space"));
    EXPECT_EQ(error.where(), "DIR/power.csv");
  }
  error_of([&] { file.append("row\n"); }, ErrorKind::io);
  EXPECT_TRUE(file.ends_whole());  // nothing is there
}

TEST_F(RowFileTest, SaysWhenARowWasLeftTorn) {
  // A pipe that takes a part and cannot be cut back, as a file system that is full of errors.
  int ends[2] = {};
  ASSERT_EQ(::pipe2(ends, O_NONBLOCK), 0);
  {
    RowFile file(ends[1], "pipe");
    const std::string row(9998, 'x');
    EXPECT_THROW(
        {
          for (int i = 0; i < 1000; ++i) file.append(row + '\n');
        },
        Error);
    EXPECT_FALSE(file.ends_whole());
  }
  ::close(ends[0]);
}

}  // namespace
}  // namespace layerwatt::recording
