#include "sensor/rail_follower.hpp"

#include <algorithm>
#include <cmath>

namespace layerwatt {

RailFollower::RailFollower(const std::vector<Rail>& rails) {
  for (const Rail& rail : rails) expected_.push_back({rail.name});
}

void RailFollower::follow(const TegrastatsLine& line, std::span<double> values,
                          Problems& problems) {
  // As it always is: the same rails in the same places, and none missing before.
  bool same = line.rails.size() == expected_.size();
  for (std::size_t i = 0; same && i < expected_.size(); ++i) {
    same = expected_[i].there && expected_[i].name == line.rails[i].name;
    values[i] = line.rails[i].mw;
  }
  if (!same) match(line, values, problems);
}

void RailFollower::match(const TegrastatsLine& line, std::span<double> values, Problems& problems) {
  used_.assign(line.rails.size(), false);
  for (std::size_t i = 0; i < expected_.size(); ++i) {
    Expected& rail = expected_[i];
    values[i] = kNotPrinted;
    for (std::size_t k = 0; k < line.rails.size(); ++k) {
      if (used_[k] || line.rails[k].name != rail.name) continue;
      used_[k] = true;
      values[i] = line.rails[k].mw;
      break;
    }
    const bool there = !std::isnan(values[i]);
    if (there && !rail.there) problems.report("rail_back", rail.name + " is printed again");
    if (!there && rail.there) problems.report("rail_gone", rail.name + " is no longer printed");
    rail.there = there;
  }
  for (std::size_t k = 0; k < line.rails.size(); ++k) {
    if (used_[k]) continue;
    problems.report("rail_new", std::string(line.rails[k].name) +
                                    " was not there when the sensor was opened; it is left out");
  }
}

}  // namespace layerwatt
