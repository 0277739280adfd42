// Brings the rails of each tegrastats line into the order that was fixed when the sensor was
// opened, and tells when one goes or comes.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "layerwatt/recording.hpp"
#include "sensor/incident_log.hpp"
#include "sensor/tegrastats_parse.hpp"

namespace layerwatt {

class RailFollower {
 public:
  explicit RailFollower(const std::vector<Rail>& rails);

  // One value a rail in mW; NaN where the line has not got it. A name that is there twice (NC) is
  // taken in order. Reports "rail_gone", "rail_back" and "rail_new" when that changes.
  void follow(const TegrastatsLine& line, std::span<double> values, Problems& problems);

 private:
  void match(const TegrastatsLine& line, std::span<double> values, Problems& problems);

  struct Expected {
    std::string name;
    bool there = true;
  };
  std::vector<Expected> expected_;
  std::vector<bool> used_;
};

}  // namespace layerwatt
