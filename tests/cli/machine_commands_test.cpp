// `layerwatt sensors` and `layerwatt doctor` on machines that are not there.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>
#include <vector>

#include "cli/command.hpp"
#include "layerwatt/registry.hpp"
#include "report/display.hpp"
#include "sensor/fake_jetson.hpp"

namespace layerwatt::cli {
namespace {

struct Outcome {
  int code;
  std::string out;
  std::string err;
};

Outcome run(const FakeRoot& root, std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "layerwatt");
  std::ostringstream out;
  std::ostringstream err;
  Program program{root.host(), {}, out, err, {}};
  const int code = run_program(static_cast<int>(arguments.size()), arguments.data(), program);
  return {code, out.str(), err.str()};
}

nlohmann::json sensor_named(const nlohmann::json& json, const std::string& name) {
  for (const auto& sensor : json["sensors"]) {
    if (sensor["name"] == name) return sensor;
  }
  return nullptr;
}

TEST(Sensors, JsonListsEveryBackendOfTheRegistry) {
  FakeRoot root;
  agx_orin(root);
  const Outcome outcome = run(root, {"sensors", "--json"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.err, "");
  const auto json = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(json["schema"], "layerwatt.sensors/1");
  EXPECT_EQ(json["sensors"].size(), sensors().size());
  const auto ina = sensor_named(json, "ina3221");
  EXPECT_EQ(ina["usable"], true);
  EXPECT_EQ(ina["scope"], "module");
  EXPECT_EQ(ina["rails"].size(), 4u);
  EXPECT_EQ(ina["rails"][3]["name"], "VDDQ_VDD2_1V8AO");
  EXPECT_EQ(ina["rails"][3]["in_total"], false);
  EXPECT_EQ(ina["period_ms"], 6.6);
  EXPECT_TRUE(ina["latency_ms"].is_null()) << "unknown is null, not 0";
  const auto rapl = sensor_named(json, "rapl");
  EXPECT_EQ(rapl["usable"], false);
  EXPECT_TRUE(rapl["rails"].is_null());
  EXPECT_FALSE(rapl["hint"].get<std::string>().empty());
  EXPECT_EQ(json["auto"], "ina3221");
}

TEST(Sensors, TheTableSaysWhatIsKnownAndWhyNot) {
  FakeRoot root;
  agx_orin(root);
  const Outcome outcome = run(root, {"sensors"});
  EXPECT_EQ(outcome.code, 0);
  for (const SensorBackend& sensor : sensors()) {
    EXPECT_NE(outcome.out.find("\n" + sensor.name), std::string::npos) << outcome.out;
  }
  EXPECT_NE(outcome.out.find("+VDD_GPU_SOC"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("not usable: /sys/class/powercap"), std::string::npos);
  EXPECT_NE(outcome.out.find("--sensor auto takes ina3221."), std::string::npos);
  std::istringstream lines(outcome.out);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(display_width(line), 100u) << line;
}

TEST(Sensors, AMachineWithNothingIsNoFailure) {
  FakeRoot root;
  const Outcome outcome = run(root, {"sensors", "--json"});
  EXPECT_EQ(outcome.code, 0);
  const auto json = nlohmann::json::parse(outcome.out);
  EXPECT_TRUE(json["auto"].is_null());
  EXPECT_NE(run(root, {"sensors"}).out.find("takes nothing"), std::string::npos);
}

TEST(Doctor, ProblemsAreCountedAndTheExitCodeIsZero) {
  FakeRoot root;
  root.write("/proc/loadavg", "3.00 0 0");
  const Outcome outcome = run(root, {"doctor", "--json"});
  EXPECT_EQ(outcome.code, 0);
  const auto json = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(json["schema"], "layerwatt.doctor/1");
  std::size_t problems = 0;
  bool load_seen = false;
  for (const auto& check : json["checks"]) {
    problems += check["state"] == "problem" ? 1 : 0;
    if (check["name"] != "load") continue;
    load_seen = true;
    EXPECT_EQ(check["state"], "problem");
    EXPECT_NE(check["message"].get<std::string>().find("3.00"), std::string::npos);
  }
  EXPECT_TRUE(load_seen);
  EXPECT_EQ(json["problems"], problems);
}

TEST(Doctor, TheTableHasTheFixUnderTheFinding) {
  FakeRoot root;
  root.write("/sys/devices/system/cpu/cpufreq/policy0/scaling_governor", "powersave");
  const Outcome outcome = run(root, {"doctor"});
  EXPECT_EQ(outcome.code, 0);
  const auto finding = outcome.out.find("governor powersave");
  ASSERT_NE(finding, std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("fix: echo performance", finding), std::string::npos);
  EXPECT_NE(outcome.out.find("problem"), std::string::npos);
  EXPECT_EQ(outcome.out.find('\x1b'), std::string::npos) << "no colour away from a terminal";
}

TEST(SelfTestCommand, WritesAReportToReadAndOneToSend) {
  FakeRoot root;
  root.set_env("LAYERWATT_CUDA", "/nowhere/libcuda.so");
  root.write("/proc/stat", "cpu  0 0 0 0 0 0 0\ncpu0 0 0 0 0 0 0 0");
  root.write("/proc/device-tree/model", "A board");
  const std::string folder = root.path("/report").string();
  const Outcome outcome = run(root, {"selftest", "-o", folder.c_str(), "--seconds", "0.3"});
  EXPECT_NE(outcome.out.find("closure"), std::string::npos) << outcome.out << outcome.err;
  std::ifstream file(root.path("/report/report.json"));
  const auto json = nlohmann::json::parse(file);
  EXPECT_EQ(json["schema"], "layerwatt.selftest/1");
  EXPECT_EQ(json["machine"]["jetson"], "A board");
  bool failed = false;
  for (const auto& check : json["checks"]) failed |= check["verdict"] == "failed";
  EXPECT_EQ(outcome.code, failed ? 1 : 0);
  std::ifstream markdown(root.path("/report/report.md"));
  const std::string text{std::istreambuf_iterator<char>(markdown), {}};
  EXPECT_NE(text.find("| closure |"), std::string::npos) << text;
}

}  // namespace
}  // namespace layerwatt::cli
