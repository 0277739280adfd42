#include "layerwatt/registry.hpp"

#include <gtest/gtest.h>

#include <set>

#include "layerwatt/error.hpp"

namespace layerwatt {
namespace {

template <class Table>
void expect_named_once(const Table& table) {
  std::set<std::string> names;
  for (const auto& backend : table) {
    EXPECT_FALSE(backend.name.empty());
    EXPECT_FALSE(backend.summary.empty()) << backend.name;
    EXPECT_TRUE(names.insert(backend.name).second) << backend.name << " stands twice";
  }
}

TEST(Registry, EveryBackendHasItsOwnNameAndASummary) {
  expect_named_once(engines());
  expect_named_once(sensors());
  expect_named_once(reports());
}

TEST(Registry, UnknownNamesListTheKnownOnes) {
  try {
    find_sensor("crystal-ball");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    for (const SensorBackend& sensor : sensors()) {
      EXPECT_NE(error.hint().find(sensor.name), std::string::npos) << error.hint();
    }
  }
}

TEST(Registry, ModelWithoutAnEngineNamesTheEndings) {
  try {
    engine_for_model("model.docx");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_EQ(error.where(), "model.docx");
  }
}

}  // namespace
}  // namespace layerwatt
