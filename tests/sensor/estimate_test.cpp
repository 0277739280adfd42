#include "sensor/estimate.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "layerwatt/error.hpp"
#include "layerwatt/registry.hpp"
#include "sensor/collected.hpp"
#include "sensor/fake_root.hpp"
#include "sensor/fake_sink.hpp"

namespace layerwatt {
namespace {

constexpr std::int64_t kMs = 1'000'000;

// Two CPUs of an EPYC 3rd Gen: 455.6 mW idle, 1957.3 mW busy, each.
void make_milan(const FakeRoot& root) {
  root.write("/proc/stat", "cpu  0 0 0 0 0 0 0\ncpu0 0 0 0 0 0 0 0\ncpu1 0 0 0 0 0 0 0");
  root.write("/proc/cpuinfo", "vendor_id : AuthenticAMD\ncpu family : 25\nmodel : 1");
}

TEST(Estimate, SaysThatItIsAModelOfWhatAndHow) {
  FakeRoot root;
  make_milan(root);
  EstimateReader reader(root.host(), 5.0, [] { return std::int64_t{0}; });
  const SensorInfo info = reader.open();
  EXPECT_EQ(info.kind, "estimate");
  EXPECT_FALSE(info.measured);
  EXPECT_NE(info.scope.find("not measured"), std::string::npos);
  EXPECT_EQ(info.notes,
            "a model, not a measurement: 2 CPUs (EPYC 3rd Gen), each 456 mW idle and 1957 mW busy");
  EXPECT_EQ(info.reading, Reading::energy);
  EXPECT_EQ(info.format, PowerFormat::energy_csv);
  EXPECT_EQ(info.model.window_ms, 5.0);
}

TEST(Estimate, EnergyIsThatOfTheModel) {
  FakeRoot root;
  make_milan(root);
  Host host = root.host();
  const auto clock = std::make_shared<VirtualClock>(0);
  host.clock = clock;
  std::int64_t own_ns = 0;
  EstimateReader reader(host, 5.0, [&own_ns] { return own_ns; });
  reader.open();
  Collected problems;
  std::vector<double> values(1);
  reader.read(values, problems);
  EXPECT_DOUBLE_EQ(values[0], 0.0);
  clock->sleep_until_ns(100 * kMs);
  own_ns = 50 * kMs;
  reader.read(values, problems);
  EXPECT_NEAR(values[0], 2 * 455.6 * 0.1 + (1957.3 - 455.6) * 0.05, 1e-9);
  EXPECT_TRUE(problems.messages.empty());
}

TEST(Estimate, OtherProcessesAndTheClockRateAreLookedAtFiveTimesASecond) {
  FakeRoot root;
  make_milan(root);
  root.write("/sys/devices/system/cpu/cpufreq/policy0/base_frequency", "2000000");
  root.write("/sys/devices/system/cpu/cpufreq/policy0/cpuinfo_max_freq", "4000000");
  root.write("/sys/devices/system/cpu/cpufreq/policy0/scaling_cur_freq", "1000000");
  root.write("/sys/devices/system/cpu/cpufreq/policy1/cpuinfo_max_freq", "4000000");
  root.write("/sys/devices/system/cpu/cpufreq/policy1/scaling_cur_freq", "4000000");
  Host host = root.host();
  const auto clock = std::make_shared<VirtualClock>(0);
  host.clock = clock;
  EstimateReader reader(host, 5.0, [] { return std::int64_t{0}; });
  reader.open();
  Collected problems;
  std::vector<double> values(1);
  reader.read(values, problems);
  root.write("/proc/stat", "cpu  10 0 0 500 0 0 0\ncpu0 0 0 0 0 0 0 0\ncpu1 0 0 0 0 0 0 0");
  clock->sleep_until_ns(200 * kMs);
  reader.read(values, problems);  // sees that others worked 0.1 s of 0.2 s
  const double idle = 2 * 455.6 * 0.2;
  EXPECT_NEAR(values[0], idle, 1e-9);
  clock->sleep_until_ns(399 * kMs);
  reader.read(values, problems);
  // Half a CPU for 0.199 s at a mean clock of (0.5 + 1) / 2.
  EXPECT_NEAR(values[0], 2 * 455.6 * 0.399 + 1501.7 * 0.75 * 0.5 * 0.199, 1e-9);
  root.remove("/proc/stat");
  clock->sleep_until_ns(400 * kMs);
  reader.read(values, problems);
  EXPECT_EQ(problems.messages.size(), 1u);
}

TEST(Estimate, AMachineWithoutProcStatHasNone) {
  FakeRoot root;
  const SensorBackend& backend = find_sensor("estimate");
  const Availability availability = backend.probe(root.host(), {});
  EXPECT_FALSE(availability.usable);
  EXPECT_NE(availability.reason.find("/proc/stat"), std::string::npos);
  EXPECT_FALSE(availability.hint.empty());
  EXPECT_THROW(backend.create(root.host(), {})->open(), Error);
}

TEST(Estimate, ReadsThisMachine) {
  const Host host;
  const SensorBackend& backend = find_sensor("estimate");
  ASSERT_TRUE(backend.probe(host, {}).usable);
  SensorOptions options;
  options.interval_ms = 1.0;
  const auto sensor = backend.create(host, options);
  sensor->open();
  FakeSink sink;
  sensor->start(sink);
  ASSERT_TRUE(sink.wait_for_samples(20));
  sensor->stop();
  const auto samples = sink.samples();
  for (std::size_t i = 1; i < samples.size(); ++i) {
    EXPECT_GT(samples[i].time_ns, samples[i - 1].time_ns);
    EXPECT_GT(samples[i].values[0], samples[i - 1].values[0]) << "idle power alone adds energy";
  }
}

}  // namespace
}  // namespace layerwatt
