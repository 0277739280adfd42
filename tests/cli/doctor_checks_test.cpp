#include "cli/doctor_checks.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string_view>

#include "sensor/fake_jetson.hpp"

namespace layerwatt::cli {
namespace {

std::optional<Finding> check(std::string_view name, const FakeRoot& root,
                             std::optional<std::uint64_t> free_bytes = std::nullopt) {
  for (const DoctorCheck& row : doctor_checks()) {
    if (row.name == name) return row.run({root.host(), free_bytes});
  }
  ADD_FAILURE() << "no check " << name;
  return std::nullopt;
}

Finding found(std::string_view name, const FakeRoot& root) {
  const auto finding = check(name, root);
  if (!finding) ADD_FAILURE() << name << " does not apply";
  return finding.value_or(Finding{});
}

void policy(const FakeRoot& root, const std::string& governor, const std::string& lowest,
            const std::string& highest) {
  const std::string folder = "/sys/devices/system/cpu/cpufreq/policy0";
  root.write(folder + "/scaling_governor", governor);
  root.write(folder + "/scaling_min_freq", lowest);
  root.write(folder + "/scaling_max_freq", highest);
}

TEST(DoctorChecks, HaveNamesOfTheirOwn) {
  std::set<std::string_view> names;
  for (const DoctorCheck& row : doctor_checks()) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
  }
}

TEST(DoctorChecks, AnEmptyMachineBreaksNone) {
  FakeRoot root;
  for (const DoctorCheck& row : doctor_checks()) {
    const auto finding = row.run({root.host(), std::nullopt});
    if (finding) {
      EXPECT_FALSE(finding->message.empty()) << row.name;
    }
  }
  EXPECT_EQ(found("sensor", root).health, Health::problem);
}

TEST(DoctorSensor, AMeasuringSensorIsGoodAModelIsNot) {
  FakeRoot root;
  root.write("/proc/stat", "cpu  0 0 0 0 0 0 0\ncpu0 0 0 0 0 0 0 0");
  EXPECT_EQ(found("sensor", root).health, Health::problem);
  EXPECT_NE(found("sensor", root).message.find("model"), std::string::npos);
  EXPECT_NE(found("sensor", root).fix.find("modprobe"), std::string::npos);
  root.write("/proc/cpuinfo", "flags\t: fpu hypervisor avx");
  EXPECT_EQ(found("sensor", root).fix.find("modprobe"), std::string::npos)
      << "a virtual machine has nothing to load";
  agx_orin(root);
  EXPECT_EQ(found("sensor", root).health, Health::ok);
  EXPECT_EQ(found("sensor", root).message.rfind("ina3221: ", 0), 0u);
}

TEST(DoctorPermissions, ACounterThatCannotBeReadIsAProblem) {
  FakeRoot root;
  EXPECT_FALSE(check("permissions", root));
  // A folder of that name exists and cannot be read as text, even by root.
  root.write("/sys/class/powercap/intel-rapl:0/energy_uj/in_the_way", "");
  EXPECT_EQ(found("permissions", root).health, Health::problem);
  EXPECT_NE(found("permissions", root).fix.find("sudo chmod a+r"), std::string::npos);
  root.remove("/sys/class/powercap/intel-rapl:0/energy_uj");
  root.write("/sys/class/powercap/intel-rapl:0/energy_uj", "1");
  EXPECT_EQ(found("permissions", root).health, Health::ok);
}

TEST(DoctorJetson, ThePowerModeIsReadFromNvpmodel) {
  FakeRoot root;
  EXPECT_FALSE(check("jetson", root));
  root.write("/etc/nv_tegra_release", "# R36 (release), REVISION: 4.3, GCID: 38968081, BOARD: x");
  EXPECT_EQ(found("jetson", root).health, Health::note);
  root.write("/var/lib/nvpmodel/status", "pmode:0000 fmode:quiet");
  EXPECT_EQ(found("jetson", root).health, Health::ok);
  EXPECT_EQ(found("jetson", root).message, "R36 (release), REVISION: 4.3, power mode 0");
  root.write("/var/lib/nvpmodel/status", "pmode:0012");
  EXPECT_EQ(found("jetson", root).health, Health::problem);
  EXPECT_NE(found("jetson", root).message.find("power mode 12"), std::string::npos);
}

TEST(DoctorClocks, TheGovernorDecidesAwayFromJetsons) {
  FakeRoot root;
  EXPECT_EQ(found("clocks", root).health, Health::note);
  policy(root, "schedutil", "1", "2");
  EXPECT_EQ(found("clocks", root).health, Health::problem);
  EXPECT_NE(found("clocks", root).fix.find("scaling_governor"), std::string::npos);
  policy(root, "performance", "1", "2");
  EXPECT_EQ(found("clocks", root).health, Health::ok);
}

TEST(DoctorClocks, JetsonClocksHoldsCpusAndGpu) {
  FakeRoot root;
  root.write("/etc/nv_tegra_release", "# R36 (release), REVISION: 4.3");
  policy(root, "schedutil", "1984000", "1984000");
  EXPECT_EQ(found("clocks", root).health, Health::ok);
  root.write("/sys/class/devfreq/17000000.gpu/min_freq", "306000000");
  root.write("/sys/class/devfreq/17000000.gpu/max_freq", "918000000");
  EXPECT_EQ(found("clocks", root).health, Health::problem);
  EXPECT_EQ(found("clocks", root).fix, "sudo jetson_clocks");
  root.write("/sys/class/devfreq/17000000.gpu/min_freq", "918000000");
  root.write("/sys/class/devfreq/bwmgr/min_freq", "1");
  root.write("/sys/class/devfreq/bwmgr/max_freq", "2");
  EXPECT_EQ(found("clocks", root).health, Health::ok);
}

TEST(DoctorBoost, IsANoteWithTheSwitchOfTheDriverThereIs) {
  FakeRoot root;
  EXPECT_FALSE(check("boost", root));
  root.write("/sys/devices/system/cpu/cpufreq/boost", "1");
  EXPECT_EQ(found("boost", root).health, Health::note);
  EXPECT_EQ(found("boost", root).fix, "echo 0 | sudo tee /sys/devices/system/cpu/cpufreq/boost");
  root.write("/sys/devices/system/cpu/cpufreq/boost", "0");
  EXPECT_EQ(found("boost", root).health, Health::ok);
  root.write("/sys/devices/system/cpu/intel_pstate/no_turbo", "0");
  EXPECT_EQ(found("boost", root).health, Health::note);
  EXPECT_EQ(found("boost", root).fix.rfind("echo 1 ", 0), 0u);
}

TEST(DoctorLoad, AQuarterOfACpuIsTheLimit) {
  FakeRoot root;
  EXPECT_FALSE(check("load", root));
  root.write("/proc/loadavg", "0.25 0.90 0.80 1/100 4242");
  EXPECT_EQ(found("load", root).health, Health::ok);
  root.write("/proc/loadavg", "0.26 0.00 0.00 1/100 4242");
  EXPECT_EQ(found("load", root).health, Health::problem);
}

TEST(DoctorTemperature, TheHottestZoneDecidesAndGatedOnesDoNotCount) {
  FakeRoot root;
  EXPECT_FALSE(check("temperature", root));
  root.write("/sys/class/thermal/thermal_zone0/temp", "45500");
  root.write("/sys/class/thermal/thermal_zone0/type", "cpu-thermal");
  root.write("/sys/class/thermal/thermal_zone1/temp", "-256000");
  root.write("/sys/class/thermal/thermal_zone1/type", "gpu-thermal");
  EXPECT_EQ(found("temperature", root).message, "46 °C (cpu-thermal)");
  EXPECT_EQ(found("temperature", root).health, Health::ok);
  root.write("/sys/class/thermal/thermal_zone1/temp", "91000");
  EXPECT_EQ(found("temperature", root).health, Health::problem);
}

TEST(DoctorTimeSource, SlowOnesAreAProblem) {
  FakeRoot root;
  const std::string file = "/sys/devices/system/clocksource/clocksource0/current_clocksource";
  root.write(file, "tsc");
  EXPECT_EQ(found("time source", root).health, Health::ok);
  root.write(file, "hpet");
  EXPECT_EQ(found("time source", root).health, Health::problem);
}

TEST(DoctorVirtualMachine, IsKnownByTheCpusFlagAndAContainerByItsFile) {
  FakeRoot root;
  root.write("/proc/cpuinfo", "flags\t: fpu avx2");
  EXPECT_FALSE(check("virtual machine", root));
  root.write("/.dockerenv", "");
  EXPECT_NE(found("virtual machine", root).message.find("container"), std::string::npos);
  root.write("/proc/cpuinfo", "flags\t: fpu hypervisor avx2");
  EXPECT_EQ(found("virtual machine", root).health, Health::note);
  EXPECT_NE(found("virtual machine", root).message.find("virtual"), std::string::npos);
}

TEST(DoctorDisk, OneGibibyteIsTheLimit) {
  FakeRoot root;
  EXPECT_FALSE(check("disk", root));
  EXPECT_EQ(check("disk", root, std::uint64_t{1} << 30)->health, Health::ok);
  EXPECT_EQ(check("disk", root, (std::uint64_t{1} << 30) - 1)->health, Health::problem);
}

}  // namespace
}  // namespace layerwatt::cli
