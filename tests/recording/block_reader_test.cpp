#include "recording/block_reader.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "temp_dir.hpp"

namespace layerwatt::recording {
namespace {

using testing::HasSubstr;

std::string all_lines(BlockReader& reader) {
  std::string text;
  for (auto block = reader.lines(); !block.empty(); block = reader.lines()) text += block;
  return text;
}

TEST(BlockReader, GivesWholeLinesThenTheRest) {
  TempDir dir;
  BlockReader reader(dir.write("f", "a\nbb\nccc"));
  EXPECT_EQ(reader.lines(), "a\nbb\n");
  EXPECT_EQ(reader.lines(), "ccc");
  EXPECT_EQ(reader.lines(), "");
  EXPECT_EQ(reader.size(), 8U);
}

TEST(BlockReader, LosesNothingBetweenBlocks) {
  TempDir dir;
  std::string text;
  for (int i = 0; text.size() < 3'000'000; ++i) {
    text += std::string(static_cast<std::size_t>(i) % 977, 'x') + std::to_string(i) + '\n';
  }
  text += std::string(1'000'000, 'y') + '\n';  // longer than a block
  text += "end\n";
  BlockReader reader(dir.write("f", text));
  std::string read;
  for (auto block = reader.lines(); !block.empty(); block = reader.lines()) {
    ASSERT_EQ(block.back(), '\n');
    read += block;
  }
  EXPECT_TRUE(read == text);
}

TEST(BlockReader, TakesARecordThatSpansLines) {
  TempDir dir;
  BlockReader reader(dir.write("f", "a,\"b\nc\",d\n1\n2\n"));
  EXPECT_EQ(reader.record(), "a,\"b\nc\",d\n");
  EXPECT_EQ(reader.lines(), "1\n2\n");
}

TEST(BlockReader, TakesARecordLongerThanABlock) {
  TempDir dir;
  const std::string header = "\"" + std::string(700'000, 'n') + "\n\"\n";
  BlockReader reader(dir.write("f", header + "1\n"));
  EXPECT_TRUE(reader.record() == header);
  EXPECT_EQ(all_lines(reader), "1\n");
}

TEST(BlockReader, AnUnfinishedRecordIsTheRest) {
  TempDir dir;
  BlockReader reader(dir.write("f", "a,\"b\n1\n"));
  EXPECT_EQ(reader.record(), "a,\"b\n1\n");
  EXPECT_EQ(reader.lines(), "");
}

TEST(BlockReader, SkipsAByteOrderMark) {
  TempDir dir;
  BlockReader reader(dir.write("f", "\xEF\xBB\xBFtime_ns\n"));
  EXPECT_EQ(reader.peek(), "time_ns\n");
  EXPECT_EQ(reader.record(), "time_ns\n");
  BlockReader bare(dir.write("g", "\xEF\xBB"));
  EXPECT_EQ(all_lines(bare), "\xEF\xBB");
}

TEST(BlockReader, ReadsAPipe) {
  int ends[2] = {};
  ASSERT_EQ(::pipe(ends), 0);
  ASSERT_EQ(::write(ends[1], "a\nb\n", 4), 4);
  ::close(ends[1]);
  {
    BlockReader reader("/dev/fd/" + std::to_string(ends[0]));
    EXPECT_EQ(reader.size(), std::nullopt);
    EXPECT_EQ(all_lines(reader), "a\nb\n");
  }
  ::close(ends[0]);
}

TEST(BlockReader, SaysWhatCannotBeOpened) {
  TempDir dir;
  auto error = error_of([&] { BlockReader(dir / "none"); }, ErrorKind::bad_input);
  EXPECT_THAT(error.problem(), HasSubstr("No such file"));
  EXPECT_THAT(error.where(), HasSubstr("none"));
  error = error_of([&] { BlockReader(dir.path()); }, ErrorKind::bad_input);
  EXPECT_THAT(error.problem(), HasSubstr("is a directory"));
}

TEST(BlockReader, GivesUpOnAFileWithoutLines) {
  TempDir dir;
  const auto path = dir.write("f", "");
  std::filesystem::resize_file(path, 100'000'000);  // sparse: zeros without a newline
  BlockReader reader(path);
  EXPECT_THAT(error_of([&] { reader.lines(); }, ErrorKind::bad_input).problem(),
              HasSubstr("longer than 64 MiB"));
}

TEST(ReadTextFile, HasALimit) {
  TempDir dir;
  EXPECT_EQ(read_text_file(dir.write("f", "0123456789"), 10), "0123456789");
  EXPECT_THAT(error_of([&] { read_text_file(dir / "f", 9); }, ErrorKind::bad_input).problem(),
              HasSubstr("larger than 9 bytes"));
}

}  // namespace
}  // namespace layerwatt::recording
