#include "cli/shell.hpp"

#include <gtest/gtest.h>

namespace layerwatt::cli {
namespace {

TEST(RunShell, GivesOutputAndCode) {
  const ShellResult result = run_shell("echo one; echo two >&2; exit 3");
  EXPECT_EQ(result.code, 3);
  EXPECT_EQ(result.output, "one\ntwo");
}

TEST(RunShell, NobodyAnswersAQuestion) { EXPECT_NE(run_shell("read answer").code, 0); }
TEST(RunShell, NoSuchProgram) { EXPECT_EQ(run_shell("/no/such/program").code, 127); }

TEST(ShellQuoted, SurvivesTheShell) {
  const std::string text = "it's $HOME `id` \"x\" \\ *";
  EXPECT_EQ(run_shell("printf %s " + shell_quoted(text)).output, text);
}

}  // namespace
}  // namespace layerwatt::cli
