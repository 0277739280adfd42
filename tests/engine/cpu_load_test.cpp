#include "engine/cpu_load.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

namespace layerwatt {
namespace {

double cpu_ms() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  return 1e3 * static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
         1e-3 * static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

TEST(CpuLoad, KeepsTheCpuBusyForAsLongAsAsked) {
  CpuLoad load(std::make_shared<SteadyClock>(), 1);
  Inference first;
  Inference second;
  const double before = cpu_ms();
  load.burst(30'000'000, first);
  load.burst(10'000'000, second);
  EXPECT_GT(cpu_ms() - before, 1.0);
  EXPECT_GT(first.end_ns, first.start_ns);
  // From when the thread runs to the time that was asked: never before it.
  EXPECT_GE(second.start_ns, first.end_ns);
  ASSERT_EQ(first.layer_ms.size(), 1u);
  EXPECT_NEAR(first.layer_ms[0], static_cast<double>(first.end_ns - first.start_ns) / 1e6, 1e-9);
  EXPECT_EQ(load.edge_error_ms(), 0.0) << "one thread is not apart from itself";
}

TEST(CpuLoad, TellsHowFarApartItsThreadsAre) {
  CpuLoad load(std::make_shared<SteadyClock>(), 2);
  EXPECT_EQ(load.edge_error_ms(), 0.0) << "nothing ran yet";
  Inference out;
  for (int i = 0; i < 3; ++i) load.burst(2'000'000, out);
  EXPECT_GT(load.edge_error_ms(), 0.0);
  EXPECT_EQ(load.threads(), 2u);
}

TEST(CpuLoad, ABurstOfNoTimeIsStillOne) {
  CpuLoad load(std::make_shared<SteadyClock>(), 1);
  Inference out;
  load.burst(0, out);
  EXPECT_GT(out.end_ns, out.start_ns);
}

}  // namespace
}  // namespace layerwatt
