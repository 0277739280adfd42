// A fake `/` in a temporary folder that goes away with the object.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "layerwatt/host.hpp"

namespace layerwatt {

class FakeRoot {
 public:
  FakeRoot() {
    std::string name = (std::filesystem::temp_directory_path() / "layerwatt-root-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) ADD_FAILURE() << "no temporary folder " << name;
    folder_ = name;
  }
  ~FakeRoot() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  FakeRoot(const FakeRoot&) = delete;
  FakeRoot& operator=(const FakeRoot&) = delete;

  // "/sys/class/x" with a newline added, as sysfs does. In place, as sysfs does too: a file that is
  // open stays the same file.
  void write(const std::string& absolute, const std::string& text) const {
    const std::filesystem::path file = path(absolute);
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text << '\n';
  }
  void link(const std::string& absolute, const std::string& target) const {
    const std::filesystem::path file = path(absolute);
    std::filesystem::create_directories(file.parent_path());
    std::filesystem::create_directory_symlink(path(target), file);
  }
  void remove(const std::string& absolute) const { std::filesystem::remove_all(path(absolute)); }
  std::filesystem::path path(const std::string& absolute) const {
    return folder_ / absolute.substr(1);
  }

  void set_env(const std::string& name, const std::string& value) { environment_[name] = value; }
  SysRoot sys() const {
    return {folder_, [environment = environment_](const std::string& name) {
              const auto found = environment.find(name);
              return found == environment.end() ? std::optional<std::string>()
                                                : std::optional<std::string>(found->second);
            }};
  }
  Host host() const {
    Host host;
    host.sys = sys();
    return host;
  }

 private:
  std::filesystem::path folder_;
  std::map<std::string, std::string> environment_;
};

}  // namespace layerwatt
