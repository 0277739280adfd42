#include "cli/selftest_checks.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <map>

#include "sensor/fake_root.hpp"

namespace layerwatt::cli {
namespace {

TEST(SelfTestVerdicts, AreByTheTableInTheManual) {
  EXPECT_EQ(judge_closure(0.995), Verdict::good);
  EXPECT_EQ(judge_closure(1.02), Verdict::doubtful);
  EXPECT_EQ(judge_closure(0.96), Verdict::failed);
  EXPECT_EQ(judge_closure(NAN), Verdict::failed);
  EXPECT_EQ(judge_repeat(0.019), Verdict::good);
  EXPECT_EQ(judge_repeat(0.04), Verdict::doubtful);
  EXPECT_EQ(judge_repeat(0.06), Verdict::failed);
  EXPECT_EQ(judge_overhead(0.9), Verdict::good) << "faster is no overhead";
  EXPECT_EQ(judge_overhead(1.03), Verdict::doubtful);
  EXPECT_EQ(judge_clock(5.0), Verdict::good);
  EXPECT_EQ(judge_clock(500.0), Verdict::failed);
}

// A machine with a counter that runs, and no GPU.
TEST(SelfTest, RunsTheWorkloadOnTheCpuAndSkipsTheGpu) {
  FakeRoot root;
  root.set_env("LAYERWATT_CUDA", "/nowhere/libcuda.so");
  root.write("/proc/stat", "cpu  0 0 0 0 0 0 0\ncpu0 0 0 0 0 0 0 0");
  SelfTestOptions options;
  options.seconds = 0.5;
  std::map<std::string, SelfCheck> checks;
  for (SelfCheck& check : run_self_test(root.host(), options)) {
    const std::string name = check.name;
    checks.emplace(name, std::move(check));
  }
  EXPECT_EQ(checks.at("sensors").verdict, Verdict::doubtful) << "the estimate is a model";
  EXPECT_EQ(checks.at("clock").verdict, Verdict::skipped);
  EXPECT_THAT(checks.at("clock").message, testing::HasSubstr("/nowhere/libcuda.so"));
  EXPECT_EQ(checks.at("workload").figures["layers"].size(), 3u);
  EXPECT_GT(checks.at("readings").figures["readings"].get<int>(), 10);
  EXPECT_THAT(checks.at("readings").message, testing::HasSubstr("a model, not measured"));
  EXPECT_TRUE(checks.count("closure"));
  EXPECT_TRUE(checks.count("repeatability"));
  EXPECT_GT(checks.at("sampler overhead").figures["without_ms"].get<double>(), 5.9)
      << "three layers of 2 ms";
}

TEST(SelfTest, AMachineWithNothingSaysThatInItsReport) {
  FakeRoot root;
  root.set_env("LAYERWATT_CUDA", "/nowhere/libcuda.so");
  SelfTestOptions options;
  options.seconds = 0.1;
  const auto checks = run_self_test(root.host(), options);
  EXPECT_EQ(checks.front().verdict, Verdict::failed);
  EXPECT_EQ(checks.back().verdict, Verdict::failed);
  EXPECT_THAT(checks.back().message, testing::HasSubstr("no power source"));
}

}  // namespace
}  // namespace layerwatt::cli
