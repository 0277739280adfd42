// Files that are read or written as a whole, safely also where others may write to the folder.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <string>

namespace layerwatt {

// Larger than any text that is read as a whole; trtexec exports some 250 bytes an inference.
inline constexpr std::size_t kMostWholeFile = std::size_t{1} << 30;

// Throws Error(bad_input) for a file that cannot be read or is larger than `most` bytes: /dev/zero
// would fill the memory.
std::string read_whole_file(const std::filesystem::path& file, std::size_t most = kMostWholeFile);

// Writes to a new file beside `file` (O_EXCL, of a name that cannot be foreseen) and renames it
// when it is whole, so that neither a full disk nor a reader ever sees half a file. A file that is
// replaced passes its permissions on. A link keeps being one, and what it points to is replaced;
// but not one that another user left in a shared folder like /tmp, which the kernel would not
// follow either (fs.protected_symlinks). What is no regular file (/dev/stdout, a pipe) is written
// in place. Throws Error(io), and what `write` throws.
void write_whole_file(const std::filesystem::path& file,
                      const std::function<void(std::ostream&)>& write);

// Whether write_whole_file() could make the file, found out before a long run. Throws Error(io).
void check_writable(const std::filesystem::path& file);

// What `file` stands for: itself, or what it points to as a link. Throws Error(io) for a link that
// is not followed.
std::filesystem::path link_target(const std::filesystem::path& file);

}  // namespace layerwatt
