#include "sensor/nvml.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <thread>

#include "fakes/nvml/opened_fake.hpp"
#include "layerwatt/error.hpp"
#include "layerwatt/registry.hpp"
#include "sensor/collected.hpp"
#include "sensor/fake_sink.hpp"

namespace layerwatt {
namespace {

using fakes::FakeGpu;
using fakes::OpenedFakeNvml;

constexpr std::int64_t kMs = 1'000'000;

// A reader in virtual time: each read() is `step_ms` after the one before.
class Session {
 public:
  explicit Session(OpenedFakeNvml& fake, std::optional<std::string> argument = {}) {
    Host host = fake.host();
    host.clock = clock_;
    SensorOptions options;
    options.argument = std::move(argument);
    reader_.emplace(host, options);
    info_ = reader_->open();
  }
  const SensorInfo& info() const { return info_; }
  std::vector<double> read(double step_ms) {
    clock_->sleep_until_ns(clock_->now_ns() + static_cast<std::int64_t>(step_ms * kMs));
    std::vector<double> values(info_.rails.size(), NAN);
    stamp_ = reader_->read(values, problems_);
    return values;
  }
  double stamp_ms() const { return static_cast<double>(*stamp_) / kMs; }
  const Collected& problems() const { return problems_; }

 private:
  std::shared_ptr<VirtualClock> clock_ = std::make_shared<VirtualClock>(0);
  std::optional<NvmlReader> reader_;
  SensorInfo info_;
  std::optional<std::int64_t> stamp_;
  Collected problems_;
};

TEST(NvmlSensor, CountsEnergyFromItsStartAndOnlyAtTheCountersUpdates) {
  OpenedFakeNvml fake;
  std::uint64_t counter = 9'000'000'000;
  fake.gpu().energy_mj = [&] { return std::optional<std::uint64_t>(counter); };
  Session reading(fake);
  EXPECT_EQ(reading.info().reading, Reading::energy);
  EXPECT_EQ(reading.info().format, PowerFormat::energy_csv);
  EXPECT_EQ(reading.info().scope, "gpu board");
  EXPECT_EQ(reading.info().model.period_ms, 100.0);
  EXPECT_EQ(reading.info().model.window_ms, 0.0) << "counted twice, it moved readings by half";
  EXPECT_NE(reading.info().notes.find("SM 1980 MHz, memory 2619 MHz, 34 °C, limit 700 W"),
            std::string::npos)
      << reading.info().notes;
  EXPECT_TRUE(std::isnan(reading.read(10)[0])) << "how old the first count is, nobody knows";
  EXPECT_TRUE(std::isnan(reading.read(10)[0]));
  counter += 12000;
  EXPECT_EQ(reading.read(10)[0], 12000.0);
  EXPECT_EQ(reading.stamp_ms(), 25.0) << "between the times of asking";
  EXPECT_TRUE(std::isnan(reading.read(10)[0])) << "not a new count";
  counter += 12000;
  EXPECT_EQ(reading.read(10)[0], 24000.0);
}

TEST(NvmlSensor, WithoutACounterItReadsInstantPowerAndShowsTheAverage) {
  OpenedFakeNvml fake;
  fake.gpu().has_energy = false;
  Session reading(fake);
  EXPECT_EQ(reading.info().reading, Reading::power);
  ASSERT_EQ(reading.info().rails.size(), 2u);
  EXPECT_EQ(reading.info().rails[0].name, "GPU");
  EXPECT_TRUE(reading.info().rails[0].in_total);
  EXPECT_EQ(reading.info().rails[1].name, "GPU 1 s average");
  EXPECT_FALSE(reading.info().rails[1].in_total);
  EXPECT_EQ(reading.info().model.window_ms, 25.0);
  reading.read(10);
  fake.gpu().instant_mw = 350000;
  EXPECT_EQ(reading.read(10), (std::vector<double>{350000.0, 119000.0}));
  EXPECT_TRUE(std::isnan(reading.read(10)[0]));
}

TEST(NvmlSensor, PowerIsTheOneSecondAverageWhereThereIsNoOther) {
  OpenedFakeNvml fake;
  fake.gpu().has_energy = false;
  fake.gpu().instant_mw = fake.gpu().average_mw = std::nullopt;
  Session reading(fake);
  EXPECT_EQ(reading.info().model.window_ms, 1000.0) << "nvmlDeviceGetPowerUsage on Hopper";
  reading.read(10);
  fake.gpu().power_mw = 200000;
  EXPECT_EQ(reading.read(10), std::vector<double>{200000.0});
  fake.gpu() = fakes::fake_gpu("NVIDIA A100", "GPU-a100", 7, 8);
  fake.gpu().has_energy = false;
  fake.gpu().instant_mw = fake.gpu().average_mw = std::nullopt;
  EXPECT_EQ(Session(fake).info().model.window_ms, 25.0) << "and instant on GA100";
}

TEST(NvmlSensor, AddsUpSeveralGpusOnceAllHaveUpdated) {
  OpenedFakeNvml fake;
  std::uint64_t first = 100;
  std::uint64_t second = 900;
  fake.table().gpus = {FakeGpu{}, fakes::fake_gpu("NVIDIA H100", "GPU-11", 9, 9)};
  fake.table().gpus[0].energy_mj = [&] { return std::optional<std::uint64_t>(first); };
  fake.table().gpus[1].energy_mj = [&] { return std::optional<std::uint64_t>(second); };
  Session reading(fake, "all");
  EXPECT_EQ(reading.info().scope, "2 gpu boards");
  EXPECT_EQ(reading.info().rails[1].name, "GPU1");
  reading.read(10);
  first += 5;
  EXPECT_TRUE(std::isnan(reading.read(10)[0])) << "a total needs both";
  second += 7;
  EXPECT_EQ(reading.read(10), (std::vector<double>{5.0, 7.0}));
}

TEST(NvmlSensor, TellsWhatHeldTheClocksDownAndAGpuThatIsLost) {
  OpenedFakeNvml fake;
  Session reading(fake);
  reading.read(200);
  fake.gpu().throttle = nvml::kSoftwarePowerCap;
  fake.gpu().sm_mhz = 1400;
  reading.read(200);
  EXPECT_EQ(reading.problems().codes, (std::vector<std::string>{"throttled", "gpu_clock"}));
  fake.gpu().lost = 15;
  EXPECT_TRUE(std::isnan(reading.read(10)[0]));
  EXPECT_NE(reading.problems().messages.back().find("GPU is lost"), std::string::npos);
}

TEST(NvmlSensor, AJetsonIsSentToItsRails) {
  OpenedFakeNvml fake;
  fake.gpu() = fakes::fake_gpu("Orin (nvgpu)", "GPU-orin", 11, 8);
  fake.gpu().has_energy = false;
  fake.gpu().power_mw = fake.gpu().instant_mw = fake.gpu().average_mw = std::nullopt;
  const Availability availability = find_sensor("nvml").probe(fake.host(), {});
  EXPECT_FALSE(availability.usable);
  EXPECT_NE(availability.reason.find("Not Supported"), std::string::npos) << availability.reason;
  EXPECT_NE(availability.hint.find("ina3221"), std::string::npos);
}

TEST(NvmlSensor, SamplesFromItsOwnThreadWithoutCallingTheUpdatesGaps) {
  OpenedFakeNvml fake;  // the counter that runs, in steps of 100 ms
  const auto sensor = find_sensor("nvml").create(fake.host(), {});
  sensor->open();
  FakeSink sink;
  sensor->start(sink);
  ASSERT_TRUE(sink.wait_for_samples(3));
  sensor->stop();
  const auto samples = sink.samples();
  for (std::size_t i = 1; i < samples.size(); ++i) {
    EXPECT_GE(samples[i].values[0] - samples[i - 1].values[0], 12000.0);
  }
  for (const std::string& gap : sink.incidents("gap")) {
    EXPECT_EQ(gap.find("no reading for 1"), std::string::npos) << "one update is no gap: " << gap;
  }
}

TEST(NvmlSensor, CallsThatTakeLongerThanTheIntervalLoseNoUpdate) {
  OpenedFakeNvml fake;
  const auto begin = std::chrono::steady_clock::now();
  fake.gpu().energy_mj = [begin] {
    std::this_thread::sleep_for(std::chrono::milliseconds(4));
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - begin);
    return std::optional<std::uint64_t>(ms.count() / 100 * 12000);
  };
  SensorOptions options;
  options.interval_ms = 1.0;
  const auto sensor = find_sensor("nvml").create(fake.host(), options);
  sensor->open();
  EXPECT_GE(*sensor->info().model.timestamp_error_ms, 4.0 / std::sqrt(12.0));
  EXPECT_NE(sensor->info().notes.find("a call takes longer"), std::string::npos);
  FakeSink sink;
  sensor->start(sink);
  ASSERT_TRUE(sink.wait_for_samples(2));
  sensor->stop();
  // A machine that stops this thread for 200 ms does lose some, and then says how many.
  for (const std::string& late : sink.incidents("late")) EXPECT_LT(std::stoi(late), 20) << late;
}

TEST(ChooseSensor, WorkOnTheCpuIsNotMeasuredOnTheGpuNorTheOtherWayRound) {
  OpenedFakeNvml fake;
  fake.root().write("/proc/stat", "cpu  0 0 0 0 0 0 0\ncpu0 0 0 0 0 0 0 0");
  SensorOptions options;
  EXPECT_EQ(choose_sensor(fake.host(), options).backend->name, "nvml");
  options.on_gpu = true;
  EXPECT_EQ(choose_sensor(fake.host(), options).backend->name, "nvml");
  options.on_gpu = false;
  EXPECT_EQ(choose_sensor(fake.host(), options).backend->name, "estimate");
  fake.table().gpus.clear();
  options.on_gpu = true;
  EXPECT_THROW(choose_sensor(fake.host(), options), Error) << "the CPU's power says nothing";
}

}  // namespace
}  // namespace layerwatt
