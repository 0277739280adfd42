#include "core/dynlib.hpp"

#include <dlfcn.h>

#include <system_error>
#include <utility>

#include "layerwatt/error.hpp"

namespace layerwatt {

DynamicLibrary::DynamicLibrary(const std::filesystem::path& file) {
  // RTLD_NOW: a missing symbol is an error here, with a name, and not a crash in the middle of a
  // run.
  handle_ = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle_ == nullptr) {
    const char* said = ::dlerror();
    throw Error(ErrorKind::engine, said != nullptr ? said : "cannot be loaded", file.string());
  }
}

DynamicLibrary::~DynamicLibrary() {
  if (handle_ != nullptr) ::dlclose(handle_);
}

DynamicLibrary::DynamicLibrary(DynamicLibrary&& other) noexcept
    : handle_(std::exchange(other.handle_, nullptr)) {}

void* DynamicLibrary::find(const std::string& symbol) const {
  return ::dlsym(handle_, symbol.c_str());
}

std::filesystem::path directory_of_this_code() {
  Dl_info info{};
  if (::dladdr(reinterpret_cast<void*>(&directory_of_this_code), &info) == 0 ||
      info.dli_fname == nullptr) {
    return {};
  }
  std::error_code failed;
  // A program started through PATH names itself without a folder; the kernel knows better.
  auto file = std::filesystem::canonical(info.dli_fname, failed);
  if (failed) file = std::filesystem::canonical("/proc/self/exe", failed);
  return failed ? std::filesystem::path() : file.parent_path();
}

}  // namespace layerwatt
