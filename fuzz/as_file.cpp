#include <sys/mman.h>
#include <unistd.h>

#include <array>

#include "fuzz/targets.hpp"

namespace layerwatt::fuzz {

std::filesystem::path as_file(std::string_view bytes, int slot) {
  static std::array<int, 2> files{-1, -1};
  int& file = files.at(static_cast<std::size_t>(slot));
  if (file < 0) file = ::memfd_create("fuzz", MFD_CLOEXEC);
  const bool written =
      file >= 0 && ::ftruncate(file, 0) == 0 &&
      ::pwrite(file, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size());
  require(written, "no file in memory");
  return "/proc/self/fd/" + std::to_string(file);
}

}  // namespace layerwatt::fuzz
