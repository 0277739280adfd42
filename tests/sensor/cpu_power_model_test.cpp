#include "sensor/cpu_power_model.hpp"

#include <gtest/gtest.h>

namespace layerwatt {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr CpuCoefficients kRound{"round", 1000.0, 3000.0};

TEST(ParseCpuinfo, TakesTheFirstProcessor) {
  const CpuIdentity cpu = parse_cpuinfo(
      "processor\t: 0\nvendor_id\t: AuthenticAMD\ncpu family\t: 25\nmodel\t\t: 1\n"
      "model name\t: AMD EPYC\nstepping\t: 1\n\nprocessor\t: 1\nmodel\t\t: 99\n");
  EXPECT_EQ(cpu.vendor, "AuthenticAMD");
  EXPECT_EQ(cpu.family, 25);
  EXPECT_EQ(cpu.model, 1);
  EXPECT_EQ(cpu.name, "AMD EPYC");
  EXPECT_EQ(coefficients_for(cpu).architecture, "EPYC 3rd Gen");
}

TEST(ParseCpuinfo, SurvivesWhatItDoesNotKnow) {
  EXPECT_EQ(parse_cpuinfo("").vendor, "");
  EXPECT_EQ(parse_cpuinfo("\n\n: \nmodel: many\nnonsense").model, 0);
  EXPECT_EQ(parse_cpuinfo("CPU implementer\t: 0x41\nCPU part\t: 0xd42\n").vendor, "");
}

TEST(Coefficients, SteppingsTellSkylakeFromCascadeLake) {
  EXPECT_EQ(coefficients_for({"GenuineIntel", 6, 85, 4, ""}).architecture, "Skylake");
  EXPECT_EQ(coefficients_for({"GenuineIntel", 6, 85, 7, ""}).architecture, "Cascade Lake");
  EXPECT_EQ(coefficients_for({"GenuineIntel", 6, 143, 8, ""}).architecture, "Sapphire Rapids");
  EXPECT_EQ(coefficients_for({"AuthenticAMD", 23, 49, 0, ""}).full_mw, 1693.0);
}

TEST(Coefficients, AnUnknownCpuGetsTheMeanAndSaysSo) {
  const CpuCoefficients unknown = coefficients_for({"", 0, 0, 0, ""});
  EXPECT_EQ(unknown.idle_mw, 740.0);
  EXPECT_EQ(unknown.full_mw, 3500.0);
  EXPECT_EQ(unknown.architecture, "of a kind not in the table");
  EXPECT_EQ(coefficients_for({"AuthenticAMD", 6, 85, 4, ""}).full_mw, 3500.0) << "Intel's number";
}

TEST(ProcStat, BusyIsNotIdleNorIowaitNorSteal) {
  const auto use = parse_proc_stat(
      "cpu  100 20 30 9999 8888 4 5 7777 66 55\ncpu0 1 2 3 4 5 6 7 8 9 10\ncpu1 1 2 3 4 5 6 7\n"
      "intr 5 5\n",
      100);
  ASSERT_TRUE(use);
  EXPECT_EQ(use->online, 2);
  EXPECT_EQ(use->busy_ns, (100 + 20 + 30 + 4 + 5) * 10'000'000LL);
}

TEST(ProcStat, WhatIsNotProcStatIsRefused) {
  EXPECT_FALSE(parse_proc_stat("", 100));
  EXPECT_FALSE(parse_proc_stat("cpu  1 2 3\n", 100));
  EXPECT_FALSE(parse_proc_stat("cpu  1 2 3 4 5 6 7 8\n", 100)) << "no CPU is online";
  EXPECT_FALSE(parse_proc_stat("cpu0 1 2 3 4 5 6 7 8\n", 100));
}

TEST(CpuEnergy, IsIdlePowerAllTheTimePlusActivePowerWhileBusy) {
  CpuEnergy energy(kRound, 2);
  EXPECT_DOUBLE_EQ(energy.advance(5 * kSecond, 700), 0.0);
  // 2 CPUs × 1000 mW × 1 s.
  EXPECT_DOUBLE_EQ(energy.advance(6 * kSecond, 700), 2000.0);
  // The same, and half a second of one CPU at 3000 − 1000 mW.
  EXPECT_DOUBLE_EQ(energy.advance(7 * kSecond, 700 + kSecond / 2), 5000.0);
  // Both CPUs busy: 2 × 3000 mW × 1 s.
  EXPECT_DOUBLE_EQ(energy.advance(8 * kSecond, 700 + kSecond / 2 + 2 * kSecond), 11000.0);
}

TEST(CpuEnergy, ALowerClockLowersTheActivePartAlone) {
  CpuEnergy energy(kRound, 1);
  energy.advance(0, 0);
  energy.look(0, 0.25);
  EXPECT_DOUBLE_EQ(energy.advance(kSecond, kSecond), 1000.0 + 2000.0 * 0.25);
  energy.look(kSecond, 1.7);  // never more than nominal
  EXPECT_DOUBLE_EQ(energy.advance(2 * kSecond, 2 * kSecond), 1500.0 + 3000.0);
}

TEST(CpuEnergy, OtherProcessesAreCountedOneLookLateAndInFull) {
  CpuEnergy energy(kRound, 4);
  energy.advance(0, 0);
  energy.look(50 * kSecond, 1.0);
  // In the first second this process takes 1 s and others 2 s.
  EXPECT_DOUBLE_EQ(energy.advance(kSecond, kSecond), 4000.0 + 2000.0);
  energy.look(53 * kSecond, 1.0);
  // In the second nobody runs; the 2 s of the others are counted, half of them by the middle.
  EXPECT_DOUBLE_EQ(energy.advance(kSecond * 3 / 2, kSecond), 6000.0 + 2000.0 + 2000.0);
  EXPECT_DOUBLE_EQ(energy.advance(2 * kSecond, kSecond), 10000.0 + 2000.0 + 2000.0);
  energy.look(53 * kSecond, 1.0);
  EXPECT_DOUBLE_EQ(energy.advance(3 * kSecond, kSecond), 14000.0 + 4000.0);
}

TEST(CpuEnergy, TicksThatLagBehindTheExactClocksAreMadeUpFor) {
  CpuEnergy energy(kRound, 2);
  energy.advance(0, 0);
  energy.look(0, 1.0);
  energy.advance(kSecond, kSecond);
  // The ticks have seen 0.9 s of our own second: the others did not work −0.1 s.
  energy.look(kSecond * 9 / 10, 1.0);
  EXPECT_DOUBLE_EQ(energy.advance(2 * kSecond, kSecond), 4000.0 + 2000.0);
  // Now the ticks are right and nobody worked: nothing to add.
  energy.look(kSecond, 1.0);
  EXPECT_DOUBLE_EQ(energy.advance(3 * kSecond, kSecond), 6000.0 + 2000.0);
}

TEST(CpuEnergy, OthersCannotKeepMoreCpusBusyThanThereAre) {
  CpuEnergy energy(kRound, 2);
  energy.advance(0, 0);
  energy.look(0, 1.0);
  energy.advance(kSecond, 0);
  energy.look(100 * kSecond, 1.0);
  EXPECT_DOUBLE_EQ(energy.advance(2 * kSecond, 0), 2000.0 + 6000.0);
}

}  // namespace
}  // namespace layerwatt
