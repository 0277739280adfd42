#include "profile/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace layerwatt {
namespace {

namespace fs = std::filesystem;

TEST(TemporaryDirectory, IsPrivateAndGoneAfterwardsWithAllThatIsInIt) {
  fs::path path;
  {
    const TemporaryDirectory directory("layerwatt-test");
    path = directory.path();
    EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_all);
    fs::create_directory(path / "deep");
    std::ofstream(path / "deep" / "file") << "x";
  }
  EXPECT_FALSE(fs::exists(path));
}

TEST(TemporaryDirectory, StaysWhenItIsWorthKeeping) {
  fs::path path;
  {
    TemporaryDirectory directory("layerwatt-test");
    path = directory.path();
    directory.keep();
  }
  EXPECT_TRUE(fs::exists(path));
  fs::remove_all(path);
}

}  // namespace
}  // namespace layerwatt
