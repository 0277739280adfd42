#include "record/recorder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <future>
#include <limits>
#include <nlohmann/json.hpp>
#include <thread>

#include "fakes/fake_engine.hpp"
#include "fakes/fake_sensor.hpp"
#include "fakes/scratch_directory.hpp"
#include "fakes/ticking_clock.hpp"

namespace layerwatt {
namespace {

using fakes::FakeEngine;
using fakes::FakeSensor;
using fakes::ScratchDirectory;
using fakes::TickingClock;
using testing::HasSubstr;

constexpr std::int64_t kStart = 1'700'000'000'000'000'000;

std::vector<double> five_watts(std::size_t) { return {5000.0}; }

struct Bench {
  ScratchDirectory scratch;
  std::filesystem::path directory = scratch / "recording";
  TickingClock clock{kStart};
  FakeEngine engine{clock, {2.0, 1.0}, 0.5};
  FakeSensor sensor{clock, five_watts};
  RunOptions options;

  RunOutcome run() { return record_run(clock, engine, &sensor, directory, options); }
  std::size_t rows(const std::string& file) const {
    const std::string text = scratch.read("recording/" + file);
    const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
    return lines == 0 ? 0 : lines - 1;
  }
  nlohmann::json manifest() const {
    return nlohmann::json::parse(scratch.read("recording/manifest.json"));
  }
};

TEST(Recorder, MeasuresExactlyAsManyInferencesAsAsked) {
  Bench bench;
  bench.options.iterations = 25;
  const RunOutcome outcome = bench.run();
  EXPECT_EQ(outcome.iterations, 25u);
  EXPECT_FALSE(outcome.interrupted);
  EXPECT_FALSE(outcome.failure.has_value());
  EXPECT_EQ(bench.rows("iterations.csv"), 25u);
  EXPECT_EQ(bench.engine.loads, 1u);
  EXPECT_EQ(bench.manifest()["stopped"], "done");
  EXPECT_EQ(bench.manifest()["sensor"]["kind"], "fake");
  EXPECT_EQ(bench.manifest()["engine"]["name"], "fake");
}

TEST(Recorder, WarmUpIsNotRecorded) {
  Bench bench;
  bench.options.iterations = 5;
  bench.options.warmup = 7;
  record_run(bench.clock, bench.engine, nullptr, bench.directory, bench.options);
  EXPECT_EQ(bench.rows("iterations.csv"), 5u);
  EXPECT_EQ(bench.engine.inferences, 12u);
  EXPECT_EQ(bench.manifest()["sensor"]["kind"], "none");
}

TEST(Recorder, SamplesCoverTheFirstAndTheLastInference) {
  Bench bench;
  bench.options.iterations = 10;
  std::int64_t first_start = 0;
  std::int64_t last_end = 0;
  bench.engine.after_infer = [&](Inference& inference) {
    if (bench.sensor.samples > 0 && first_start == 0) first_start = inference.start_ns;
    last_end = inference.end_ns;
  };
  std::int64_t last_sample = 0;
  bench.sensor.on_stop = [&] { last_sample = bench.clock.now_ns(); };
  bench.run();
  const Recording recording = load_recording(bench.directory);
  ASSERT_FALSE(recording.power.time_ns.empty());
  EXPECT_LE(recording.power.time_ns.front(), recording.iterations.start_ns.front());
  // latency 2 ms + window 1 ms: readings up to there speak of the last inference.
  EXPECT_GE(recording.power.time_ns.back(), last_end + 3'000'000);
  EXPECT_LE(last_sample, last_end + 2'000'000'000);
  EXPECT_EQ(bench.sensor.stops, 1u);
}

TEST(Recorder, StopFlagEndsTheRunBetweenInferences) {
  Bench bench;
  std::atomic<bool> stop{false};
  bench.options.stop = &stop;
  bench.options.iterations = 1000;
  bench.options.warmup = 0;
  bench.sensor.on_start = [&](SampleSink& sink) {
    sink.sample(bench.clock.now_ns(), std::vector<double>{5000.0});
  };
  bench.engine.before_infer = [&](std::size_t done) { stop = done == 40; };
  const RunOutcome outcome = bench.run();
  EXPECT_TRUE(outcome.interrupted);
  EXPECT_EQ(outcome.iterations, 41u) << "the inference that was running is finished and kept";
  EXPECT_EQ(bench.rows("iterations.csv"), 41u);
  EXPECT_EQ(bench.manifest()["stopped"], "interrupted");
}

TEST(Recorder, StoppedBeforeTheFirstInferenceIsAnErrorOfItsKind) {
  Bench bench;
  const std::atomic<bool> stop{true};
  bench.options.stop = &stop;
  bench.options.warmup = 0;
  try {
    bench.run();
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::interrupted);
  }
  EXPECT_EQ(bench.sensor.stops, 1u);
}

TEST(Recorder, MaxTimeEndsTheRun) {
  Bench bench;
  bench.options.rule.target_ci_pct = 0.0;  // never met: the power wobbles
  bench.sensor.values = [](std::size_t i) {
    return std::vector<double>{i % 3 == 0 ? 4000.0 : 6000.0};
  };
  bench.options.max_time_s = 2.0;
  const RunOutcome outcome = bench.run();
  // An inference takes 3.51 ms with the gap: the first start at or after 2 s is number 570.
  EXPECT_EQ(outcome.iterations, 570u);
  EXPECT_FALSE(outcome.interrupted);
}

TEST(Recorder, StopsAsSoonAsTheRunningEstimateMeetsTheTarget) {
  Bench bench;
  bench.options.max_time_s = 60.0;
  const RunOutcome outcome = bench.run();
  // Constant times and power: precise at the first look after 16 readings of 5 ms.
  EXPECT_GE(outcome.iterations, 23u);
  EXPECT_LE(outcome.iterations, 60u);
}

TEST(Recorder, TheRealAttributionHasTheLastWord) {
  Bench bench;
  bench.options.max_time_s = 60.0;
  std::vector<std::int64_t> asked_ms;
  std::int64_t begin = 0;
  bench.options.on_progress = [&](const Progress& progress) {
    if (progress.iterations == 0) begin = bench.clock.now_ns();
  };
  bench.options.refine = [&] {
    asked_ms.push_back((bench.clock.now_ns() - begin) / 1'000'000);
    const double ci = asked_ms.size() < 3 ? 9.0 : 4.0;
    return std::vector<LayerPrecision>{{1.0, ci}};
  };
  bench.run();
  ASSERT_EQ(asked_ms.size(), 3u);
  EXPECT_NEAR(static_cast<double>(asked_ms[0]), 2000.0, 110.0);
  // 9 % after 2 s is 5 % after 6.5 s: later than twice the time.
  EXPECT_NEAR(static_cast<double>(asked_ms[1]), 2.0 * static_cast<double>(asked_ms[0]), 110.0);
  EXPECT_NEAR(static_cast<double>(asked_ms[2]), 2.0 * static_cast<double>(asked_ms[1]), 110.0);
}

TEST(Recorder, AsksWhenTheTargetShouldBeMetAndPredictsIt) {
  Bench bench;
  bench.options.max_time_s = 60.0;
  std::int64_t begin = 0;
  std::optional<Progress> last;
  bench.options.on_progress = [&](const Progress& progress) {
    if (progress.iterations == 0) begin = bench.clock.now_ns();
    if (progress.elapsed_s < 2.9) last = progress;
  };
  std::vector<double> asked_s;
  bench.options.refine = [&] {
    asked_s.push_back(static_cast<double>(bench.clock.now_ns() - begin) / 1e9);
    return std::vector<LayerPrecision>{{1.0, asked_s.size() == 1 ? 6.0 : 5.0}};
  };
  bench.run();
  ASSERT_EQ(asked_s.size(), 2u);
  // 6 % after 2 s is 5 % after 2.88 s, and 3 % more is a margin.
  EXPECT_NEAR(asked_s[1], asked_s[0] * 1.44 * 1.03, 0.11);
  ASSERT_TRUE(last && last->predicted_s);
  EXPECT_NEAR(*last->predicted_s, asked_s[0] * 1.44 - last->elapsed_s, 0.01);
  EXPECT_NEAR(*last->worst_ci_pct, 6.0 * std::sqrt(asked_s[0] / last->elapsed_s), 0.01);
}

TEST(Recorder, AsksAsideWhileTheMeasurementGoesOn) {
  Bench bench;
  // Virtual time does not wait for the thread: far more of it than the test can take.
  bench.options.max_time_s = 1e6;
  bench.options.refine_aside = true;
  std::promise<void> seen;
  auto gate = seen.get_future().share();
  bool told = false;
  bench.options.on_progress = [&](const Progress& progress) {
    // The measurement went on while the first answer was not there yet.
    if (progress.elapsed_s > 10.0 && !told) {
      told = true;
      seen.set_value();
    }
  };
  int asked = 0;
  const auto measuring = std::this_thread::get_id();
  bool elsewhere = true;
  bench.options.refine = [&] {
    gate.wait();
    elsewhere = elsewhere && std::this_thread::get_id() != measuring;
    return std::vector<LayerPrecision>{{1.0, ++asked == 1 ? 9.0 : 4.0}};
  };
  const RunOutcome outcome = bench.run();
  EXPECT_FALSE(outcome.failure);
  EXPECT_EQ(asked, 2);
  EXPECT_TRUE(elsewhere);
  EXPECT_EQ(bench.manifest()["stopped"], "done");
}

TEST(Recorder, DoesNotAskForWhatWouldComeAfterTheEnd) {
  Bench bench;
  bench.options.max_time_s = 200.0;
  bench.options.refine_aside = true;
  std::promise<void> seen;
  auto gate = seen.get_future().share();
  bool told = false;
  bench.options.on_progress = [&](const Progress& progress) {
    if (progress.elapsed_s > 80.0 && !told) {
      told = true;
      seen.set_value();
    }
  };
  int asked = 0;
  bench.options.refine = [&] {
    gate.wait();
    ++asked;
    return std::vector<LayerPrecision>{{1.0, 90.0}};
  };
  bench.run();
  EXPECT_EQ(asked, 1) << "the answer took at least 78 s, and twice that is too long";
}

TEST(Recorder, WhatTheEstimateThrowsAsideEndsTheRunAsAFailure) {
  Bench bench;
  bench.options.max_time_s = 1e6;
  bench.options.refine_aside = true;
  bench.options.refine = []() -> std::vector<LayerPrecision> {
    throw Error(ErrorKind::io, "the disk is gone");
  };
  const RunOutcome outcome = bench.run();
  ASSERT_TRUE(outcome.failure);
  EXPECT_EQ(outcome.failure->kind(), ErrorKind::io);
}

TEST(Recorder, WarmsUpUntilSteadyAndSaysWhenItIsNot) {
  Bench bench;
  bench.options.iterations = 5;
  bench.options.steady_s = 60.0;
  bench.run();
  EXPECT_GT(bench.engine.inferences, 2000u) << "ten seconds of 3.5 ms";
  EXPECT_EQ(bench.rows("iterations.csv"), 5u);
  const Recording steady = load_recording(bench.directory);
  EXPECT_TRUE(steady.incidents.empty());
  // What ran unrecorded would pass for idle power.
  EXPECT_LT(steady.iterations.start_ns.front() - steady.power.time_ns.front(), 50'000'000);

  Bench rising;
  rising.options.iterations = 5;
  rising.options.steady_s = 15.0;
  rising.options.temperature_c = [&] {
    return 20.0 + static_cast<double>(rising.clock.now_ns() - kStart) / 1e9;
  };
  rising.run();
  const Recording told = load_recording(rising.directory);
  ASSERT_EQ(told.incidents.size(), 1u);
  EXPECT_EQ(told.incidents[0].code, "not_steady");
  EXPECT_THAT(told.incidents[0].message, HasSubstr("after 15 s of warm-up"));
}

TEST(Recorder, AnEngineThatFailsInMidRunKeepsWhatWasMeasured) {
  Bench bench;
  bench.options.iterations = 100;
  bench.options.warmup = 0;
  bench.sensor.on_start = [&](SampleSink& sink) {
    sink.sample(bench.clock.now_ns(), std::vector<double>{5000.0});
  };
  bench.engine.before_infer = [](std::size_t done) {
    if (done == 30) throw Error(ErrorKind::engine, "device lost");
  };
  const RunOutcome outcome = bench.run();
  ASSERT_TRUE(outcome.failure.has_value());
  EXPECT_EQ(outcome.failure->kind(), ErrorKind::engine);
  EXPECT_EQ(outcome.iterations, 30u);
  const Recording recording = load_recording(bench.directory);
  EXPECT_EQ(recording.iterations.size(), 30u);
  EXPECT_THAT(recording.manifest.stopped.value_or(""), HasSubstr("device lost"));
  EXPECT_EQ(bench.sensor.stops, 1u);
}

TEST(Recorder, ASensorThatCannotBeOpenedEndsTheRunBeforeItBegins) {
  Bench bench;
  bench.sensor.on_open = [] { throw Error(ErrorKind::sensor, "no rails", {}, "use sudo"); };
  EXPECT_THROW(bench.run(), Error);
  EXPECT_FALSE(std::filesystem::exists(bench.directory));
}

TEST(Recorder, ASensorThatFailsToStopIsToldAndNothingIsLost) {
  Bench bench;
  bench.options.iterations = 8;
  bench.sensor.on_stop = [] { throw Error(ErrorKind::sensor, "child died"); };
  const RunOutcome outcome = bench.run();
  ASSERT_TRUE(outcome.failure.has_value());
  EXPECT_EQ(outcome.failure->kind(), ErrorKind::sensor);
  EXPECT_EQ(bench.rows("iterations.csv"), 8u);
  EXPECT_THAT(std::string(bench.manifest()["stopped"]), HasSubstr("child died"));
}

TEST(Recorder, ASuspendInTheMiddleIsTold) {
  for (const double slept_ms : {0.0, 3.0, 90'000.0}) {
    Bench bench;
    bench.options.iterations = 20;
    std::size_t asked = 0;
    bench.options.on_progress = [&](const Progress&) {
      if (++asked == 1) bench.clock.suspend_ms(slept_ms);
    };
    bench.run();
    const std::string incidents = bench.scratch.read("recording/incidents.csv");
    if (slept_ms < 10.0) {
      EXPECT_EQ(incidents, "") << slept_ms;
    } else {
      EXPECT_THAT(incidents, HasSubstr("suspended for 90.0 s"));
    }
  }
}

TEST(Recorder, IncidentsAreRecorded) {
  Bench bench;
  bench.options.iterations = 8;
  bench.sensor.on_start = [](SampleSink& sink) {
    sink.incident({kStart, "unreadable", "rail VDD_IN could not be read"});
  };
  EXPECT_EQ(bench.run().iterations, 8u);
  const Recording recording = load_recording(bench.directory);
  ASSERT_EQ(recording.incidents.size(), 1u);
  EXPECT_EQ(recording.incidents[0].code, "unreadable");
}

TEST(Recorder, ASilentSensorEndsTheRunBeforeItBegins) {
  Bench bench;
  bench.sensor.values = nullptr;
  bench.options.interval_ms = 100.0;
  try {
    bench.run();
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::sensor);
    EXPECT_THAT(error.problem(), HasSubstr("no reading within 5 s"));
    EXPECT_THAT(error.hint(), HasSubstr("--sensor none"));
  }
  EXPECT_NEAR(static_cast<double>(bench.clock.now_ns() - kStart) / 1e6, 5300.0, 50.0);
  EXPECT_EQ(bench.rows("iterations.csv"), 0u);
  EXPECT_EQ(bench.sensor.stops, 1u);
}

TEST(Recorder, WhyTheSensorWasChosenStandsInTheManifest) {
  Bench bench;
  bench.options.iterations = 3;
  bench.options.sensor_note = "asked for";
  bench.sensor.info_.notes = "window from the driver";
  bench.run();
  EXPECT_EQ(load_recording(bench.directory).manifest.sensor.notes,
            "asked for. window from the driver");
}

TEST(Iso8601, IsUtcWithMilliseconds) {
  EXPECT_EQ(iso8601_utc(1'714'564'800'250'000'000), "2024-05-01T12:00:00.250Z");
  EXPECT_EQ(iso8601_utc(-1), "1969-12-31T23:59:59.999Z");
}

}  // namespace
}  // namespace layerwatt
