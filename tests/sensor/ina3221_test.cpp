#include "sensor/ina3221.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <cmath>
#include <map>
#include <vector>

#include "layerwatt/error.hpp"
#include "layerwatt/registry.hpp"
#include "sensor/collected.hpp"
#include "sensor/fake_jetson.hpp"
#include "sensor/fake_sink.hpp"

namespace layerwatt {
namespace {

std::vector<double> read_once(Ina3221Reader& reader, std::size_t rails, Problems& problems) {
  std::vector<double> values(rails, -1.0);
  reader.read(values, problems);
  return values;
}

TEST(Ina3221, AgxOrinIsTheSumOfThreeRailsInMilliwatts) {
  FakeRoot root;
  agx_orin(root);
  Ina3221Reader reader(root.host(), {});
  const SensorInfo info = reader.open();
  EXPECT_EQ(info.scope, "module");
  ASSERT_EQ(info.rails.size(), 4u);
  EXPECT_TRUE(info.rails[2].in_total);
  EXPECT_FALSE(info.rails[3].in_total) << "VDDQ is inside VIN_SYS_5V0";
  EXPECT_EQ(info.reading, Reading::power);
  // From the first chip alone: the second, whose sweep is shorter, has no rail of the total.
  EXPECT_DOUBLE_EQ(*info.model.period_ms, 6.6);
  EXPECT_DOUBLE_EQ(*info.model.window_ms, 1.1);
  EXPECT_FALSE(info.model.latency_ms);
  EXPECT_NE(info.notes.find("1-0040 1-0041"), std::string::npos) << info.notes;
  Collected problems;
  const std::vector<double> values = read_once(reader, 4, problems);
  EXPECT_DOUBLE_EQ(values[0], 3977.6);  // 19.888 V × 200 mA
  EXPECT_DOUBLE_EQ(values[1], 1989.6);
  EXPECT_DOUBLE_EQ(values[2], 4334.4);
  EXPECT_DOUBLE_EQ(values[3], 402.56);
  EXPECT_TRUE(problems.messages.empty());
}

TEST(Ina3221, XavierNxUnderR32) {
  FakeRoot root;
  xavier_nx_r32(root);
  Ina3221Reader reader(root.host(), {});
  const SensorInfo info = reader.open();
  EXPECT_EQ(info.scope, "module");
  EXPECT_TRUE(info.rails[0].in_total);
  EXPECT_FALSE(info.rails[1].in_total);
  EXPECT_FALSE(info.model.period_ms);
  EXPECT_FALSE(info.model.time_constant_ms);
  EXPECT_NE(info.notes.find("unknown"), std::string::npos);
  Collected problems;
  const std::vector<double> values = read_once(reader, 3, problems);
  EXPECT_DOUBLE_EQ(values[0], 4193.28) << "not the truncated 4193 of in_power0_input";
  EXPECT_DOUBLE_EQ(values[1], 1000.0);
  EXPECT_DOUBLE_EQ(values[2], 1207.68);
}

TEST(Ina3221, ThorsInputIsInMicrowatts) {
  FakeRoot root;
  const std::string chip = hwmon_chip(root, "ina3221", "hwmon1", "1-0040");
  hwmon_channel(root, chip, 1, "VDD_GPU", "18900", "100");
  const std::string carrier = hwmon_chip(root, "ina238", "hwmon5", "2-0044");
  root.write(carrier + "/label", "VIN");
  root.write(carrier + "/power1_input", "19780500");
  Ina3221Reader reader(root.host(), {});
  const SensorInfo info = reader.open();
  EXPECT_EQ(info.scope, "devkit input");
  EXPECT_FALSE(info.rails[0].in_total);
  EXPECT_FALSE(info.model.window_ms);
  Collected problems;
  EXPECT_DOUBLE_EQ(read_once(reader, 2, problems)[1], 19780.5);
}

TEST(Ina3221, RailsOfAnUnknownBoardAreShownAndNotAddedUp) {
  FakeRoot root;
  const std::string chip = hwmon_chip(root, "ina3221", "hwmon0", "1-0040");
  hwmon_channel(root, chip, 1, "MAIN", "5000", "1000");
  Ina3221Reader reader(root.host(), {});
  const SensorInfo info = reader.open();
  EXPECT_EQ(info.scope, "");
  EXPECT_FALSE(info.rails[0].in_total);
  EXPECT_NE(info.notes.find("no total"), std::string::npos) << info.notes;
}

TEST(Ina3221, ARailThatCannotBeReadIsMissingAndNotZero) {
  FakeRoot root;
  agx_orin(root);
  std::map<std::string, int> broken;  // file name → errno
  const ReadFile real = default_read_file();
  Ina3221Reader reader(root.host(), {},
                       [&](const std::filesystem::path& file, int descriptor, char* buffer,
                           std::size_t size) -> ssize_t {
                         const auto found = broken.find(file.filename().string());
                         if (found == broken.end()) return real(file, descriptor, buffer, size);
                         errno = found->second;
                         return -1;
                       });
  reader.open();
  broken = {{"in1_input", ENODATA}, {"curr3_input", EIO}};
  Collected problems;
  std::vector<double> values = read_once(reader, 4, problems);
  EXPECT_TRUE(std::isnan(values[0]));
  EXPECT_DOUBLE_EQ(values[1], 1989.6);
  EXPECT_TRUE(std::isnan(values[2]));
  ASSERT_EQ(problems.messages.size(), 2u);
  EXPECT_EQ(problems.codes[0], "read_error");
  EXPECT_EQ(problems.messages[0].rfind("VDD_GPU_SOC: ", 0), 0u);
  EXPECT_NE(problems.messages[0].find("channel is off"), std::string::npos);
  EXPECT_EQ(problems.messages[1].rfind("VIN_SYS_5V0: ", 0), 0u);
  // The chip is unbound in the middle of a run.
  broken = {{"in2_input", ENODEV}};
  values = read_once(reader, 4, problems);
  EXPECT_DOUBLE_EQ(values[0], 3977.6) << "a channel that comes back is read again";
  EXPECT_TRUE(std::isnan(values[1]));
  EXPECT_NE(problems.messages.back().find("went away"), std::string::npos);
  // Busy for one reading: missing for that one, and not what was read before.
  broken = {{"in3_input", EAGAIN}};
  values = read_once(reader, 4, problems);
  EXPECT_DOUBLE_EQ(values[1], 1989.6);
  EXPECT_TRUE(std::isnan(values[2]));
}

TEST(Ina3221, TextThatIsNoNumberIsMissing) {
  FakeRoot root;
  xavier_nx_r32(root);
  const std::string folder = "/sys/devices/c240000.i2c/7-0040/iio:device0";
  Ina3221Reader reader(root.host(), {});
  reader.open();
  root.write(folder + "/ui_input_0", "5040");
  root.write(folder + "/in_power1_input", "n mw");
  Collected problems;
  const std::vector<double> values = read_once(reader, 3, problems);
  EXPECT_TRUE(std::isnan(values[0]));
  EXPECT_TRUE(std::isnan(values[1]));
  EXPECT_DOUBLE_EQ(values[2], 1207.68);
  EXPECT_EQ(problems.messages.size(), 2u);
}

TEST(Ina3221, RunsUnderThePolledSensor) {
  FakeRoot root;
  agx_orin(root);
  SensorOptions options;
  options.interval_ms = 0.5;
  const auto sensor = find_sensor("ina3221").create(root.host(), options);
  sensor->open();
  EXPECT_TRUE(sensor->info().model.timestamp_error_ms);
  FakeSink sink;
  sensor->start(sink);
  ASSERT_TRUE(sink.wait_for_samples(3));
  hwmon_channel(root, "/sys/class/hwmon/hwmon3", 2, "VDD_CPU_CV", "20000", "500");
  ASSERT_TRUE(sink.wait_for_samples(sink.samples().size() + 2));
  sensor->stop();
  EXPECT_DOUBLE_EQ(sink.samples()[0].values[1], 1989.6);
  EXPECT_DOUBLE_EQ(sink.samples().back().values[1], 10000.0);
}

TEST(Ina3221, AMachineWithoutOneSaysWhereItLooked) {
  FakeRoot root;
  const Availability availability = find_sensor("ina3221").probe(root.host(), {});
  EXPECT_FALSE(availability.usable);
  EXPECT_NE(availability.reason.find("/sys/class/hwmon"), std::string::npos);
  EXPECT_NE(availability.hint.find("modprobe ina3221"), std::string::npos);
}

}  // namespace
}  // namespace layerwatt
