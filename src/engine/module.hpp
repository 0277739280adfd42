// Engines that live in a loadable module, so that one build serves every machine: the entry of the
// registry is here, the code is opened when it is asked for.
//
// A module is a shared library liblayerwatt_NAME.so that exports
//   extern "C" const layerwatt::EngineBackend* layerwatt_engine_module_4();
// The number is the version of this interface: it changes when engine.hpp changes.
#pragma once

#include <string>
#include <vector>

#include "layerwatt/engine.hpp"

#define LAYERWATT_ENGINE_MODULE layerwatt_engine_module_4

namespace layerwatt {

// `not_built`: empty, or why this build has no such module.
EngineBackend module_engine(std::string name, std::string summary,
                            std::vector<std::string> extensions, std::string not_built,
                            bool on_gpu = false);

}  // namespace layerwatt
