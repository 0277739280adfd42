#include "profile/temporary_directory.hpp"

#include <stdlib.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "layerwatt/error.hpp"

namespace layerwatt {

TemporaryDirectory::TemporaryDirectory(const std::string& prefix) {
  std::error_code failed;
  const std::filesystem::path parent = std::filesystem::temp_directory_path(failed);
  std::string pattern = (failed ? std::filesystem::path("/tmp") : parent) / (prefix + "-XXXXXX");
  if (::mkdtemp(pattern.data()) == nullptr) {
    throw Error(
        ErrorKind::io, std::strerror(errno), pattern,
        "set TMPDIR to a folder that can be written, or keep the recording with --save DIR");
  }
  path_ = pattern;
}

TemporaryDirectory::~TemporaryDirectory() {
  if (kept_) return;
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace layerwatt
