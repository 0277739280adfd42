#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/outcome.hpp"
#include "core/subprocess.hpp"
#include "fakes/fake_ssh.hpp"
#include "fakes/scratch_directory.hpp"
#include "fakes/simulated_model.hpp"

namespace layerwatt::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

struct Bench {
  fakes::FakeSsh ssh;
  fakes::ScratchDirectory scratch;
  std::string model = scratch.write("m.sim.json", fakes::simulated_model()).string();
  std::string directory = (scratch / "fleet").string();
  std::vector<std::string> words(const std::string& hosts, std::vector<std::string> more = {}) {
    std::vector<std::string> all{
        "fleet",  "run", hosts, "-o", directory, "--ssh", fakes::FakeSsh::program(),
        "--copy", model};
    all.insert(all.end(), more.begin(), more.end());
    all.insert(all.end(), {"--", "profile", model, "--iterations", "20"});
    return all;
  }
  Outcome run(const std::string& hosts, std::vector<std::string> more = {}) {
    return run_layerwatt(words(hosts, std::move(more)));
  }
  bool has(const std::string& name) const { return fs::exists(scratch / ("fleet/" + name)); }
};

TEST(FleetCommand, KeepsWhatCameAndRetriesTheRest) {
  Bench bench;
  const Outcome first = bench.run("one,flaky,root@bare:22");
  EXPECT_EQ(first.code, 1);
  EXPECT_THAT(first.out,
              AllOf(HasSubstr("NOT MEASURED"), HasSubstr("connect"),
                    HasSubstr("Connection refused"), HasSubstr("prepare"), HasSubstr("127")));
  EXPECT_TRUE(bench.has("one.json"));
  EXPECT_FALSE(bench.has("flaky.json"));
  EXPECT_EQ(json::parse(bench.scratch.read("fleet/one.json"))["schema"], "layerwatt.result/1");
  EXPECT_THAT(bench.scratch.read("fleet/flaky.log"), HasSubstr("refused"));

  EXPECT_EQ(bench.run("one,flaky").code, 2) << "results of two runs are not mixed";
  bench.ssh.up();
  const auto before = fs::last_write_time(bench.scratch / "fleet/one.json");
  const Outcome second = bench.run("one,flaky,root@bare:22", {"--retry-failed", "--json", "-"});
  EXPECT_EQ(second.code, 1) << "bare still has none";
  EXPECT_EQ(fs::last_write_time(bench.scratch / "fleet/one.json"), before) << "not run again";
  const json state = json::parse(second.out);
  EXPECT_EQ(state["schema"], "layerwatt.fleet/1");
  EXPECT_EQ(state["hosts"][0]["status"], "ok");
  EXPECT_EQ(state["hosts"][1]["status"], "ok");
  EXPECT_EQ(state["hosts"][2]["stage"], "prepare");
  EXPECT_THAT(bench.scratch.read("fleet/flaky.log"), Not(HasSubstr("refused")))
      << "of the attempt before";
  EXPECT_EQ(bench.run("one,flaky", {"--retry-failed"}).code, 0);
  fs::remove(bench.scratch / "fleet/one.json");
  EXPECT_EQ(bench.run("one,flaky", {"--retry-failed"}).code, 0);
  EXPECT_TRUE(bench.has("one.json")) << "a result that is gone is missing";
  EXPECT_TRUE(bench.ssh.left_nothing());
}

TEST(FleetCommand, MistakesAreTheUsersAndNothingIsRun) {
  Bench bench;
  const auto code = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"fleet", "run", "--ssh", fakes::FakeSsh::program()});
    return run_layerwatt(words).code;
  };
  EXPECT_EQ(run_layerwatt({"fleet"}).code, 2);
  EXPECT_EQ(code({"one", "--", "profile", "m"}), 2) << "no -o";
  EXPECT_EQ(code({"one", "-o", bench.directory}), 2) << "no command";
  EXPECT_EQ(code({"one", "-o", bench.directory, "--", "rm", "-rf", "x"}), 2);
  EXPECT_EQ(code({"one", "-o", bench.directory, "--", "profile", "m", "--json", "f"}), 2);
  EXPECT_EQ(code({"one;two", "-o", bench.directory, "--", "profile", "m"}), 2);
  EXPECT_EQ(code({"-oProxyCommand=x", "-o", bench.directory, "--", "profile", "m"}), 2);
  EXPECT_EQ(code({"one,one", "-o", bench.directory, "--", "profile", "m"}), 2);
  EXPECT_EQ(code({"@/no/hosts", "-o", bench.directory, "--", "profile", "m"}), 2);
  EXPECT_EQ(code({"one", "-o", bench.directory, "--copy", "/no/m", "--", "profile", "m"}), 2);
  EXPECT_EQ(code({"one", "-o", bench.directory, "--retry-failed", "--", "profile", "m"}), 2);
  EXPECT_EQ(code({"one", "-o", bench.directory, "--jobs", "0", "--", "profile", "m"}), 2);
  EXPECT_EQ(code({"one", "-o", bench.directory, "--timeout", "nan", "--", "profile", "m"}), 2);
  EXPECT_EQ(code({"one", "-o", "/proc/no/folder", "--", "profile", "m"}), 1);
  EXPECT_FALSE(fs::exists(bench.directory));
  EXPECT_EQ(bench.ssh.words(), "");
}

TEST(FleetCommand, AnotherCommandIsAnotherRun) {
  Bench bench;
  ASSERT_EQ(bench.run("one").code, 0);
  bench.scratch.write("m.sim.json", fakes::simulated_model() + " ");
  const Outcome outcome = bench.run("one", {"--retry-failed"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("another command or model"));
}

TEST(FleetCommand, AGateIsExitCode3AndItsResultIsKept) {
  Bench bench;
  auto words = bench.words("one");
  words.insert(words.end(), {"--budget", "energy<1mJ"});
  const Outcome outcome = run_layerwatt(words);
  EXPECT_EQ(outcome.code, 3) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("gate"));
  EXPECT_TRUE(bench.has("one.json"));
}

// What hosts say goes to a terminal: it must not be able to do anything there.
TEST(FleetCommand, WhatAHostSaysIsMadeVisible) {
  Bench bench;
  auto words = bench.words("one");
  words.back() = "\x1b[31mnot a number";
  const Outcome outcome = run_layerwatt(words);
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.out + outcome.err, Not(HasSubstr("\x1b[31m")));
}

TEST(FleetCommand, CtrlCEndsTheHostsAndKeepsWhatCame) {
  Bench bench;
  bench.scratch.write("m.sim.json", fakes::simulated_model("real"));
  SubprocessOptions options;
  options.command = bench.words("one,two,down", {"--jobs", "3", "--quiet"});
  options.command.insert(options.command.begin(), LAYERWATT_PROGRAM);
  options.command.back() = "100000000";
  options.command.insert(options.command.end(), {"--max-time", "600"});
  Subprocess child(options);
  // Both have been asked for the run.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  const auto asked = [&] {
    const std::string words = bench.ssh.words();
    std::size_t times = 0;
    for (auto at = words.find("'profile'"); at != std::string::npos;
         at = words.find("'profile'", at + 1)) {
      ++times;
    }
    return times;
  };
  while (asked() < 2 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  ::kill(child.pid(), SIGINT);
  std::string said;
  std::string_view line;
  while (child.read_line(line, std::chrono::seconds(60)) == Subprocess::Read::line) {
    said += std::string(line) + '\n';
  }
  EXPECT_EQ(child.wait().code, 130) << said;
  EXPECT_THAT(said, HasSubstr("unfinished"));
  EXPECT_FALSE(bench.has("one.json")) << "a part is not a result";
  EXPECT_TRUE(bench.ssh.left_nothing());
}

#ifdef LAYERWATT_HAVE_ARCHIVE
TEST(FleetCommand, PutsResultsIntoAnArchiveUnderAHashOfTheHost) {
  Bench bench;
  const std::string archive = (bench.scratch / "a").string();
  const Outcome outcome = bench.run("one,two,down", {"--archive", archive});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("archived as run"));
  const Outcome listed = run_layerwatt({"archive", "list", "--lines", "--archive", archive});
  EXPECT_EQ(std::count(listed.out.begin(), listed.out.end(), '\n'), 2) << listed.out;
  EXPECT_THAT(listed.out, HasSubstr("\"model\":\"three\""));
}
#endif

}  // namespace
}  // namespace layerwatt::cli
