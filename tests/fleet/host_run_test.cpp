// Against tests/fakes/ssh; a real sshd is behind scripts/fleet-hosts-check.
#include "fleet/host_run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>

#include "fakes/fake_ssh.hpp"
#include "fakes/scratch_directory.hpp"
#include "fakes/simulated_model.hpp"

namespace layerwatt::fleet {
namespace {

using std::chrono::milliseconds;
using testing::AllOf;
using testing::HasSubstr;

struct Bench {
  fakes::FakeSsh ssh;
  fakes::ScratchDirectory scratch;
  std::string model = scratch.write("it's a model.sim.json", fakes::simulated_model()).string();
  RunOptions options;
  Bench() {
    options.ssh.program = fakes::FakeSsh::program();
    options.words = {"profile", "--quiet", "--json", "-", "--iterations", "20", model};
    options.timeout = milliseconds(120'000);
    options.grace = milliseconds(60'000);
  }
  Outcome run(const std::string& host) { return run_on_host(parse_hosts(host)[0], options); }
};

TEST(RunOnHost, BringsTheResultBack) {
  Bench bench;
  const Outcome outcome = bench.run("u@one:22");
  EXPECT_EQ(outcome.status, Status::ok) << outcome.message << outcome.log;
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.stage, "");
  ASSERT_TRUE(outcome.result);
  EXPECT_EQ(outcome.result->iterations, 20U);
  EXPECT_FALSE(outcome.result->sensor.measured);
  EXPECT_EQ(outcome.json.front(), '{');
  EXPECT_THAT(bench.ssh.words(), AllOf(HasSubstr("BatchMode=yes\n"), HasSubstr("u@one\n")));
}

TEST(RunOnHost, WhatAShellGreetsWithIsNoResult) {
  Bench bench;
  const Outcome outcome = bench.run("chatty");
  EXPECT_EQ(outcome.status, Status::ok) << outcome.message;
  EXPECT_EQ(outcome.result->iterations, 20U);
  EXPECT_THAT(outcome.log, HasSubstr("motd"));
}

TEST(RunOnHost, TellsWhereItFailed) {
  Bench bench;
  const Outcome down = bench.run("down");
  EXPECT_EQ(down.status, Status::failed);
  EXPECT_EQ(down.stage, "connect");
  EXPECT_EQ(down.exit_code, 255);
  EXPECT_THAT(down.message, HasSubstr("refused"));
  const Outcome bare = bench.run("bare");
  EXPECT_EQ(bare.stage, "prepare");
  EXPECT_EQ(bare.exit_code, 127);
  EXPECT_THAT(bare.message, HasSubstr("layerwatt: not found"));
  const Outcome garbage = bench.run("garbage");
  EXPECT_EQ(garbage.status, Status::failed);
  EXPECT_EQ(garbage.stage, "result");
  EXPECT_FALSE(garbage.result);
  const Outcome cut = bench.run("cut");
  EXPECT_EQ(cut.stage, "run");
  EXPECT_EQ(cut.exit_code, 255);
  EXPECT_THAT(cut.message, HasSubstr("closed by remote host"));
  bench.options.words.back() = "/no/such/model.sim.json";
  const Outcome wrong = bench.run("one");
  EXPECT_EQ(wrong.stage, "run");
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_THAT(wrong.message, HasSubstr("/no/such/model.sim.json: no such file"));
  bench.options.ssh.program = "/no/such/ssh";
  EXPECT_EQ(bench.run("one").stage, "connect");
}

TEST(RunOnHost, AHostThatHangsIsGivenUp) {
  Bench bench;
  bench.options.timeout = milliseconds(300);
  const Outcome outcome = bench.run("hang");
  EXPECT_EQ(outcome.status, Status::failed);
  EXPECT_EQ(outcome.stage, "connect");
  EXPECT_THAT(outcome.message, HasSubstr("timed out after 0.3 s"));
}

TEST(RunOnHost, ACopyIsRunFromItsFolderAndRemoved) {
  Bench bench;
  bench.options.copy = {bench.model};
  bench.options.words.back() = "it's a model.sim.json";
  const Outcome outcome = bench.run("one");
  EXPECT_EQ(outcome.status, Status::ok) << outcome.stage << outcome.message;
  EXPECT_TRUE(bench.ssh.left_nothing());
  bench.options.words.back() = "another.sim.json";
  EXPECT_EQ(bench.run("one").stage, "run");
  EXPECT_TRUE(bench.ssh.left_nothing());
  bench.options.copy = {"/no/such/file"};
  EXPECT_EQ(bench.run("one").stage, "copy");
  EXPECT_TRUE(bench.ssh.left_nothing());
}

TEST(RunOnHost, AGateThatWasNotMetLeavesTheResult) {
  Bench bench;
  bench.options.words.insert(bench.options.words.end(), {"--budget", "energy<1mJ"});
  const Outcome outcome = bench.run("one");
  EXPECT_EQ(outcome.status, Status::gate) << outcome.message;
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_TRUE(outcome.result);
}

// The other side is told, and says what it has: nothing is lost, and nothing runs on.
TEST(RunOnHost, AStopBringsBackWhatWasMeasured) {
  Bench bench;
  bench.model = bench.scratch.write("slow.sim.json", fakes::simulated_model("real")).string();
  bench.options.copy = {bench.model};
  bench.options.words = {"profile",
                         "--quiet",
                         "--json",
                         "-",
                         "slow.sim.json",
                         "--iterations",
                         "1000000",
                         "--max-time",
                         "600",
                         "--save",
                         (bench.scratch / "saved").string()};
  std::atomic<bool> stop{false};
  bench.options.stop = &stop;
  Outcome outcome;
  std::thread running([&] { outcome = bench.run("one"); });
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  const auto rows = bench.scratch / "saved/iterations.csv";
  std::error_code not_yet;
  while (std::chrono::steady_clock::now() < deadline &&
         (std::filesystem::file_size(rows, not_yet) < 2000 || not_yet)) {
    std::this_thread::sleep_for(milliseconds(10));
  }
  stop = true;
  running.join();
  EXPECT_EQ(outcome.status, Status::unfinished);
  EXPECT_EQ(outcome.stage, "run");
  EXPECT_EQ(outcome.exit_code, 130) << outcome.log;
  ASSERT_TRUE(outcome.result) << outcome.log;
  EXPECT_GT(outcome.result->iterations, 0U);
  EXPECT_TRUE(bench.ssh.left_nothing());
}

TEST(RunOnHosts, TellsOfEachOnce) {
  Bench bench;
  std::set<std::string> names;
  run_on_hosts(parse_hosts("a,b,down-1,c,down-2"), bench.options, 3, [&](Outcome outcome) {
    EXPECT_TRUE(names.insert(outcome.target.name).second);
    EXPECT_EQ(outcome.status == Status::ok, !outcome.target.name.starts_with("down"));
  });
  EXPECT_EQ(names.size(), 5U);
  std::atomic<bool> stop{true};
  bench.options.stop = &stop;
  run_on_hosts(parse_hosts("a,b"), bench.options, 3, [](Outcome) { ADD_FAILURE() << "stopped"; });
}

TEST(TellingLine, IsTheErrorOrElseTheLast) {
  EXPECT_EQ(telling_line(""), "");
  EXPECT_EQ(telling_line("a\nb\r\n\n"), "b");
  EXPECT_EQ(telling_line("layerwatt: error: m: no such file\n  hint: give one\n"),
            "m: no such file");
}

}  // namespace
}  // namespace layerwatt::fleet
