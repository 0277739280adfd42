#include "core/module_path.hpp"

#include <gtest/gtest.h>

#include "fakes/scratch_directory.hpp"

namespace layerwatt {
namespace {

SysRoot with_path(const std::string& path) {
  return SysRoot("/", [path](const std::string& name) -> std::optional<std::string> {
    if (name == "LAYERWATT_MODULE_PATH") return path;
    return std::nullopt;
  });
}

TEST(ModulePath, TheGivenFolderComesFirstAndLinksAreFollowed) {
  const fakes::ScratchDirectory scratch;
  const auto real = std::filesystem::canonical(scratch.write("real.so", "x"));
  std::filesystem::create_symlink(real, scratch / "liblayerwatt_abacus.so");
  EXPECT_EQ(find_module(with_path(scratch.path().string()), "abacus"), real);
}

TEST(ModulePath, EmptyWhereThereIsNone) {
  EXPECT_TRUE(find_module(with_path("/nonexistent"), "no_such_module").empty());
}

}  // namespace
}  // namespace layerwatt
