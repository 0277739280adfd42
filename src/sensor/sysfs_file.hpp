// A file of sysfs that is read again and again: opened once, read from its start each time.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace layerwatt {

// What a driver does when a file is read; like pread(2) at offset 0. Tests give their own, since an
// ordinary file cannot answer ENODATA.
using ReadFile = std::function<ssize_t(const std::filesystem::path& file, int descriptor,
                                       char* buffer, std::size_t size)>;
ReadFile default_read_file();

class SysfsFile {
 public:
  // Where the file cannot be opened, open_error() is the errno.
  explicit SysfsFile(std::filesystem::path file, ReadFile read = default_read_file());
  ~SysfsFile();
  SysfsFile(SysfsFile&& other) noexcept;
  SysfsFile& operator=(SysfsFile&&) = delete;

  int open_error() const { return open_error_; }
  const std::filesystem::path& path() const { return file_; }

  // 0 and the text without its newline, valid until the next call; else an errno.
  int read(std::string_view& text);

 private:
  std::filesystem::path file_;
  ReadFile read_;
  int descriptor_ = -1;
  int open_error_ = 0;
  std::array<char, 128> buffer_{};
};

// The number a text starts with, after blanks; the rest is left in `text`.
std::optional<double> take_number(std::string_view& text);
// A text that is one number and nothing else.
std::optional<double> parse_number(std::string_view text);

// The system's words for it, with what it means for a sensor.
std::string describe_errno(int error);

}  // namespace layerwatt
