#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "layerwatt/host.hpp"

namespace layerwatt {
namespace {

class SysRootTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "layerwatt-sys-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }
  SysRoot root() const { return {folder_, nullptr}; }

  std::filesystem::path folder_;
};

TEST_F(SysRootTest, ReadsATextWithoutItsLastNewline) {
  write("one", "12\n");
  write("two", "a\n\n");
  write("none", "");
  EXPECT_EQ(root().read_text("/one"), "12");
  EXPECT_EQ(root().read_text("/two"), "a\n");
  EXPECT_EQ(root().read_text("/none"), "");
  EXPECT_EQ(root().path("/one"), folder_ / "one");
}

TEST_F(SysRootTest, ReadsTextsOfAnyLength) {
  const std::string text(10'000, 'x');
  write("long", text + "\n");
  EXPECT_EQ(root().read_text("/long"), text);
}

TEST_F(SysRootTest, WhatCannotBeReadIsNothingAndNoException) {
  EXPECT_FALSE(root().read_text("/missing"));
  // Opens, and read(2) fails: as a file of /sys does when its driver answers with an error.
  std::filesystem::create_directory(folder_ / "folder");
  EXPECT_FALSE(root().read_text("/folder"));
}

TEST_F(SysRootTest, HasNoEnvironmentUnlessItIsGivenOne) {
  EXPECT_FALSE(root().env("PATH"));
  const SysRoot with(folder_, [](const std::string& name) { return std::optional(name + "!"); });
  EXPECT_EQ(with.env("PATH"), "PATH!");
}

}  // namespace
}  // namespace layerwatt
