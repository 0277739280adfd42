#include "core/subprocess.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "layerwatt/error.hpp"

namespace layerwatt {
namespace {

using std::chrono::milliseconds;
using Read = Subprocess::Read;

constexpr milliseconds kSoon(10'000);  // long enough that only a hang reaches it

SubprocessOptions shell(const std::string& script) {
  SubprocessOptions options;
  options.command = {"/bin/sh", "-c", script};
  return options;
}

std::string next(Subprocess& child) {
  std::string_view line;
  EXPECT_EQ(child.read_line(line, kSoon), Read::line);
  return std::string(line);
}

bool no_children_left() { return ::waitpid(-1, nullptr, WNOHANG) == -1 && errno == ECHILD; }

bool runs(pid_t pid) {
  // A killed orphan is a zombie until init takes it: that is not running.
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  if (!std::getline(stat, text)) return false;
  const char state = text[text.rfind(')') + 2];
  return state != 'Z' && state != 'X';
}

TEST(Subprocess, ReadsLinesAndTheExitStatus) {
  Subprocess child(shell("echo one; echo two >&2; printf three; exit 7"));
  std::string_view line;
  EXPECT_EQ(next(child), "one");
  EXPECT_EQ(next(child), "two");
  EXPECT_EQ(child.read_line(line, kSoon), Read::cut_line);
  EXPECT_EQ(line, "three");
  EXPECT_EQ(child.read_line(line, kSoon), Read::end);
  EXPECT_EQ(child.read_line(line, kSoon), Read::end);
  const ExitStatus status = child.wait();
  EXPECT_EQ(status.code, 7);
  EXPECT_FALSE(status.success());
  EXPECT_EQ(status.describe(), "exit status 7");
  EXPECT_TRUE(no_children_left());
}

TEST(Subprocess, LinesAreWholeHoweverTheyArrive) {
  Subprocess child(shell("printf 'on'; sleep 0.02; printf 'e\\n\\ntw'; sleep 0.02; printf 'o\\n'"));
  EXPECT_EQ(next(child), "one");
  EXPECT_EQ(next(child), "");
  EXPECT_EQ(next(child), "two");
}

TEST(Subprocess, AProgramThatIsNotThereIsAnErrorWithItsName) {
  SubprocessOptions options;
  options.command = {"/no/such/program"};
  try {
    Subprocess child(options);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::io);
    EXPECT_EQ(error.where(), "/no/such/program");
  }
  EXPECT_THROW(Subprocess(SubprocessOptions{}), Error);
  EXPECT_TRUE(no_children_left());
}

TEST(Subprocess, ArgumentsReachTheProgramWithoutAShell) {
  SubprocessOptions options;
  options.command = {"/bin/echo", "$HOME; a  b", "*"};
  Subprocess child(options);
  EXPECT_EQ(next(child), "$HOME; a  b *");
}

TEST(Subprocess, HasACleanLocaleAndNoInput) {
  ASSERT_EQ(::setenv("LC_NUMERIC", "de_DE.UTF-8", 1), 0);
  SubprocessOptions options = shell("echo \"$LC_ALL|$LC_NUMERIC|$MARK|$HOME\"; cat; echo end");
  options.environment = {{"MARK", "1"}, {"HOME", "/nowhere"}};
  Subprocess child(options);
  ::unsetenv("LC_NUMERIC");
  EXPECT_EQ(next(child), "C||1|/nowhere");
  EXPECT_EQ(next(child), "end");
}

// What would make another program of it than the one that was named.
TEST(Subprocess, TakesNoOrdersFromTheEnvironment) {
  const char* const kNames[] = {"LD_PRELOAD", "LD_AUDIT", "BASH_ENV", "ENV", "GCONV_PATH", "LANG"};
  for (const char* name : kNames) ASSERT_EQ(::setenv(name, "/nowhere/evil.so", 1), 0);
  ASSERT_EQ(::setenv("BASH_FUNC_cat%%", "() { echo evil; }", 1), 0);
  ASSERT_EQ(::setenv("LAYERWATT_TEST_MARK", "kept", 1), 0);
  SubprocessOptions options;
  options.command = {"/usr/bin/env"};
  std::string environment;
  {
    Subprocess child(options);
    std::string_view line;
    while (child.read_line(line, kSoon) == Read::line) environment += std::string(line) + '\n';
  }
  for (const char* name : kNames) ::unsetenv(name);
  ::unsetenv("BASH_FUNC_cat%%");
  ::unsetenv("LAYERWATT_TEST_MARK");
  EXPECT_EQ(environment.find("evil"), std::string::npos) << environment;
  EXPECT_NE(environment.find("LAYERWATT_TEST_MARK=kept"), std::string::npos);
}

TEST(Subprocess, TimesOutWhenNothingComes) {
  Subprocess child(shell("echo one; exec sleep 600"));
  std::string_view line;
  EXPECT_EQ(next(child), "one");
  EXPECT_EQ(child.read_line(line, milliseconds(10)), Read::timeout);
  EXPECT_EQ(child.read_line(line, milliseconds(0)), Read::timeout);
  EXPECT_FALSE(child.poll().has_value());
  const ExitStatus status = child.terminate();
  EXPECT_EQ(status.signal, SIGTERM);
  EXPECT_EQ(status.code, 128 + SIGTERM);
  EXPECT_NE(status.describe().find("signal 15"), std::string::npos);
  EXPECT_TRUE(no_children_left());
}

TEST(Subprocess, AnotherThreadCanInterruptTheWait) {
  Subprocess child(shell("exec sleep 600"));
  std::thread waker([&] { child.interrupt(); });
  std::string_view line;
  EXPECT_EQ(child.read_line(line, milliseconds(-1)), Read::interrupted);
  waker.join();
  EXPECT_EQ(child.read_line(line, milliseconds(-1)), Read::interrupted);
}

TEST(Subprocess, KillsWhatDoesNotListen) {
  Subprocess child(shell("trap '' TERM; echo ready; while :; do sleep 600; done"));
  EXPECT_EQ(next(child), "ready");
  EXPECT_EQ(child.terminate(milliseconds(20)).signal, SIGKILL);
  EXPECT_TRUE(no_children_left());
}

TEST(Subprocess, LeavesNothingBehind) {
  pid_t grandchild = 0;
  {
    Subprocess child(shell("sleep 600 & echo $!; wait"));
    grandchild = std::stoi(next(child));
    EXPECT_TRUE(runs(grandchild));
  }
  for (int tries = 0; runs(grandchild) && tries < 1000; ++tries) {
    std::this_thread::sleep_for(milliseconds(5));
  }
  EXPECT_FALSE(runs(grandchild));
  EXPECT_TRUE(no_children_left());
}

TEST(Subprocess, AChildThatEndedStaysEnded) {
  Subprocess child(shell("exit 3"));
  EXPECT_EQ(child.wait().code, 3);
  child.signal(SIGKILL);
  EXPECT_EQ(child.terminate().code, 3);
  EXPECT_EQ(child.poll()->code, 3);
}

TEST(Subprocess, HasTheDefaultSignalsAgain) {
  const auto before = std::signal(SIGPIPE, SIG_IGN);
  // The shell ends by SIGPIPE; where that is ignored, it reports a write error and goes on.
  Subprocess child(shell("kill -PIPE $$; echo survived"));
  EXPECT_EQ(child.wait().signal, SIGPIPE);
  std::signal(SIGPIPE, before);
}

TEST(Subprocess, ALineWithoutAnEndIsHandedOutInPieces) {
  Subprocess child(shell("head -c 200000 /dev/zero | tr '\\0' x"));
  std::string_view line;
  std::size_t total = 0;
  while (true) {
    const Read read = child.read_line(line, kSoon);
    if (read == Read::end) break;
    ASSERT_EQ(read, Read::cut_line);
    EXPECT_LE(line.size(), Subprocess::kLongestLine + 4096);
    total += line.size();
  }
  EXPECT_EQ(total, 200000u);
}

TEST(Subprocess, WithoutCaptureItSharesOurGroup) {
  SubprocessOptions options = shell(
      "read -r pid name state parent mine rest < /proc/$$/stat; "
      "read -r pid name state parent ours rest < /proc/$PPID/stat; [ \"$mine\" = \"$ours\" ] && "
      "exit 5");
  options.capture = false;
  EXPECT_EQ(Subprocess(options).wait().code, 5);
  EXPECT_TRUE(no_children_left());
}

TEST(Subprocess, DiesWithUsAtItsNextLine) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  const pid_t parent = ::fork();
  if (parent == 0) {
    std::signal(SIGPIPE, SIG_IGN);  // as the program does
    Subprocess child(shell("echo ready; while :; do echo line; sleep 0.01; done"));
    std::string_view line;
    child.read_line(line, kSoon);
    const pid_t pid = child.pid();
    if (::write(ends[1], &pid, sizeof pid) != sizeof pid) ::_exit(1);
    ::kill(::getpid(), SIGKILL);
  }
  pid_t orphan = 0;
  ASSERT_EQ(::read(ends[0], &orphan, sizeof orphan), static_cast<ssize_t>(sizeof orphan));
  ASSERT_EQ(::waitpid(parent, nullptr, 0), parent);
  for (int tries = 0; runs(orphan) && tries < 2000; ++tries) {
    std::this_thread::sleep_for(milliseconds(5));
  }
  EXPECT_FALSE(runs(orphan));
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(Subprocess, SeparateOutputIsKeptApartFromStderr) {
  SubprocessOptions options = shell("echo out; echo err >&2; cat; printf more; exit 4");
  options.separate = true;
  Subprocess child(options);
  EXPECT_EQ(next(child), "err");
  EXPECT_FALSE(child.ends_within(milliseconds(50))) << "stdin is open";
  child.close_input();
  std::string_view line;
  EXPECT_EQ(child.read_line(line, kSoon), Read::end);
  EXPECT_EQ(child.wait().code, 4);
  EXPECT_EQ(child.output(), "out\nmore");
  EXPECT_EQ(child.output_size(), 8U);
  EXPECT_TRUE(no_children_left());
}

TEST(Subprocess, SeparateInputIsAFile) {
  SubprocessOptions options = shell("wc -c; echo done >&2");
  options.separate = true;
  options.input = "/dev/null";
  Subprocess child(options);
  EXPECT_EQ(next(child), "done");
  EXPECT_EQ(child.wait().code, 0);
  EXPECT_EQ(child.output(), "0\n");
  options.input = "/no/such/file";
  EXPECT_THROW(Subprocess{options}, Error);
}

}  // namespace
}  // namespace layerwatt
