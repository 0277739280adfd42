#include "cli/stop_signals.hpp"

#include <gtest/gtest.h>
#include <signal.h>

namespace layerwatt::cli {
namespace {

TEST(StopSignals, TheFirstSignalSetsTheFlag) {
  for (const int signal : {SIGINT, SIGTERM}) {
    const StopSignals signals;
    EXPECT_FALSE(signals.flag());
    EXPECT_EQ(signals.signal(), 0);
    ::raise(signal);
    EXPECT_TRUE(signals.flag());
    EXPECT_EQ(signals.signal(), signal);
  }
}

TEST(StopSignals, TheSecondOneEndsTheProgram) {
  const auto twice = [] {
    const StopSignals signals;
    ::raise(SIGINT);
    if (signals.flag()) ::raise(SIGTERM);
  };
  EXPECT_EXIT(twice(), testing::KilledBySignal(SIGTERM), "");
}

TEST(StopSignals, EverythingIsAsBeforeAfterwards) {
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  struct sigaction before {};
  ::sigaction(SIGTERM, &ignore, &before);
  { const StopSignals signals; }
  struct sigaction after {};
  ::sigaction(SIGTERM, &before, &after);
  EXPECT_EQ(after.sa_handler, SIG_IGN);
}

}  // namespace
}  // namespace layerwatt::cli
