#include "layerwatt/profile.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <atomic>
#include <fstream>
#include <sstream>
#include <thread>

#include "fakes/fake_engine.hpp"
#include "fakes/scratch_directory.hpp"
#include "fakes/simulated_model.hpp"
#include "fakes/ticking_clock.hpp"
#include "layerwatt/registry.hpp"
#include "record/stop_rule.hpp"

namespace layerwatt {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string as_json(const Profile& profile) {
  std::ostringstream out;
  find_report("json").write(out, profile.result, profile.recording, {});
  return out.str();
}

struct Bench {
  fakes::ScratchDirectory scratch;
  ProfileOptions options;
  Bench() {
    options.engine_options.model = scratch.write("three.sim.json", fakes::simulated_model());
  }
};

TEST(Profile, MeasuresTheSimulatedBoardWithItsOwnSensor) {
  Bench bench;
  bench.options.iterations = 400;
  const Profile found = profile(Host{}, bench.options);
  EXPECT_EQ(found.result.iterations, 400u);
  EXPECT_FALSE(found.interrupted);
  EXPECT_FALSE(found.failure.has_value());
  ASSERT_EQ(found.result.layers.size(), 3u);
  EXPECT_NEAR(found.result.layers[0].time_ms->mean, 2.0, 0.01);
  EXPECT_FALSE(found.result.sensor.measured);
  // 2 ms at 10 W, 1 at 5 W, 1 at 8 W, 0.5 at 3 W.
  EXPECT_NEAR(found.result.total.energy_mj->mean, 34.5, 0.5);
}

TEST(Profile, LiveAndReplayedAreTheSame) {
  Bench bench;
  bench.options.iterations = 200;
  bench.options.save = bench.scratch / "kept";
  const Profile live = profile(Host{}, bench.options);
  Profile replayed;
  replayed.recording = load_recording(bench.options.save);
  replayed.result = attribute(replayed.recording);
  EXPECT_EQ(as_json(live), as_json(replayed));
}

TEST(Profile, TheSameSeedGivesTheSameResult) {
  Bench bench;
  bench.options.iterations = 100;
  EXPECT_EQ(as_json(profile(Host{}, bench.options)), as_json(profile(Host{}, bench.options)));
}

TEST(Profile, WithoutSaveNothingIsLeftBehind) {
  Bench bench;
  const auto temporary = bench.scratch / "tmp";
  std::filesystem::create_directory(temporary);
  const char* before = ::getenv("TMPDIR");
  const std::string restore = before != nullptr ? before : "";
  ::setenv("TMPDIR", temporary.c_str(), 1);
  bench.options.iterations = 20;
  profile(Host{}, bench.options);
  EXPECT_TRUE(std::filesystem::is_empty(temporary)) << "after success";
  const std::atomic<bool> stop{true};
  bench.options.stop = &stop;
  EXPECT_THROW(profile(Host{}, bench.options), Error);
  EXPECT_TRUE(std::filesystem::is_empty(temporary)) << "after an exception";
  restore.empty() ? ::unsetenv("TMPDIR") : ::setenv("TMPDIR", restore.c_str(), 1);
}

TEST(Profile, AFolderThatHoldsARecordingIsRefusedBeforeTheRun) {
  Bench bench;
  bench.options.iterations = 5;
  bench.options.save = bench.scratch / "kept";
  profile(Host{}, bench.options);
  bool ran = false;
  bench.options.on_progress = [&](const Progress&) { ran = true; };
  EXPECT_THROW(profile(Host{}, bench.options), Error);
  EXPECT_FALSE(ran);
}

TEST(Profile, TimesAloneWithoutASensor) {
  Bench bench;
  bench.options.iterations = 30;
  bench.options.sensor = "none";
  const Profile found = profile(Host{}, bench.options);
  EXPECT_TRUE(found.result.layers[0].time_ms.has_value());
  EXPECT_EQ(found.result.layers[0].energy_mj.reason(), "no_power");
}

TEST(Profile, GoesOnUntilTheAttributionIsPreciseEnough) {
  Bench bench;
  bench.options.target_ci_pct = 1.0;
  const Profile found = profile(Host{}, bench.options);
  EXPECT_TRUE(precise_enough(StopRule{1.0, 0.01}, precision_of(found.result)));
  const auto& iterations = found.recording.iterations;
  const double seconds =
      static_cast<double>(iterations.end_ns.back() - iterations.start_ns.front()) / 1e9;
  EXPECT_GE(seconds, 2.0) << "the attribution is not asked before";
  EXPECT_LT(seconds, 59.0);
}

// The machine's mean of the last minute; 0 where it does not tell.
double processors_wanted() {
  double wanted = 0.0;
  std::ifstream("/proc/loadavg") >> wanted;
  return wanted;
}

// In real time the attribution is asked in a thread beside the measurement.
TEST(Profile, GoesOnUntilPreciseEnoughInRealTime) {
  Bench bench;
  bench.options.engine_options.model =
      bench.scratch.write("real.sim.json", fakes::simulated_model("real"));
  // Far more time than it takes: on a machine with ten times the work that it can do, readings and
  // attributions come late, and 60 s were not enough.
  bench.options.target_ci_pct = 10.0;
  bench.options.max_time_s = 200.0;
  const Profile found = profile(Host{}, bench.options);
  EXPECT_FALSE(found.failure.has_value());
  EXPECT_EQ(found.recording.manifest.stopped, "done");
  const auto& iterations = found.recording.iterations;
  const double seconds =
      static_cast<double>(iterations.end_ns.back() - iterations.start_ns.front()) / 1e9;
  EXPECT_GE(seconds, 1.9);
  if (seconds >= 199.0 && processors_wanted() > std::thread::hardware_concurrency()) {
    GTEST_SKIP()
        << "other programs want all processors; the attribution takes only what they leave";
  }
  EXPECT_LT(seconds, 199.0);
}

TEST(Profile, AnIdleBaselineGivesActiveEnergyBesideTotal) {
  Bench bench;
  bench.options.iterations = 400;
  bench.options.idle_baseline = true;
  const Profile found = profile(Host{}, bench.options);
  ASSERT_EQ(found.recording.idle.size(), 2u);
  ASSERT_TRUE(found.result.idle);
  EXPECT_NEAR(found.result.idle->power_mw->mean, 2000.0, 1.0);
  EXPECT_NEAR(*found.result.idle->drift_mw, 0.0, 1.0);
  // 34.5 mJ, less 2 W for 4.5 ms.
  EXPECT_NEAR(found.result.total.active_energy_mj->mean, 25.5, 0.5);
  EXPECT_NEAR(found.result.layers[0].active_energy_mj->mean, 16.0, 0.5);
  EXPECT_EQ(found.result.iterations, 400u);
}

TEST(Profile, WarmsUpUntilSteadyBeforeItMeasures) {
  Bench bench;
  bench.options.iterations = 50;
  bench.options.steady_s = 60.0;
  const Profile found = profile(Host{}, bench.options);
  for (const Warning& warning : found.result.warnings) EXPECT_NE(warning.code, "not_steady");
  EXPECT_EQ(found.result.iterations, 50u);
  EXPECT_NEAR(found.result.total.energy_mj->mean, 34.5, 1.5);
}

TEST(Profile, TheStopFlagEndsItWithAResult) {
  Bench bench;
  std::atomic<bool> stop{false};
  bench.options.iterations = 1'000'000;
  bench.options.stop = &stop;
  bench.options.on_progress = [&](const Progress& progress) { stop = progress.iterations > 100; };
  const Profile found = profile(Host{}, bench.options);
  EXPECT_TRUE(found.interrupted);
  EXPECT_GT(found.result.iterations, 100u);
  EXPECT_LT(found.result.iterations, 1000u);
  EXPECT_EQ(found.recording.manifest.stopped, "interrupted");
}

TEST(Profile, SaysWhichEngineAndWhichSensorBeforeItBegins) {
  Bench bench;
  std::vector<std::string> notes;
  bench.options.iterations = 3;
  bench.options.on_note = [&](const std::string& note) { notes.push_back(note); };
  const Profile found = profile(Host{}, bench.options);
  EXPECT_THAT(notes, ElementsAre("engine sim: by the ending of three.sim.json",
                                 "sensor simulated: the model simulates it"));
  EXPECT_THAT(found.result.sensor.notes, HasSubstr("the model simulates it"));
}

TEST(Profile, TakesAnEngineOfTheCallersOwn) {
  fakes::ScratchDirectory scratch;
  auto clock = std::make_shared<fakes::TickingClock>(1'000'000'000);
  Host host;
  host.clock = clock;
  fakes::FakeEngine engine(*clock, {2.0, 3.0}, 1.0);
  ProfileOptions options;
  options.sensor = "none";
  options.iterations = 20;
  options.warmup = 5;
  options.save = scratch / "kept";
  const Profile found = profile(host, engine, options);
  EXPECT_EQ(found.result.iterations, 20u);
  EXPECT_EQ(engine.loads, 1u);
  EXPECT_DOUBLE_EQ(found.result.layers.at(1).time_ms->mean, 3.0);
  EXPECT_EQ(load_recording(options.save).iterations.size(), 20u);
  EXPECT_THROW(profile(host, engine, options), Error) << "that folder holds a recording";
}

}  // namespace
}  // namespace layerwatt
