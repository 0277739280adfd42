#include <gtest/gtest.h>

#include <sstream>
#include <vector>

#include "cli/command.hpp"

namespace layerwatt::cli {
namespace {

struct Outcome {
  int code;
  std::string out;
  std::string err;
};

Outcome run(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "layerwatt");
  std::ostringstream out;
  std::ostringstream err;
  Program program{{}, {}, out, err, {}};
  const int code = run_program(static_cast<int>(arguments.size()), arguments.data(), program);
  return {code, out.str(), err.str()};
}

TEST(Program, VersionGoesToStdoutAndIsASuccess) {
  const Outcome outcome = run({"--version"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out.rfind("layerwatt ", 0), 0u);
  EXPECT_EQ(outcome.err, "");
}

TEST(Program, EveryMistakeOfUsageIsExitCode2) {
  EXPECT_EQ(run({}).code, 2);
  EXPECT_EQ(run({"no-such-command"}).code, 2);
  EXPECT_EQ(run({"--color", "sometimes"}).code, 2);
  EXPECT_EQ(run({"--no-such-option"}).code, 2);
}

}  // namespace
}  // namespace layerwatt::cli
