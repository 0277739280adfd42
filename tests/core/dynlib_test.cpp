#include "core/dynlib.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "layerwatt/error.hpp"

namespace layerwatt {
namespace {

using testing::HasSubstr;

// Part of every glibc system, and not linked into this program.
constexpr const char* kLibrary = "libanl.so.1";

TEST(DynamicLibrary, FindsFunctionsByName) {
  const DynamicLibrary math("libm.so.6");
  const auto cosine = math.find_function<double (*)(double)>("cos");
  ASSERT_NE(cosine, nullptr);
  EXPECT_EQ(cosine(0.0), 1.0);
  EXPECT_EQ(math.find("layerwatt_has_no_such_symbol"), nullptr);
}

TEST(DynamicLibrary, MissingFileIsAnErrorWithTheLoadersWords) {
  try {
    const DynamicLibrary library("/nonexistent/liblayerwatt_gone.so");
    FAIL() << "opened";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::engine);
    EXPECT_EQ(error.where(), "/nonexistent/liblayerwatt_gone.so");
    EXPECT_THAT(error.problem(), HasSubstr("No such file"));
  }
}

TEST(DynamicLibrary, MovedFromOwnsNothing) {
  DynamicLibrary first(kLibrary);
  {
    const DynamicLibrary second(std::move(first));
    EXPECT_NE(second.find("gai_cancel"), nullptr);
  }
  // Destroying `first` after `second` must not close the library again: the sanitizers watch.
}

TEST(DirectoryOfThisCode, IsWhereTheProgramLies) {
  const auto here = directory_of_this_code();
  EXPECT_TRUE(here.is_absolute());
  EXPECT_TRUE(std::filesystem::exists(here / "test_core")) << here;
}

}  // namespace
}  // namespace layerwatt
