#include "core/temperature.hpp"

#include <gtest/gtest.h>

#include "fakes/scratch_directory.hpp"

namespace layerwatt {
namespace {

TEST(Temperature, TheWarmestZoneThatIsOn) {
  const fakes::ScratchDirectory scratch;
  const SysRoot sys(scratch.path(), nullptr);
  EXPECT_FALSE(warmest_zone_c(sys));
  const auto zone = [&](const std::string& name, const std::string& type, const std::string& temp) {
    const std::string folder = "sys/class/thermal/" + name;
    std::filesystem::create_directories(scratch / folder);
    scratch.write(folder + "/type", type + "\n");
    if (!temp.empty()) scratch.write(folder + "/temp", temp + "\n");
  };
  zone("thermal_zone0", "cpu-thermal", "48500");
  zone("thermal_zone1", "gpu-thermal", "51250");
  zone("thermal_zone2", "cv0-thermal", "-256000");
  zone("thermal_zone3", "PMIC-Die", "100000");
  zone("thermal_zone4", "off", "");
  zone("cooling_device0", "fan", "90000");
  EXPECT_DOUBLE_EQ(warmest_zone_c(sys).value(), 51.25);
}

}  // namespace
}  // namespace layerwatt
