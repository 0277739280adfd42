#include "record/child_command.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include "fakes/scratch_directory.hpp"
#include "layerwatt/error.hpp"

namespace layerwatt {
namespace {

TEST(ChildCommand, TellsTheExitStatusAndWhenItWas) {
  SteadyClock clock;
  ChildCommand child(clock, {"sh", "-c", "exit 7"});
  const CommandEnd end = child.wait({});
  EXPECT_EQ(end.status.code, 7);
  EXPECT_EQ(end.status.signal, 0);
  EXPECT_GT(end.end_ns, child.start_ns());
  EXPECT_LE(end.end_ns, clock.now_ns());
}

TEST(ChildCommand, ArgumentsReachTheProgramAsTheyAre) {
  const fakes::ScratchDirectory scratch;
  SteadyClock clock;
  const std::string odd = "$HOME; * \"x\"";
  ChildCommand child(
      clock, {"sh", "-c", "printf %s \"$1\" > \"$2\"", "sh", odd, (scratch / "said").string()});
  EXPECT_TRUE(child.wait({}).status.success());
  EXPECT_EQ(scratch.read("said"), odd);
}

TEST(ChildCommand, ASignalCanBePassedOnAndIsTold) {
  SteadyClock clock;
  ChildCommand child(clock, {"sleep", "600"});
  int ticks = 0;
  const CommandEnd end = child.wait([&] {
    if (ticks++ == 0) child.send(SIGTERM);
  });
  EXPECT_EQ(end.status.signal, SIGTERM);
  child.send(SIGKILL);  // to nobody
}

TEST(ChildCommand, IsNotLeftBehind) {
  SteadyClock clock;
  const std::int64_t before = clock.now_ns();
  { ChildCommand child(clock, {"sleep", "600"}); }
  EXPECT_LT(clock.now_ns() - before, 60'000'000'000);
}

TEST(ChildCommand, SigpipeEndsTheChildThoughWeIgnoreIt) {
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  struct sigaction before {};
  ::sigaction(SIGPIPE, &ignore, &before);
  SteadyClock clock;
  ChildCommand child(clock, {"sh", "-c", "kill -PIPE $$; exit 0"});
  const CommandEnd end = child.wait({});
  ::sigaction(SIGPIPE, &before, nullptr);
  EXPECT_EQ(end.status.signal, SIGPIPE);
}

TEST(ChildCommand, NoSuchProgramIsBadInputWithAHint) {
  SteadyClock clock;
  try {
    ChildCommand child(clock, {"/no/such/program"});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::bad_input);
    EXPECT_EQ(error.where(), "/no/such/program");
    EXPECT_NE(error.hint(), "");
  }
  EXPECT_THROW(ChildCommand(clock, {}), Error);
}

}  // namespace
}  // namespace layerwatt
