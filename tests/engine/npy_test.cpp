#include "engine/npy.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "fakes/npy_file.hpp"
#include "fakes/scratch_directory.hpp"
#include "layerwatt/error.hpp"

namespace layerwatt {
namespace {

using testing::HasSubstr;

using test::npy_dict;

std::string npy(const std::string& dict, const std::string& data = {}) {
  return test::npy_with_header(dict, data);
}

std::string complaint(const std::string& file) {
  try {
    parse_npy_header(file, "x.npy");
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::bad_input);
    EXPECT_EQ(error.where(), "x.npy");
    return error.what();
  }
  ADD_FAILURE() << "accepted";
  return {};
}

TEST(Npy, ReadsWhatNumpyWrites) {
  const float values[] = {1.0F, -2.5F, 3.0F, 0.0F, 7.0F, 8.0F};
  std::string data(sizeof values, '\0');
  std::memcpy(data.data(), values, sizeof values);
  const fakes::ScratchDirectory scratch;
  const NpyArray array = read_npy(scratch.write("a.npy", npy(npy_dict("<f4", "(2, 3)"), data)));
  EXPECT_EQ(array.element, Element::f32);
  EXPECT_EQ(array.shape, (std::vector<std::int64_t>{2, 3}));
  ASSERT_EQ(array.data.size(), sizeof values);
  EXPECT_EQ(std::memcmp(array.data.data(), values, sizeof values), 0);
}

TEST(Npy, ShapesOfEveryRank) {
  EXPECT_TRUE(parse_npy_header(npy(npy_dict("<i8", "()")), "x").shape.empty());
  EXPECT_EQ(parse_npy_header(npy(npy_dict("<i8", "()")), "x").data_bytes, 8U);
  EXPECT_EQ(parse_npy_header(npy(npy_dict("|u1", "(5,)")), "x").shape,
            (std::vector<std::int64_t>{5}));
  EXPECT_EQ(parse_npy_header(npy(npy_dict("<f2", "(1, 3, 224, 224)")), "x").data_bytes, 301056U);
  EXPECT_EQ(parse_npy_header(npy(npy_dict("<f8", "(0, 3)")), "x").data_bytes, 0U);
}

TEST(Npy, EveryTypeHasItsElement) {
  const std::pair<const char*, Element> types[] = {
      {"<f8", Element::f64}, {"<f2", Element::f16},     {"<i8", Element::i64},
      {"<i4", Element::i32}, {"<i2", Element::i16},     {"|i1", Element::i8},
      {"<u8", Element::u64}, {"<u4", Element::u32},     {"<u2", Element::u16},
      {"|u1", Element::u8},  {"|b1", Element::boolean},
  };
  for (const auto& [descr, element] : types) {
    EXPECT_EQ(parse_npy_header(npy(npy_dict(descr, "(2,)")), "x").element, element) << descr;
  }
}

TEST(Npy, TheSecondVersionHasALongerLength) {
  const std::string header = npy_dict("<f4", "(1,)") + "\n";
  std::string file("\x93NUMPY\x02\x00", 8);
  file += static_cast<char>(header.size());
  file += std::string(3, '\0');
  const NpyHeader parsed = parse_npy_header(file + header, "x");
  EXPECT_EQ(parsed.shape, (std::vector<std::int64_t>{1}));
  EXPECT_EQ(parsed.data_offset, 12 + header.size());
}

// In one dimension both orders are the same, and numpy says "Fortran" for some such arrays.
TEST(Npy, FortranOrderMattersFromTwoDimensionsOn) {
  EXPECT_EQ(parse_npy_header(npy(npy_dict("<f4", "(4,)", "True")), "x").shape.size(), 1U);
  EXPECT_THAT(complaint(npy(npy_dict("<f4", "(2, 2)", "True"))), HasSubstr("ascontiguousarray"));
}

TEST(Npy, RefusesWhatNoInputCanHold) {
  EXPECT_THAT(complaint(npy(npy_dict(">f4", "(1,)"))), HasSubstr("big-endian"));
  EXPECT_THAT(complaint(npy(npy_dict("|O", "(1,)"))), HasSubstr("|O"));
  EXPECT_THAT(complaint(npy(npy_dict("<c8", "(1,)"))), HasSubstr("<c8"));
  EXPECT_THAT(complaint(npy(npy_dict("<U12", "(1,)"))), HasSubstr("<U12"));
  EXPECT_THAT(complaint(npy(npy_dict("|f4", "(1,)"))), HasSubstr("|f4"));
}

TEST(Npy, MalformedFilesAreErrorsAndNothingElse) {
  EXPECT_THAT(complaint(""), HasSubstr("not a .npy file"));
  EXPECT_THAT(complaint("PK\x03\x04 a zip"), HasSubstr("not a .npy file"));
  EXPECT_THAT(complaint(npy(npy_dict("<f4", "(1,)")).substr(0, 9)), HasSubstr("first bytes"));
  EXPECT_THAT(complaint(npy(npy_dict("<f4", "(1,)")).substr(0, 30)),
              HasSubstr("within its header"));
  EXPECT_THAT(complaint(npy("{'descr': '<f4'}")), HasSubstr("lacks"));
  EXPECT_THAT(complaint(npy("[1]")), HasSubstr("malformed"));
  EXPECT_THAT(complaint(npy("{'descr': '<f4")), HasSubstr("quote is open"));
  EXPECT_THAT(complaint(npy(npy_dict("<f4", "(-1,)"))), HasSubstr("dimension is missing"));
  EXPECT_THAT(complaint(npy(npy_dict("<f4", "(1"))), HasSubstr("malformed"));
  EXPECT_THAT(complaint(npy("{'shape': (1,), 'evil': 'x'}")), HasSubstr("evil"));
  std::string future = npy(npy_dict("<f4", "(1,)"));
  future[6] = '\x09';
  EXPECT_THAT(complaint(future), HasSubstr("unknown version 9"));
}

// Every cut of a good file: no crash (the sanitizers watch), always an error.
TEST(Npy, EveryTruncationIsAnError) {
  const std::string whole = npy(npy_dict("<f4", "(2, 3)"), std::string(24, 'x'));
  const fakes::ScratchDirectory scratch;
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const auto file = scratch.write("cut.npy", whole.substr(0, length));
    EXPECT_THROW(read_npy(file), Error) << length;
  }
  EXPECT_NO_THROW(read_npy(scratch.write("whole.npy", whole)));
  EXPECT_THROW(read_npy(scratch.write("longer.npy", whole + "x")), Error);
}

// Multiplied without care these wrap around to a small number of bytes.
TEST(Npy, AbsurdShapesNeitherOverflowNorAllocate) {
  EXPECT_THAT(complaint(npy(npy_dict("<f4", "(4611686018427387904, 4)"))), HasSubstr("absurd"));
  EXPECT_THAT(complaint(npy(npy_dict("<f4", "(99999999999999999999,)"))), HasSubstr("too large"));
  const fakes::ScratchDirectory scratch;
  EXPECT_THROW(read_npy(scratch.write("lie.npy", npy(npy_dict("<f4", "(1000000000000,)"), "abc"))),
               Error);
}

TEST(Npy, MissingFileIsAnIoError) {
  try {
    read_npy("/nonexistent/x.npy");
    FAIL() << "read";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::io);
  }
}

}  // namespace
}  // namespace layerwatt
