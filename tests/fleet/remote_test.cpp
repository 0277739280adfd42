// The command lines are given to a real shell, as sshd gives them to the user's.
#include "fleet/remote.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <thread>

#include "core/subprocess.hpp"
#include "fakes/scratch_directory.hpp"

namespace layerwatt::fleet {
namespace {

using std::chrono::milliseconds;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr milliseconds kLong(60'000);

struct Ran {
  int code = 0;
  std::string out;
};

Ran run(const std::string& line, const std::string& input = {}) {
  SubprocessOptions options;
  options.command = {"/bin/sh", "-c", line};
  options.separate = true;
  options.input = input;
  Subprocess shell(options);
  std::string_view text;
  while (shell.read_line(text, kLong) == Subprocess::Read::line) {
  }
  const int code = shell.wait().code;
  return {code, shell.output()};
}

// What a shell would make something of, in every way that there is.
const std::vector<std::string> kHostile = {
    "",      " ",      "a b",   "a'b",   "''",       "'\\''",    "\"",        "\\",   "\\'",
    "$HOME", "$(id)",  "`id`",  ";id",   "&&id",     "|id",      ">x",        "<x",   "#x",
    "*",     "?",      "[a-z]", "{a,b}", "~",        "!!",       "-n",        "--",   "-",
    "a\nb",  "\n",     "\t",    "a\rb",  "%s%n",     "\\n\\0",   "\xff\xfe",  "層",   "\x1b[31m",
    "a=b",   "${IFS}", "(",     ")",     "'; id; '", "$'\\x41'", "\"$(id)\"", "\\\n", "end\\"};

TEST(RunCommand, WordsComeThroughAShellAsTheyWere) {
  std::vector<std::string> words{"printf", "<%s>"};
  std::string expected;
  for (const std::string& word : kHostile) {
    words.push_back(word);
    expected += "<" + word + ">";
  }
  const std::string mark = new_mark();
  const Ran ran = run(run_command(mark, "", words));
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(after_mark(ran.out, mark), expected);
}

TEST(RunCommand, TellsTheExitCodeAndRemovesTheFolder) {
  const fakes::ScratchDirectory scratch;
  const std::string folder = (scratch / "it's a $(folder)").string();
  std::filesystem::create_directories(folder);
  const std::string mark = new_mark();
  const Ran ran = run(run_command(mark, folder, {"sh", "-c", "pwd; echo x >f; exit 3"}));
  EXPECT_EQ(ran.code, 3);
  EXPECT_EQ(after_mark(ran.out, mark), folder + "\n");
  EXPECT_FALSE(std::filesystem::exists(folder));
  EXPECT_EQ(run(run_command(mark, folder, {"true"})).code, 1) << "no such folder";
}

// Without a terminal sshd tells nobody that the connection is gone; the end of stdin does.
TEST(RunCommand, EndsWhatItRunsWhenNobodyListensAnyMore) {
  const fakes::ScratchDirectory scratch;
  const std::string folder = (scratch / "f").string();
  std::filesystem::create_directories(folder);
  const std::string mark = new_mark();
  SubprocessOptions options;
  options.separate = true;
  options.command = {"/bin/sh", "-c",
                     run_command(mark, folder,
                                 {"sh", "-c",
                                  "trap 'echo told; kill $child; exit 130' TERM; sleep 600 & "
                                  "child=$!; touch started; wait"})};
  Subprocess shell(options);
  const auto deadline = std::chrono::steady_clock::now() + kLong;
  while (!std::filesystem::exists(folder + "/started") &&
         std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(milliseconds(5));
  }
  shell.close_input();
  ASSERT_TRUE(shell.ends_within(kLong));
  EXPECT_EQ(shell.wait().code, 130);
  EXPECT_EQ(after_mark(shell.output(), mark), "told\n");
  EXPECT_FALSE(std::filesystem::exists(folder));
}

TEST(CopyCommand, TakesAFileWholeOrNotAtAll) {
  const fakes::ScratchDirectory scratch;
  const std::string folder = (scratch / "f").string();
  std::filesystem::create_directories(folder);
  std::string bytes(100'000, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 31);
  const std::string file = scratch.write("m", bytes).string();
  EXPECT_EQ(run(copy_command(folder, "-m 'x'.onnx", bytes.size()), file).code, 0);
  EXPECT_EQ(scratch.read("f/-m 'x'.onnx"), bytes);
  EXPECT_EQ(run(copy_command(folder, "m", bytes.size() + 1), file).code, 1);
  EXPECT_FALSE(std::filesystem::exists(folder)) << "half a model must not be measured";
}

TEST(PrepareCommand, FindsTheProgramAndMakesAFolder) {
  const std::string mark = new_mark();
  const Ran ran = run(prepare_command(mark, "/bin/echo", true));
  ASSERT_EQ(ran.code, 0);
  std::string folder(after_mark(ran.out, mark));
  folder.pop_back();
  folder = folder.substr(folder.rfind('\n') + 1);  // the version stands before it
  EXPECT_TRUE(std::filesystem::is_directory(folder)) << ran.out;
  EXPECT_EQ(std::filesystem::status(folder).permissions(), std::filesystem::perms::owner_all);
  EXPECT_EQ(run(remove_command(folder)).code, 0);
  EXPECT_FALSE(std::filesystem::exists(folder));
  EXPECT_EQ(run(prepare_command(mark, "no such program", false)).code, 127);
  EXPECT_EQ(run(prepare_command(mark, "true", false)).out, mark + "\n");
}

TEST(AfterMark, PassesOverWhatAShellGreetsWith) {
  EXPECT_EQ(after_mark("hello\nMARK\n{}\n", "MARK"), "{}\n");
  EXPECT_EQ(after_mark("xMARK\nMARK\n1", "MARK"), "1");
  EXPECT_EQ(after_mark("no", "MARK"), "");
  EXPECT_NE(new_mark(), new_mark());
}

TEST(SshWords, AskNoQuestionsAndLetTheUserWin) {
  Target target;
  target.destination = "root@h";
  target.port = 2222;
  const auto words = ssh_words({"/opt/ssh", {"ConnectTimeout=3"}}, target, "cmd 'x'");
  EXPECT_EQ(words[0], "/opt/ssh");
  EXPECT_EQ(words[2], "-o");
  EXPECT_EQ(words[3], "BatchMode=yes");
  const auto place = [&](const std::string& word) {
    return std::find(words.begin(), words.end(), word) - words.begin();
  };
  EXPECT_LT(place("ConnectTimeout=3"), place("ConnectTimeout=10")) << "ssh takes the first";
  EXPECT_THAT(words, Contains("ForwardAgent=no"));
  EXPECT_THAT((std::vector<std::string>(words.end() - 5, words.end())),
              ElementsAre("-p", "2222", "--", "root@h", "cmd 'x'"));
}

}  // namespace
}  // namespace layerwatt::fleet
