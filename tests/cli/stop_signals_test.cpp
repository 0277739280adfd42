#include "cli/stop_signals.hpp"

#include <gtest/gtest.h>
#include <signal.h>

namespace layerwatt::cli {
namespace {

TEST(StopSignals, TheFirstSignalSetsTheFlag) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
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
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction own {};
    own.sa_handler = [](int) {};
    struct sigaction before {};
    ::sigaction(signal, &own, &before);
    { const StopSignals signals; }
    struct sigaction after {};
    ::sigaction(signal, &before, &after);
    EXPECT_EQ(after.sa_handler, own.sa_handler);
  }
}

// `nohup layerwatt … &`: the terminal goes, the run goes on, and so it does after a first SIGTERM.
TEST(StopSignals, WhatIsIgnoredStaysIgnored) {
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  struct sigaction before {};
  ::sigaction(SIGHUP, &ignore, &before);
  {
    const StopSignals signals;
    ::raise(SIGHUP);
    EXPECT_FALSE(signals.flag());
    ::raise(SIGTERM);
    EXPECT_EQ(signals.signal(), SIGTERM);
    ::raise(SIGHUP);  // ends this test, unless it is still ignored
  }
  struct sigaction after {};
  ::sigaction(SIGHUP, &before, &after);
  EXPECT_EQ(after.sa_handler, SIG_IGN);
}

}  // namespace
}  // namespace layerwatt::cli
