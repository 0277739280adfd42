#include "record/command_recorder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <nlohmann/json.hpp>
#include <span>
#include <thread>

#include "fakes/scratch_directory.hpp"
#include "layerwatt/recording.hpp"
#include "record/power_summary.hpp"

namespace layerwatt {
namespace {

using testing::HasSubstr;

// 7 W from a thread of its own, in real time.
class ThreadedSensor final : public Sensor {
 public:
  explicit ThreadedSensor(Clock& clock) : clock_(clock) {}
  ~ThreadedSensor() override { stop(); }
  void open() override {}
  SensorInfo info() const override {
    SensorInfo info;
    info.kind = "threaded";
    info.scope = "module";
    info.rails = {{"VDD_IN", true}};
    info.model.period_ms = 1.0;
    info.model.window_ms = 0.0;
    info.model.latency_ms = 0.0;
    return info;
  }
  void start(SampleSink& sink) override {
    thread_ = std::thread([this, &sink] {
      const std::vector<double> watts{7000.0};
      while (!stop_) {
        sink.sample(clock_.now_ns(), watts);
        clock_.sleep_until_ns(clock_.now_ns() + 1'000'000);
      }
    });
  }
  void stop() override {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }

 private:
  Clock& clock_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

struct Bench {
  fakes::ScratchDirectory scratch;
  std::filesystem::path directory = scratch / "recording";
  SteadyClock clock;
  ThreadedSensor sensor{clock};
  SysRoot sys;
  CommandOptions options;
  CommandOutcome run() { return record_command(clock, sensor, sys, directory, options); }
};

TEST(CommandRecorder, MeasuresTheCommandFromItsStartToItsEnd) {
  Bench bench;
  bench.options.words = {"sleep", "0.2"};
  const CommandOutcome outcome = bench.run();
  EXPECT_TRUE(outcome.end.status.success());
  EXPECT_FALSE(outcome.failure.has_value());
  const Recording recording = load_recording(bench.directory);
  ASSERT_EQ(recording.iterations.size(), 1u);
  EXPECT_EQ(recording.iterations.start_ns[0], outcome.start_ns);
  EXPECT_EQ(recording.iterations.end_ns[0], outcome.end.end_ns);
  EXPECT_TRUE(recording.iterations.layers.empty());
  EXPECT_LE(recording.power.time_ns.front(), outcome.start_ns);
  EXPECT_GE(recording.power.time_ns.back(), outcome.end.end_ns);
  const PowerSummary summary = summarize_power(recording.power, recording.manifest.sensor.model,
                                               outcome.start_ns, outcome.end.end_ns);
  EXPECT_GE(summary.duration_ms, 200.0);
  // A machine with ten times the work that it can do starves the sensor's thread.
  if (summary.total.coverage < 0.5) {
    EXPECT_EQ(summary.total.energy_mj.reason(), "too_few_readings");
  } else {
    EXPECT_NEAR(summary.total.energy_mj.value().mean, 7.0 * summary.duration_ms, 1e-6);
  }
  const auto engine = nlohmann::json::parse(recording.manifest.engine_json);
  EXPECT_EQ(engine["command"], (std::vector<std::string>{"sleep", "0.2"}));
}

TEST(CommandRecorder, ACommandThatFailsIsMeasuredAndTold) {
  Bench bench;
  bench.options.words = {"sh", "-c", "exit 3"};
  const CommandOutcome outcome = bench.run();
  EXPECT_EQ(outcome.end.status.code, 3);
  EXPECT_FALSE(outcome.failure.has_value());
  const Recording recording = load_recording(bench.directory);
  EXPECT_EQ(recording.manifest.stopped, "done");
  ASSERT_EQ(recording.incidents.size(), 1u);
  EXPECT_THAT(recording.incidents[0].message, HasSubstr("exit status 3"));
}

TEST(CommandRecorder, NoSuchProgramEndsTheRecording) {
  Bench bench;
  bench.options.words = {"/no/such/program"};
  EXPECT_THROW(bench.run(), Error);
}

TEST(CommandRecorder, StopIsPassedOnOnceAndWhatWasMeasuredIsKept) {
  Bench bench;
  std::atomic<bool> stop{false};
  int passed_on = 0;
  const std::filesystem::path started = bench.scratch / "started";
  bench.options.words = {"sh", "-c", "touch \"$1\"; exec sleep 600", "sh", started.string()};
  bench.options.stop = &stop;
  bench.options.on_stop = [&](ChildCommand& child) {
    ++passed_on;
    child.send(SIGTERM);
  };
  std::thread later([&] {
    while (!std::filesystem::exists(started)) std::this_thread::yield();
    stop = true;
  });
  const CommandOutcome outcome = bench.run();
  later.join();
  EXPECT_TRUE(outcome.interrupted);
  EXPECT_EQ(outcome.end.status.signal, SIGTERM);
  EXPECT_EQ(passed_on, 1);
  EXPECT_EQ(load_recording(bench.directory).manifest.stopped, "interrupted");
}

}  // namespace
}  // namespace layerwatt
