#include "core/module_path.hpp"

#include <system_error>
#include <vector>

#include "core/dynlib.hpp"

namespace layerwatt {

namespace fs = std::filesystem;

fs::path find_module(const SysRoot& sys, const std::string& name) {
  std::vector<fs::path> directories;
  if (auto given = sys.env("LAYERWATT_MODULE_PATH")) directories.emplace_back(*given);
  if (const fs::path here = directory_of_this_code(); !here.empty()) {
    directories.push_back(here / "../lib/layerwatt");
    directories.push_back(here / "layerwatt");
    directories.push_back(here);
  }
  directories.emplace_back(LAYERWATT_INSTALLED_MODULES);
  for (const fs::path& directory : directories) {
    std::error_code failed;
    const fs::path file = fs::canonical(directory / ("liblayerwatt_" + name + ".so"), failed);
    if (!failed) return file;
  }
  return {};
}

}  // namespace layerwatt
