#include "core/temperature.hpp"

#include <charconv>
#include <filesystem>
#include <string>
#include <system_error>

namespace layerwatt {
namespace {

constexpr const char* kZones = "/sys/class/thermal";
constexpr double kCoolest = -40.0;
constexpr double kWarmest = 150.0;

}  // namespace

std::optional<double> warmest_zone_c(const SysRoot& sys) {
  std::optional<double> warmest;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(sys.path(kZones), none)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with("thermal_zone")) continue;
    const std::string zone = std::string(kZones) + "/" + name;
    if (sys.read_text(zone + "/type").value_or("").starts_with("PMIC")) continue;
    const std::optional<std::string> text = sys.read_text(zone + "/temp");
    long millidegrees = 0;
    if (!text || std::from_chars(text->data(), text->data() + text->size(), millidegrees).ec !=
                     std::errc()) {
      continue;
    }
    const double celsius = static_cast<double>(millidegrees) / 1e3;
    if (celsius < kCoolest || celsius > kWarmest) continue;
    if (!warmest || celsius > *warmest) warmest = celsius;
  }
  return warmest;
}

}  // namespace layerwatt
