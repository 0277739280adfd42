// The machine as a backend sees it. Tests give a fake root, environment and clock.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "layerwatt/clock.hpp"

namespace layerwatt {

namespace sim {
class Device;  // src/sim/device.hpp
}

// `/` and the environment, injectable.
class SysRoot {
 public:
  SysRoot();  // the real ones
  SysRoot(std::filesystem::path root,
          std::function<std::optional<std::string>(const std::string&)> environment);

  // "/sys/class/hwmon" → the path to open.
  std::filesystem::path path(std::string_view absolute) const;
  std::optional<std::string> env(const std::string& name) const;
  // A small text file, last newline cut; nullopt when it cannot be read.
  std::optional<std::string> read_text(std::string_view absolute) const;

 private:
  std::filesystem::path root_;
  std::function<std::optional<std::string>(const std::string&)> environment_;
};

struct Host {
  SysRoot sys;
  std::shared_ptr<Clock> clock = std::make_shared<SteadyClock>();
  // Set where the model is a .sim.json: the simulated engine and the simulated sensor share it.
  std::shared_ptr<sim::Device> simulated;
};

}  // namespace layerwatt
