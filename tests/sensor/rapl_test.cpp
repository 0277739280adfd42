#include "sensor/rapl.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <cmath>
#include <vector>

#include "layerwatt/error.hpp"
#include "layerwatt/registry.hpp"
#include "sensor/collected.hpp"
#include "sensor/fake_root.hpp"

namespace layerwatt {
namespace {

void zone(const FakeRoot& root, const std::string& id, const std::string& name,
          const std::string& energy_uj) {
  const std::string folder = "/sys/class/powercap/" + id;
  root.write(folder + "/name", name);
  root.write(folder + "/energy_uj", energy_uj);
  root.write(folder + "/max_energy_range_uj", "262143328850");
}

// A server with one package, as /sys/class/powercap lists it.
void server(const FakeRoot& root) {
  root.write("/sys/class/powercap/intel-rapl/enabled", "1");
  zone(root, "intel-rapl:0", "package-0", "1000000");
  zone(root, "intel-rapl:0:0", "core", "400000");
  zone(root, "intel-rapl:0:1", "dram", "200000");
  zone(root, "intel-rapl:1", "psys", "5000000");
  zone(root, "intel-rapl-mmio:0", "package-0", "1000000");
}

TEST(UnwrappedCounter, CountsOnWhereTheCounterStartsAgain) {
  UnwrappedCounter counter(1000.0);
  EXPECT_EQ(counter.add(990.0), 0.0);
  EXPECT_EQ(counter.add(998.0), 8.0);
  EXPECT_EQ(counter.add(5.0), 15.0);
  EXPECT_EQ(counter.add(5.0), 15.0);
  EXPECT_EQ(counter.add(4.0), 1014.0) << "backwards can only be all the way round";
}

TEST(Rapl, SumsPackagesAndDramAndShowsTheRest) {
  FakeRoot root;
  server(root);
  RaplReader reader(root.sys(), 5.0);
  const SensorInfo info = reader.open();
  ASSERT_EQ(info.rails.size(), 4u);
  EXPECT_EQ(info.rails[0].name, "package-0");
  EXPECT_TRUE(info.rails[0].in_total);
  EXPECT_EQ(info.rails[1].name, "package-0 core");
  EXPECT_FALSE(info.rails[1].in_total) << "part of the package";
  EXPECT_EQ(info.rails[2].name, "package-0 dram");
  EXPECT_TRUE(info.rails[2].in_total);
  EXPECT_EQ(info.rails[3].name, "psys");
  EXPECT_FALSE(info.rails[3].in_total) << "holds the package";
  EXPECT_EQ(info.scope, "cpu package + dram");
  EXPECT_EQ(info.reading, Reading::energy);
  EXPECT_EQ(info.model.period_ms, 5.0);
  EXPECT_EQ(info.model.window_ms, 0.0) << "none beyond the time between two counts";
  EXPECT_TRUE(info.measured);
}

TEST(Rapl, WithoutDramTheScopeDoesNotNameIt) {
  FakeRoot root;
  zone(root, "intel-rapl:0", "package-0", "1");
  zone(root, "intel-rapl:1", "package-1", "1");
  RaplReader reader(root.sys(), 0.5);
  const SensorInfo info = reader.open();
  EXPECT_EQ(info.scope, "cpu package");
  EXPECT_EQ(info.rails.size(), 2u);
  EXPECT_EQ(info.model.period_ms, 1.0) << "there is nothing new within a millisecond";
}

TEST(Rapl, GivesMillijoulesSinceTheFirstReadAcrossAWrap) {
  FakeRoot root;
  zone(root, "intel-rapl:0", "package-0", "262143328000");
  RaplReader reader(root.sys(), 5.0);
  reader.open();
  Collected problems;
  std::vector<double> values{NAN};
  reader.read(values, problems);
  EXPECT_DOUBLE_EQ(values[0], 0.0);
  root.write("/sys/class/powercap/intel-rapl:0/energy_uj", "1150");
  reader.read(values, problems);
  EXPECT_DOUBLE_EQ(values[0], 2.0);  // 850 µJ to the end and 1150 µJ from the start
  EXPECT_TRUE(problems.messages.empty());
}

TEST(Rapl, ACounterThatFailsIsMissingForThatReadingOnly) {
  FakeRoot root;
  server(root);
  bool broken = false;
  const ReadFile real = default_read_file();
  RaplReader reader(root.sys(), 5.0,
                    [&](const std::filesystem::path& file, int descriptor, char* buffer,
                        std::size_t size) -> ssize_t {
                      if (broken && file.string().find("intel-rapl:0:1/") != std::string::npos) {
                        errno = EIO;
                        return -1;
                      }
                      return real(file, descriptor, buffer, size);
                    });
  reader.open();
  Collected problems;
  std::vector<double> values(4, NAN);
  reader.read(values, problems);
  broken = true;
  values.assign(4, NAN);
  reader.read(values, problems);
  EXPECT_EQ(values[0], 0.0);
  EXPECT_TRUE(std::isnan(values[2]));
  ASSERT_EQ(problems.messages.size(), 1u);
  EXPECT_EQ(problems.messages[0].rfind("package-0 dram: ", 0), 0u) << problems.messages[0];
  broken = false;
  root.write("/sys/class/powercap/intel-rapl:0:1/energy_uj", "207000");
  reader.read(values, problems);
  EXPECT_DOUBLE_EQ(values[2], 7.0);
}

TEST(Rapl, ACounterThatOnlyRootMayReadComesWithTheCommandThatOpensIt) {
  FakeRoot root;
  server(root);
  // By the seam: as root, which tests may run as, every real file opens.
  RaplReader reader(root.sys(), 5.0,
                    [](const std::filesystem::path&, int, char*, std::size_t) -> ssize_t {
                      errno = EACCES;
                      return -1;
                    });
  const Availability availability = probe_reader(reader);
  EXPECT_FALSE(availability.usable);
  EXPECT_NE(availability.reason.find("intel-rapl:0/energy_uj"), std::string::npos);
  EXPECT_NE(availability.hint.find("sudo chmod a+r"), std::string::npos);
  EXPECT_NE(find_sensor("rapl").probe(root.host(), {}).privilege.find("CVE-2020-8694"),
            std::string::npos);
}

TEST(Rapl, AMachineWithoutCountersSaysSo) {
  FakeRoot root;
  const Availability availability = find_sensor("rapl").probe(root.host(), {});
  EXPECT_FALSE(availability.usable);
  EXPECT_NE(availability.reason.find("/sys/class/powercap"), std::string::npos);
  EXPECT_NE(availability.hint.find("modprobe"), std::string::npos);
  zone(root, "intel-rapl:0", "psys", "1");
  EXPECT_FALSE(find_sensor("rapl").probe(root.host(), {}).usable) << "psys is no package";
}

}  // namespace
}  // namespace layerwatt
