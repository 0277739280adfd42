// A shared library opened while the program runs.
#pragma once

#include <filesystem>
#include <string>

namespace layerwatt {

class DynamicLibrary {
 public:
  // Throws Error(engine) with the loader's own words.
  explicit DynamicLibrary(const std::filesystem::path& file);
  ~DynamicLibrary();
  DynamicLibrary(const DynamicLibrary&) = delete;
  DynamicLibrary& operator=(const DynamicLibrary&) = delete;
  DynamicLibrary(DynamicLibrary&& other) noexcept;

  // nullptr where the library has no such symbol.
  void* find(const std::string& symbol) const;

  template <class Function>
  Function find_function(const std::string& symbol) const {
    return reinterpret_cast<Function>(find(symbol));
  }

 private:
  void* handle_ = nullptr;
};

// The directory of the program or library that this code is linked into; empty if unknown.
std::filesystem::path directory_of_this_code();

}  // namespace layerwatt
