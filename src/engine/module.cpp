#include "engine/module.hpp"

#include <map>
#include <mutex>
#include <system_error>
#include <utility>

#include "core/dynlib.hpp"
#include "core/module_path.hpp"
#include "layerwatt/error.hpp"

namespace layerwatt {
namespace {

namespace fs = std::filesystem;

#define LAYERWATT_STRING2(x) #x
#define LAYERWATT_STRING(x) LAYERWATT_STRING2(x)

struct OpenedModule {
  DynamicLibrary library;
  const EngineBackend* backend;
};

// Modules stay open until the program ends, and past its static objects' destructors: an Engine
// made by one may outlive any scope here.
const EngineBackend& open_module(const Host& host, const std::string& name) {
  static std::mutex mutex;
  static auto& opened = *new std::map<fs::path, OpenedModule>;
  const std::lock_guard lock(mutex);
  if (const fs::path file = find_module(host.sys, name); !file.empty()) {
    if (auto known = opened.find(file); known != opened.end()) return *known->second.backend;
    DynamicLibrary library(file);
    using Entry = const EngineBackend* (*)();
    const auto entry = library.find_function<Entry>(LAYERWATT_STRING(LAYERWATT_ENGINE_MODULE));
    if (entry == nullptr) {
      throw Error(ErrorKind::engine, "is a module of another layerwatt version", file.string(),
                  "install the module and the program from the same build");
    }
    return *opened.emplace(file, OpenedModule{std::move(library), entry()}).first->second.backend;
  }
  throw Error(ErrorKind::engine, "module liblayerwatt_" + name + ".so was not found", {},
              "set LAYERWATT_MODULE_PATH to its folder");
}

}  // namespace

EngineBackend module_engine(std::string name, std::string summary,
                            std::vector<std::string> extensions, std::string not_built,
                            bool on_gpu) {
  EngineBackend backend;
  backend.name = name;
  backend.summary = std::move(summary);
  backend.extensions = std::move(extensions);
  backend.on_gpu = on_gpu;
  // A module that somebody else built can be given; without one, this build's reason says more than
  // that there is no such file.
  const auto is_absent = [name, not_built](const Host& host) {
    const auto given = host.sys.env("LAYERWATT_MODULE_PATH");
    std::error_code failed;
    return !not_built.empty() &&
           !(given && fs::exists(fs::path(*given) / ("liblayerwatt_" + name + ".so"), failed));
  };
  backend.unavailable = [name, not_built, is_absent](const Host& host) -> std::string {
    if (is_absent(host)) return not_built;
    try {
      return open_module(host, name).unavailable(host);
    } catch (const Error& error) {
      return error.what();
    }
  };
  backend.build = [name, not_built, is_absent](const Host& host, const BuildOptions& options) {
    if (!is_absent(host)) {
      if (const auto& opened = open_module(host, name).build) return opened(host, options);
    }
    throw Error(ErrorKind::engine, "engine " + name + " cannot build a model", {}, not_built);
  };
  backend.create = [name, not_built, is_absent](const Host& host, const EngineOptions& options) {
    if (is_absent(host)) {
      throw Error(ErrorKind::engine, "engine " + name + " is not in this build", {}, not_built);
    }
    return open_module(host, name).create(host, options);
  };
  return backend;
}

}  // namespace layerwatt
