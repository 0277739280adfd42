// One line of tegrastats.
#include "fuzz/targets.hpp"
#include "sensor/tegrastats_parse.hpp"

namespace layerwatt::fuzz {
namespace {

// Reads every byte, so that a view of something that is gone is seen.
std::size_t touch(std::string_view text) {
  std::size_t sum = 0;
  for (const char c : text) sum += static_cast<unsigned char>(c);
  return sum;
}

void require_number(double value) {
  require(std::isnan(value) || std::isfinite(value), "an infinite figure");
}

}  // namespace

void fuzz_tegrastats_line(std::string_view bytes) {
  static TegrastatsLine line;  // reused, as readers do
  if (parse_tegrastats_line(bytes, line)) return;
  volatile std::size_t sum = touch(line.date);
  for (const TegraRail& rail : line.rails) {
    sum = sum + touch(rail.name);
    require(!rail.name.empty(), "a rail without a name");
    for (const double figure : {rail.mw, rail.avg_mw, rail.max_mw}) require_number(figure);
    require(!(rail.mw < 0.0) || bytes.find('-') != std::string_view::npos, "a sign out of nowhere");
  }
  for (const TegraTemperature& zone : line.temperatures) {
    sum = sum + touch(zone.name);
    require_number(zone.celsius);
  }
  for (const TegraUnit& unit : line.units) {
    sum = sum + touch(unit.name);
    for (const double load : line.loads(unit)) require_number(load);
    for (const double clock : line.clocks(unit)) require_number(clock);
  }
  for (const TegraCore& core : line.cores) {
    require_number(core.mhz);
    require(core.online || std::isnan(core.load_percent), "an offline core has a load");
  }
  for (const std::string_view unknown : line.raw_unknown) sum = sum + touch(unknown);
}

}  // namespace layerwatt::fuzz
