#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <regex>
#include <thread>

#include "cli/outcome.hpp"
#include "core/subprocess.hpp"
#include "fakes/scratch_directory.hpp"
#include "fakes/simulated_model.hpp"
#include "layerwatt/recording.hpp"

namespace layerwatt::cli {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

struct Bench {
  fakes::ScratchDirectory scratch;
  std::string model = scratch.write("three.sim.json", fakes::simulated_model()).string();
  Outcome profile(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"profile", model});
    return run_layerwatt(arguments);
  }
  std::string at(const std::string& name) const { return (scratch / name).string(); }
};

TEST(ProfileCommand, PrintsATableAndWritesFiles) {
  Bench bench;
  const Outcome outcome = bench.profile({"--iterations", "50", "--json", bench.at("a.json"),
                                         "--csv", bench.at("a.csv"), "--top", "2"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("50 inferences"), HasSubstr("1 more layer")));
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("engine sim"), HasSubstr("sensor simulated")));
  const json result = json::parse(bench.scratch.read("a.json"));
  EXPECT_EQ(result["schema"], "layerwatt.result/1");
  EXPECT_EQ(result["iterations"], 50);
  EXPECT_EQ(result["layers"].size(), 3u);
  EXPECT_NE(bench.scratch.read("a.csv"), "");
}

TEST(ProfileCommand, ADashIsStdoutAndTheTableStaysAway) {
  Bench bench;
  const Outcome outcome = bench.profile({"--iterations", "50", "--json", "-", "--quiet"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(json::parse(outcome.out)["iterations"], 50);
  EXPECT_THAT(outcome.err, Not(HasSubstr("note:"))) << "--quiet after the command counts as well";
  EXPECT_EQ(bench.profile({"--json", "-", "--csv", "-"}).code, 2);
}

TEST(ProfileCommand, EveryMistakeOfTheCommandLineIsExitCode2) {
  Bench bench;
  const std::vector<std::vector<std::string>> wrong{
      {"--iterations", "0"},
      {"--iterations", "-5"},
      {"--iterations", "1.5"},
      {"--iterations", "many"},
      {"--target-ci", "0"},
      {"--target-ci", "nan"},
      {"--max-time", "-1"},
      {"--max-time", "inf"},
      {"--warmup", "-1"},
      {"--interval", "0"},
      {"--device", "-1"},
      {"--dla-core", "-1"},
      {"--threads", "0"},
      {"--precision", "int9"},
      {"--method", "magic"},
      {"--method", "excite", "--iterations", "100"},
      {"--shape", "x:0x3"},
      {"--shape", "1x3"},
      {"--input", "x"},
      {"--input", "x:/no/such"},
      {"--sensor", "sundial"},
      {"--engine", "warp"},
      {"--steady", "0"},
      {"--response", "window"},
      {"--calibration", "/nowhere/calibration.json"},
      {"--budget", "5"},
      {"--profile-index", "-1"},
      {"--top", "-1"},
      {"--sensor"},
      {"--json", bench.at("a"), "--csv", bench.at("a")},
      {"more", "words"},
  };
  for (const auto& arguments : wrong) {
    const Outcome outcome = bench.profile(arguments);
    EXPECT_EQ(outcome.code, 2) << arguments.front() << ' ' << arguments.back() << outcome.err;
    EXPECT_NE(outcome.err, "");
    EXPECT_EQ(outcome.out, "");
  }
  EXPECT_EQ(run_layerwatt({"profile"}).code, 2) << "no model";
}

TEST(ProfileCommand, AnIdleBaselineIsInTableAndFiles) {
  Bench bench;
  const std::string file = bench.scratch / "result.json";
  const Outcome outcome =
      run_layerwatt({"profile", bench.model, "--iterations", "200", "--idle-baseline", "--steady",
                     "30", "--json", file, "--csv", bench.scratch / "result.csv"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("an inference beyond the idle device"));
  EXPECT_THAT(bench.scratch.read("result.json"), HasSubstr("\"active_energy_mj\""));
  EXPECT_THAT(bench.scratch.read("result.csv"), HasSubstr(",active_energy_mj,"));
}

TEST(ProfileCommand, AModelThatCannotBeUsedIsExitCode2WithAHint) {
  Bench bench;
  const std::string whole = fakes::simulated_model();
  const std::vector<std::string> models{
      bench.at("absent.sim.json"),
      bench.at("absent.onnx"),
      bench.scratch.write("half.sim.json", whole.substr(0, whole.size() / 2)).string(),
      bench.scratch.write("empty.sim.json", "").string(),
      bench.scratch.write("noise.sim.json", std::string("\0\xff\x01", 3)).string(),
      bench.scratch.write("model.docx", "").string(),
  };
  for (const std::string& model : models) {
    const Outcome outcome = run_layerwatt({"profile", model});
    EXPECT_EQ(outcome.code, 2) << model;
    EXPECT_THAT(outcome.err, AllOf(HasSubstr("error: "), HasSubstr("hint: "))) << model;
  }
}

TEST(ProfileCommand, WhatCannotBeWrittenIsToldBeforeTheRun) {
  Bench bench;
  const Outcome outcome =
      bench.profile({"--json", bench.at("no/such/a.json"), "--save", bench.at("kept")});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("no/such/a.json"));
  EXPECT_FALSE(std::filesystem::exists(bench.at("kept")));
}

TEST(ProfileCommand, ADiskThatIsFullAfterTheRunLosesNothing) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  Bench bench;
  const Outcome outcome = bench.profile({"--iterations", "40", "--json", "/dev/full"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.out, HasSubstr("40 inferences")) << "the table is still shown";
  std::smatch found;
  ASSERT_TRUE(std::regex_search(outcome.err, found, std::regex("kept in (\\S+)")));
  const std::filesystem::path kept = found[1].str();
  EXPECT_EQ(run_layerwatt({"analyze", kept.string()}).code, 0);
  std::filesystem::remove_all(kept.parent_path());
}

TEST(ProfileCommand, TimesAlone) {
  Bench bench;
  const Outcome outcome = bench.profile({"--iterations", "40", "--sensor", "none", "--json", "-"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_TRUE(json::parse(outcome.out)["layers"][0]["energy_mj"].is_null());
}

// The real program, on a simulated board in real time.
class Running {
 public:
  Running(const Bench& bench, const std::string& directory) : directory_(directory) {
    const auto model = bench.scratch.write("real.sim.json", fakes::simulated_model("real"));
    SubprocessOptions options;
    options.command = {LAYERWATT_PROGRAM, "profile",  model.string(),
                       "--iterations",    "10000000", "--save",
                       directory_,        "--json",   "-"};
    child_.emplace(options);
  }

  // Until it has measured something, and it is on disk.
  bool await_rows() const {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (std::chrono::steady_clock::now() < deadline) {
      if (lines("iterations.csv") > 3 && lines("power.csv") > 3) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return false;
  }

  std::string rest() {
    std::string text;
    std::string_view line;
    while (child_->read_line(line, std::chrono::seconds(60)) == Subprocess::Read::line) {
      text += std::string(line) + '\n';
    }
    return text;
  }

  Subprocess& child() { return *child_; }

 private:
  std::ptrdiff_t lines(const std::string& name) const {
    std::ifstream file(std::filesystem::path(directory_) / name);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    return std::count(text.begin(), text.end(), '\n');
  }

  std::string directory_;
  std::optional<Subprocess> child_;
};

TEST(ProfileCommand, CtrlCEndsItWithAReportAndExitCode130) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    Bench bench;
    Running running(bench, bench.at("kept"));
    ASSERT_TRUE(running.await_rows());
    running.child().signal(signal);
    const std::string said = running.rest();
    EXPECT_EQ(running.child().wait().code, 130) << said;
    EXPECT_THAT(said, HasSubstr("layerwatt.result/1"));
    EXPECT_THAT(said, HasSubstr("interrupted"));
    const Recording recording = load_recording(bench.at("kept"));
    EXPECT_GT(recording.iterations.size(), 3u);
    EXPECT_EQ(recording.manifest.stopped, "interrupted");
  }
}

TEST(ProfileCommand, AKilledRunLeavesAReadableRecording) {
  Bench bench;
  Running running(bench, bench.at("kept"));
  ASSERT_TRUE(running.await_rows());
  running.child().signal(SIGKILL);
  running.rest();
  EXPECT_EQ(running.child().wait().signal, SIGKILL);
  const Outcome outcome = run_layerwatt({"analyze", bench.at("kept"), "--json", "-"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_GT(json::parse(outcome.out)["iterations"], 3);
}

}  // namespace
}  // namespace layerwatt::cli
