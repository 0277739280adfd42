// Where the loadable parts of layerwatt (liblayerwatt_NAME.so) are looked for.
#pragma once

#include <filesystem>
#include <string>

#include "layerwatt/host.hpp"

namespace layerwatt {

// LAYERWATT_MODULE_PATH, then beside this program or library, then where it was installed. Empty
// where there is none. Links are followed, so that one file has one name.
std::filesystem::path find_module(const SysRoot& sys, const std::string& name);

}  // namespace layerwatt
