#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>
#include <vector>

#include "cli/command.hpp"
#include "core/subprocess.hpp"
#include "fakes/scratch_directory.hpp"
#include "layerwatt/recording.hpp"

namespace layerwatt::cli {
namespace {

using testing::HasSubstr;

struct Outcome {
  int code;
  std::string out;
  std::string err;
};

Outcome run(const std::vector<std::string>& arguments) {
  std::vector<const char*> argv{"layerwatt"};
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  std::ostringstream out;
  std::ostringstream err;
  Program program{{}, {}, out, err, {}};
  const int code = run_program(static_cast<int>(argv.size()), argv.data(), program);
  return {code, out.str(), err.str()};
}

std::string example(const std::string& name) {
  return std::string(LAYERWATT_SOURCE) + "/examples/sim/" + name + ".sim.json";
}

std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

class Simulate : public testing::Test {
 protected:
  std::string at(const std::string& name) const { return (folder_ / name).string(); }

  fakes::ScratchDirectory folder_;
};

TEST_F(Simulate, WritesARecordingAndTheTruthBesideIt) {
  const Outcome outcome =
      run({"simulate", example("orin-nx"), "-o", at("a"), "--iterations", "200"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, HasSubstr("200 inferences of orin-nx"));

  const Recording recording = load_recording(at("a"));
  const auto truth = nlohmann::json::parse(text_of(at("a") + "/truth.json"));
  EXPECT_EQ(recording.iterations.size(), 200u);
  EXPECT_EQ(recording.manifest.stopped, "done");
  EXPECT_EQ(recording.manifest.sensor.kind, "simulated");
  EXPECT_FALSE(recording.manifest.sensor.measured);
  EXPECT_EQ(recording.manifest.sensor.model.window_ms, 1.1);
  EXPECT_FALSE(recording.manifest.sensor.model.latency_ms);
  EXPECT_EQ(nlohmann::json::parse(recording.manifest.engine_json)["simulated"], true);
  EXPECT_EQ(nlohmann::json::parse(recording.manifest.device_json)["simulated"], true);
  // Power before the first inference and after the last.
  EXPECT_LT(recording.power.time_ns.front(), recording.iterations.start_ns.front());
  EXPECT_GT(recording.power.time_ns.back(), recording.iterations.end_ns.back());

  EXPECT_EQ(truth["iterations"], 200);
  ASSERT_EQ(truth["layers"].size(), recording.iterations.layers.size());
  for (std::size_t layer = 0; layer < recording.iterations.layers.size(); ++layer) {
    EXPECT_EQ(truth["layers"][layer]["name"], recording.iterations.layers[layer]);
    double sum_ms = 0.0;
    for (std::size_t i = 0; i < 200; ++i) sum_ms += recording.iterations.row(i)[layer];
    EXPECT_NEAR(truth["layers"][layer]["time_ms"].get<double>(), sum_ms / 200.0, 2e-6);
  }
}

TEST_F(Simulate, TheSameSeedGivesTheSameBytes) {
  for (const char* board : {"agx-orin", "agx-xavier"}) {
    const std::string name = board;
    for (const char* seed : {"5", "5", "6"}) {
      static int count = 0;
      const std::string folder = at(name + std::to_string(count++ % 3));
      ASSERT_EQ(run({"simulate", example(name), "-o", folder, "--iterations", "60", "--seed", seed,
                     "--quiet"})
                    .code,
                0);
    }
    std::size_t files = 0;
    for (const auto& file : std::filesystem::directory_iterator(at(name + "0"))) {
      const std::string base = file.path().filename().string();
      EXPECT_EQ(text_of(file.path()), text_of(at(name + "1") + "/" + base)) << base;
      ++files;
    }
    EXPECT_GE(files, 4u);
    EXPECT_NE(text_of(at(name + "0") + "/iterations.csv"),
              text_of(at(name + "2") + "/iterations.csv"));
  }
}

TEST_F(Simulate, ARecordingOfTegrastatsLinesIsReadBack) {
  ASSERT_EQ(run({"simulate", example("agx-xavier"), "-o", at("x"), "--iterations", "500"}).code, 0);
  EXPECT_TRUE(std::filesystem::exists(at("x") + "/power.tegrastats"));
  const Recording recording = load_recording(at("x"));
  EXPECT_EQ(recording.power.rails.size(), 6u);
  EXPECT_GT(recording.power.size(), 100u);
  EXPECT_TRUE(recording.power.has_total());
}

TEST_F(Simulate, RealTimeTakesAsLongAsItSays) {
  const auto begin = std::chrono::steady_clock::now();
  ASSERT_EQ(run({"simulate", example("ideal"), "-o", at("r"), "--iterations", "50", "--warmup", "0",
                 "--real-time"})
                .code,
            0);
  const double elapsed_s =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  const Recording recording = load_recording(at("r"));
  double sum_ns = 0.0;
  for (std::size_t i = 0; i < recording.iterations.size(); ++i) {
    sum_ns +=
        static_cast<double>(recording.iterations.end_ns[i] - recording.iterations.start_ns[i]);
  }
  EXPECT_EQ(recording.iterations.size(), 50u);
  EXPECT_GE(elapsed_s, sum_ns * 1e-9);
}

TEST_F(Simulate, MistakesAreToldAsUsage) {
  EXPECT_EQ(run({"simulate"}).code, 2);
  const Outcome nothing = run({"simulate", example("ideal")});
  EXPECT_EQ(nothing.code, 2);
  EXPECT_THAT(nothing.err, HasSubstr("--tegrastats"));
  const Outcome missing = run({"simulate", "none.sim.json", "-o", at("a")});
  EXPECT_EQ(missing.code, 2);
  EXPECT_THAT(missing.err, HasSubstr("none.sim.json"));
  EXPECT_EQ(run({"simulate", example("ideal"), "-o", at("a"), "--count", "3"}).code, 2);
  EXPECT_EQ(run({"simulate", example("ideal"), "-o", at("a"), "--tegrastats"}).code, 2);
  EXPECT_EQ(run({"simulate", example("ideal"), "-o", at("a"), "--iterations", "0"}).code, 2);
  EXPECT_EQ(run({"simulate", example("ideal"), "-o", at("a"), "--logfile", "x"}).code, 2);
  EXPECT_FALSE(std::filesystem::exists(at("a")));
}

TEST_F(Simulate, ARecordingIsNotOverwritten) {
  ASSERT_EQ(run({"simulate", example("ideal"), "-o", at("a"), "--iterations", "3"}).code, 0);
  const std::string before = text_of(at("a") + "/iterations.csv");
  const Outcome again = run({"simulate", example("ideal"), "-o", at("a"), "--iterations", "4"});
  EXPECT_EQ(again.code, 2);
  EXPECT_THAT(again.err, HasSubstr("already holds a recording"));
  EXPECT_EQ(text_of(at("a") + "/iterations.csv"), before);
}

TEST_F(Simulate, AsTegrastatsAnswersAnUnknownFlagAsTegrastatsDoes) {
  const Outcome outcome = run({"simulate", example("orin-nx"), "--tegrastats", "--count", "3"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_EQ(outcome.out, "Unknown command: --count\n");
}

TEST_F(Simulate, AsTegrastatsPrintsUntilItIsEnded) {
  SubprocessOptions options;
  options.command = {LAYERWATT_PROGRAM, "simulate",   example("orin-nx"),
                     "--tegrastats",    "--interval", "5"};
  Subprocess child(options);
  std::string_view line;
  for (int i = 0; i < 5; ++i) {
    ASSERT_EQ(child.read_line(line, std::chrono::seconds(30)), Subprocess::Read::line);
    EXPECT_THAT(std::string(line), HasSubstr(" VDD_IN "));
  }
  EXPECT_FALSE(child.poll());
  const ExitStatus status = child.terminate(std::chrono::seconds(30));
  EXPECT_EQ(status.signal, SIGTERM);
}

TEST_F(Simulate, AsTegrastatsEndsWithItsReader) {
  SubprocessOptions options;
  options.command = {"/bin/sh", "-c",
                     std::string(LAYERWATT_PROGRAM) + " simulate " + example("orin-nx") +
                         " --tegrastats --interval 5 | head -n 3"};
  Subprocess child(options);
  std::string_view line;
  std::size_t lines = 0;
  while (child.read_line(line, std::chrono::seconds(30)) == Subprocess::Read::line) ++lines;
  EXPECT_EQ(lines, 3u);
  EXPECT_TRUE(child.wait().success());
}

}  // namespace
}  // namespace layerwatt::cli
