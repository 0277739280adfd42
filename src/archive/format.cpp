#include "archive/format.hpp"

#include <map>
#include <mutex>
#include <utility>

#include "core/dynlib.hpp"
#include "core/module_path.hpp"
#include "layerwatt/error.hpp"

namespace layerwatt::archive {
namespace {

#define LAYERWATT_STRING2(x) #x
#define LAYERWATT_STRING(x) LAYERWATT_STRING2(x)

struct Opened {
  DynamicLibrary library;
  const Format* format;
};

}  // namespace

const Format& open_format(const Host& host) {
  // Stays open until the program ends: Arrow has threads and statics of its own.
  static std::mutex mutex;
  static auto& opened = *new std::map<std::filesystem::path, Opened>;
  const std::lock_guard lock(mutex);
  const std::filesystem::path file = find_module(host.sys, "archive");
  if (file.empty()) {
    const std::string why = LAYERWATT_ARCHIVE_MISSING;
    throw Error(ErrorKind::io, "this layerwatt cannot write Parquet", "archive",
                why.empty() ? "liblayerwatt_archive.so was not found: set LAYERWATT_MODULE_PATH to "
                              "its folder"
                            : why);
  }
  if (auto known = opened.find(file); known != opened.end()) return *known->second.format;
  try {
    DynamicLibrary library(file);
    using Entry = const Format* (*)();
    const auto entry = library.find_function<Entry>(LAYERWATT_STRING(LAYERWATT_ARCHIVE_MODULE));
    if (entry == nullptr) {
      throw Error(ErrorKind::io, "is a module of another layerwatt version", file.string(),
                  "install the module and the program from the same build");
    }
    return *opened.emplace(file, Opened{std::move(library), entry()}).first->second.format;
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::io) throw;
    // The loader names what it misses: mostly the libarrow of a pyarrow that was updated.
    throw Error(ErrorKind::io, error.problem(), error.where(),
                "layerwatt was built with another Arrow: " LAYERWATT_ARCHIVE_ARROW
                "; install that one, or build again");
  }
}

}  // namespace layerwatt::archive
