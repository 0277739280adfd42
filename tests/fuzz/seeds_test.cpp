// Every seed of the fuzzers and every input that once broke something, through the function that
// the fuzzer runs. Those in fuzz/crashes have what went wrong in their names.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "fuzz/targets.hpp"

namespace layerwatt::fuzz {

#include "fuzz_targets.inc"

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> files_in(const fs::path& folder) {
  std::vector<fs::path> files;
  if (!fs::exists(folder)) return files;
  for (const auto& entry : fs::directory_iterator(folder)) files.push_back(entry.path());
  return files;
}

class FuzzSeeds : public testing::TestWithParam<NamedTarget> {};

TEST_P(FuzzSeeds, AreReadOrRefused) {
  const fs::path root = fs::path(LAYERWATT_SOURCE) / "fuzz";
  const std::string name(GetParam().name);
  std::vector<fs::path> files = files_in(root / "seeds" / name);
  EXPECT_FALSE(files.empty()) << "fuzz/seeds/" << name << " is empty";
  for (const fs::path& crash : files_in(root / "crashes" / name)) files.push_back(crash);
  for (const fs::path& file : files) {
    std::ifstream stream(file, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
    EXPECT_NO_THROW(GetParam().run(bytes)) << file;
    // Nothing may depend on a NUL or a newline behind the last byte.
    EXPECT_NO_THROW(GetParam().run(bytes.substr(0, bytes.size() / 2))) << "half of " << file;
  }
}

// Copying and writing out JSON values recurses in the library: a file of brackets, in each place
// where a parser keeps what it does not know, overflowed the stack.
TEST_P(FuzzSeeds, SurviveBracketsWithoutAnEnd) {
  const std::pair<std::string, std::string> kAround[] = {
      {"", ""},
      {R"([{"Name":"a","Inputs":[)", "]}]"},
      {R"({"format":"layerwatt-recording","version":1,"device":{"a":)", "}}"},
      {R"({"format":"layerwatt-sim","version":1,"name":"n","device":{"a":)", "}}"},
      {R"({"schema":"layerwatt.result/1","device":{"a":)", "}}"},
      {R"({"schema":"layerwatt.calibration/1","calibrations":)", "}"},
  };
  constexpr std::size_t kDepth = 200'000;
  for (const auto& [before, after] : kAround) {
    EXPECT_NO_THROW(GetParam().run(before + std::string(kDepth, '[')));
    const std::string closed = std::string(kDepth, '[') + std::string(kDepth, ']');
    EXPECT_NO_THROW(GetParam().run(before + closed + after));
  }
}

INSTANTIATE_TEST_SUITE_P(All, FuzzSeeds, testing::ValuesIn(kTargets),
                         [](const auto& target) { return std::string(target.param.name); });

}  // namespace
}  // namespace layerwatt::fuzz
