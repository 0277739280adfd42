// Problems, kept.
#pragma once

#include <string>
#include <vector>

#include "sensor/incident_log.hpp"

namespace layerwatt {

class Collected final : public Problems {
 public:
  void report(std::string_view code, std::string_view message) override {
    codes.emplace_back(code);
    messages.emplace_back(message);
  }
  std::vector<std::string> codes;
  std::vector<std::string> messages;
};

}  // namespace layerwatt
