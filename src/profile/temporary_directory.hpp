// A directory that is removed at the end of its scope, unless it is worth keeping.
#pragma once

#include <filesystem>
#include <string>

namespace layerwatt {

class TemporaryDirectory {
 public:
  // A new, empty, private directory PREFIX-XXXXXX below $TMPDIR or /tmp. Throws Error(io).
  explicit TemporaryDirectory(const std::string& prefix);
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }
  void keep() { kept_ = true; }

 private:
  std::filesystem::path path_;
  bool kept_ = false;
};

}  // namespace layerwatt
