#include "sim/json_fields.hpp"

#include <gtest/gtest.h>

#include "layerwatt/error.hpp"

namespace layerwatt::sim {
namespace {

std::string where_of(const std::string& text) {
  try {
    parse_json(text, "a.json");
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::bad_input);
    return error.where() + ": " + error.problem();
  }
  return "no error";
}

TEST(JsonFields, ASyntaxErrorIsFoundByLineAndColumn) {
  EXPECT_EQ(where_of("{\n \"a\": 1,\n}"), "a.json:3:1: not valid JSON");
  EXPECT_EQ(where_of("{\"a\" 1}"), "a.json:1:6: not valid JSON");
  EXPECT_EQ(where_of("{\"a\": 1}"), "no error");
}

TEST(JsonFields, ANumberBeyondADoubleIsAnError) {
  EXPECT_EQ(where_of("{\"a\": 2E375}").substr(0, 40), "a.json: has a number that is too large: ");
}

TEST(JsonFields, AKeyThatStandsTwiceIsAnError) {
  EXPECT_EQ(where_of(R"({"a": {"b": 1, "b": 2}})"),
            "a.json: the key \"b\" stands twice in one object");
  EXPECT_EQ(where_of(R"({"a": {"b": 1}, "b": [{"b": 1}, {"b": 2}]})"), "no error");
}

TEST(JsonFields, NearestFindsMisspellingsAndForgottenUnits) {
  const std::set<std::string> known{"time_ms", "power_mw", "name", "jitter"};
  EXPECT_EQ(nearest("time", known), "time_ms");
  EXPECT_EQ(nearest("time_mss", known), "time_ms");
  EXPECT_EQ(nearest("jiter", known), "jitter");
  EXPECT_EQ(nearest("nmae", known), "name");
  EXPECT_EQ(nearest("colour", known), "");
}

}  // namespace
}  // namespace layerwatt::sim
