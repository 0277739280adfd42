// --sensor auto, on machines that are not there.
#include <gtest/gtest.h>

#include "layerwatt/error.hpp"
#include "layerwatt/registry.hpp"
#include "sensor/fake_jetson.hpp"

namespace layerwatt {
namespace {

void proc_stat(const FakeRoot& root) {
  root.write("/proc/stat", "cpu  0 0 0 0 0 0 0\ncpu0 0 0 0 0 0 0 0");
}

void rapl_package(const FakeRoot& root) {
  const std::string zone = "/sys/class/powercap/intel-rapl:0";
  root.write(zone + "/name", "package-0");
  root.write(zone + "/energy_uj", "1");
  root.write(zone + "/max_energy_range_uj", "1000");
}

TEST(ChooseSensor, TakesTheBestThatCanBeUsedAndSaysWhatItPassedOver) {
  FakeRoot root;
  proc_stat(root);
  SensorChoice choice = choose_sensor(root.host(), {});
  EXPECT_EQ(choice.backend->name, "estimate");
  EXPECT_NE(choice.why.find("not a measurement"), std::string::npos) << choice.why;
  EXPECT_NE(choice.why.find("not used: "), std::string::npos);
  EXPECT_NE(choice.why.find("rapl: "), std::string::npos);

  rapl_package(root);
  choice = choose_sensor(root.host(), {});
  EXPECT_EQ(choice.backend->name, "rapl");

  agx_orin(root);
  choice = choose_sensor(root.host(), {});
  EXPECT_EQ(choice.backend->name, "ina3221");
  EXPECT_EQ(choice.why.find("rapl"), std::string::npos) << "what ranks lower was not tried";
}

TEST(ChooseSensor, NothingUsableIsAnErrorWithEveryReason) {
  FakeRoot root;
  try {
    choose_sensor(root.host(), {});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::sensor);
    EXPECT_NE(error.problem().find("/sys/class/powercap"), std::string::npos) << error.problem();
    EXPECT_NE(error.hint().find("--sensor none"), std::string::npos);
  }
}

TEST(ChooseSensor, AFileIsNeverChosenByItself) {
  FakeRoot root;
  root.write("/power.csv", "time_ns,plug");
  SensorOptions options;
  options.argument = root.path("/power.csv").string();
  EXPECT_THROW(choose_sensor(root.host(), options), Error);
}

TEST(Sensors, EveryProbeOfABareMachineHasAReasonAndAWayOn) {
  FakeRoot root;
  for (const SensorBackend& backend : sensors()) {
    const Availability availability = backend.probe(root.host(), {});
    EXPECT_FALSE(availability.usable) << backend.name;
    EXPECT_FALSE(availability.reason.empty()) << backend.name;
    EXPECT_FALSE(availability.hint.empty()) << backend.name;
  }
}

}  // namespace
}  // namespace layerwatt
