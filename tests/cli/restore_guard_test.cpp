#include "cli/restore_guard.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "fakes/scratch_directory.hpp"

namespace layerwatt::cli {
namespace {

std::string append(const fakes::ScratchDirectory& scratch, const std::string& word) {
  return "echo " + word + " >> '" + (scratch / "log").string() + "'";
}

TEST(RestoreGuard, RunsTheCommandsInOrderAndOnce) {
  const fakes::ScratchDirectory scratch;
  {
    RestoreGuard guard({append(scratch, "a"), append(scratch, "b")});
    EXPECT_TRUE(guard.restore().empty());
    EXPECT_TRUE(guard.restore().empty());
  }
  EXPECT_EQ(scratch.read("log"), "a\nb\n");
}

TEST(RestoreGuard, RunsThemWhenItGoesAway) {
  const fakes::ScratchDirectory scratch;
  { RestoreGuard guard({append(scratch, "a")}); }
  EXPECT_EQ(scratch.read("log"), "a\n");
}

TEST(RestoreGuard, NamesWhatFailedAndGoesOn) {
  const fakes::ScratchDirectory scratch;
  RestoreGuard guard({"exit 1", append(scratch, "b")}, scratch.write("journal", "{}"));
  EXPECT_EQ(guard.restore(), std::vector<std::string>{"exit 1"});
  EXPECT_TRUE(std::filesystem::exists(scratch / "journal")) << "to try again at the next start";
  EXPECT_EQ(scratch.read("log"), "b\n");
}

// The one that matters: nothing in the killed process can run any more.
TEST(RestoreGuard, OutlivesAProcessThatIsKilled) {
  const fakes::ScratchDirectory scratch;
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    RestoreGuard guard({append(scratch, "restored")}, scratch.write("journal", "{}"));
    if (::write(ready[1], "x", 1) != 1) ::_exit(1);
    for (;;) ::pause();
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  EXPECT_EQ(scratch.read("log"), "") << "not before";
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (scratch.read("log").empty() && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_EQ(scratch.read("log"), "restored\n");
  while (std::filesystem::exists(scratch / "journal") && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_FALSE(std::filesystem::exists(scratch / "journal"));
  ::close(ready[0]);
  ::close(ready[1]);
}

}  // namespace
}  // namespace layerwatt::cli
