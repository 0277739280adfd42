#include "sim/spec.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/spec_text.hpp"

namespace layerwatt::sim {
namespace {

TEST(Spec, EveryExampleIsValid) {
  int count = 0;
  for (const auto& file :
       std::filesystem::directory_iterator(std::string(LAYERWATT_SOURCE) + "/examples/sim")) {
    if (!file.path().filename().string().ends_with(".sim.json")) continue;
    const Spec spec = load_spec(file.path());
    EXPECT_EQ(spec.name + ".sim.json", file.path().filename().string());
    ++count;
  }
  EXPECT_GE(count, 6);
}

}  // namespace
}  // namespace layerwatt::sim
