#include "sensor/sysfs_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <system_error>
#include <utility>

namespace layerwatt {

ReadFile default_read_file() {
  return [](const std::filesystem::path&, int descriptor, char* buffer, std::size_t size) {
    return ::pread(descriptor, buffer, size, 0);
  };
}

SysfsFile::SysfsFile(std::filesystem::path file, ReadFile read)
    : file_(std::move(file)), read_(std::move(read)) {
  descriptor_ = ::open(file_.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor_ < 0) open_error_ = errno;
}

SysfsFile::~SysfsFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

SysfsFile::SysfsFile(SysfsFile&& other) noexcept
    : file_(std::move(other.file_)),
      read_(std::move(other.read_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      open_error_(other.open_error_) {}

int SysfsFile::read(std::string_view& text) {
  text = {};
  if (descriptor_ < 0) return open_error_;
  ssize_t got = -1;
  do {
    got = read_(file_, descriptor_, buffer_.data(), buffer_.size());
  } while (got < 0 && errno == EINTR);
  if (got < 0) return errno;
  text = {buffer_.data(), static_cast<std::size_t>(got)};
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  return 0;
}

std::optional<double> take_number(std::string_view& text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  // Integers alone: sysfs has no others, and from_chars for doubles came late.
  long long number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return static_cast<double>(number);
}

std::optional<double> parse_number(std::string_view text) {
  const std::optional<double> number = take_number(text);
  return text.empty() ? number : std::nullopt;
}

std::string describe_errno(int error) {
  std::string text = std::generic_category().message(error);
  if (error == ENODATA) text += " (the channel is off)";
  if (error == ENODEV || error == ENXIO) text += " (the device went away)";
  return text;
}

}  // namespace layerwatt
