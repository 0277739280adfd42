// The example of docs/sensors.md works, and stands there as it is here.
#include "sensor/plug_example.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "sensor/fake_root.hpp"
#include "sensor/fake_sink.hpp"

namespace layerwatt {
namespace {

std::string text_of(const std::string& name) {
  std::ifstream file(std::string(LAYERWATT_SOURCE) + "/" + name);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

TEST(PlugExample, StandsInTheManual) {
  std::string indented;
  std::istringstream code(text_of("tests/sensor/plug_example.hpp"));
  for (std::string line; std::getline(code, line);)
    indented += (line.empty() ? "" : "    ") + line + "\n";
  ASSERT_GT(indented.size(), 500u);
  EXPECT_NE(text_of("docs/sensors.md").find(indented), std::string::npos) << indented;
}

TEST(PlugExample, ReadsWatts) {
  FakeRoot root;
  const SensorBackend backend = plug_sensor();
  EXPECT_FALSE(backend.probe(root.host(), {}).usable);
  root.write("/sys/plug/power_uw", "61500000");
  EXPECT_EQ(backend.probe(root.host(), {}).reason, "PLUG");
  const auto sensor = backend.create(root.host(), {});
  sensor->open();
  FakeSink sink;
  sensor->start(sink);
  ASSERT_TRUE(sink.wait_for_samples(2));
  sensor->stop();
  EXPECT_EQ(sink.samples()[0].values[0], 61500.0);
}

}  // namespace
}  // namespace layerwatt
