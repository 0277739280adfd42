#include "archive/duckdb.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "layerwatt/error.hpp"

namespace layerwatt::archive {
namespace {

using testing::HasSubstr;

template <class Call>
Error error_of(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "no error";
  return Error(ErrorKind::usage, "none");
}

TEST(ReadAnswer, RowsBetweenHeadAndEnd) {
  const Answer answer =
      read_answer({R"({"columns":["a","b"],"types":["DATE","DOUBLE"]})", R"(["2024-05-01",1.5])",
                   R"([null,2])", R"({"rows":2,"files":7,"seconds":{"list":0.25,"query":0.5}})"},
                  "python3");
  EXPECT_EQ(answer.columns, (std::vector<std::string>{"a", "b"}));
  ASSERT_EQ(answer.rows.size(), 2u);
  EXPECT_EQ(answer.rows[0][1], 1.5);
  EXPECT_TRUE(answer.rows[1][0].is_null());
  EXPECT_EQ(answer.files, 7u);
  EXPECT_DOUBLE_EQ(answer.seconds, 0.75);
}

TEST(ReadAnswer, WithoutItsEndItIsNoAnswer) {
  const Error error = error_of([] {
    read_answer({R"({"columns":["a"],"types":["DATE"]})", "[1]", "MemoryError"}, "python3");
  });
  EXPECT_EQ(error.kind(), ErrorKind::io);
  EXPECT_THAT(error.problem(), HasSubstr("MemoryError"));
}

TEST(ReadAnswer, ARowThatCouldNotBeReadIsNotLeftOut) {
  const Error error = error_of([] {
    read_answer({R"({"columns":["a"],"types":["DATE"]})", "80% [1]", "[2]",
                 R"({"rows":2,"files":1,"seconds":{}})"},
                "python3");
  });
  EXPECT_EQ(error.kind(), ErrorKind::io);
  EXPECT_THAT(error.problem(), HasSubstr("1 of 2 rows"));
  EXPECT_THAT(error.problem(), HasSubstr("80% [1]"));
}

TEST(ReadAnswer, WhatIsMissingComesWithTheCommandForIt) {
  const Error error = error_of(
      [] { read_answer({R"({"error":"python3 has no duckdb","kind":"missing"})"}, "python3"); });
  EXPECT_EQ(error.kind(), ErrorKind::io);
  EXPECT_THAT(error.hint(), HasSubstr("pip install duckdb"));
}

TEST(ReadAnswer, AWrongQuestionIsTheUsers) {
  EXPECT_EQ(error_of([] {
              read_answer({R"({"error":"no such column","kind":"bad_input"})"}, "python3");
            }).kind(),
            ErrorKind::bad_input);
}

TEST(Ask, APythonThatIsNotThereIsSaidWithAHint) {
  Host host;
  host.sys = SysRoot("/", [](const std::string& name) -> std::optional<std::string> {
    if (name == "LAYERWATT_PYTHON") return "/nonexistent/python";
    return std::nullopt;
  });
  const std::atomic<bool> stop{false};
  const Error error = error_of([&] { ask(host, "/tmp", "SELECT 1", {}, stop); });
  EXPECT_EQ(error.kind(), ErrorKind::io);
  EXPECT_EQ(error.where(), "/nonexistent/python");
  EXPECT_THAT(error.hint(), HasSubstr("pip install duckdb"));
}

}  // namespace
}  // namespace layerwatt::archive
