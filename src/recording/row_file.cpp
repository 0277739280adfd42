#include "recording/row_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "layerwatt/error.hpp"

namespace layerwatt::recording {
namespace {

constexpr std::size_t kFull = std::size_t{64} << 10;
constexpr std::chrono::milliseconds kFlushInterval{200};

std::string hint_for(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      return "free some space or record to another disk; what was recorded so far can be analyzed";
    case EFBIG:
      return "a file may not grow further (ulimit -f, or the file system); what was recorded so "
             "far can be analyzed";
    case EACCES:
    case EPERM:
    case EROFS:
      return "choose a directory that you may write to";
    case EEXIST:
    case ELOOP:
      return "choose a new directory, or remove the old recording";
    default:
      return "";
  }
}

}  // namespace

void throw_io(std::string_view doing, int error, const std::string& shown_path) {
  throw Error(ErrorKind::io, fmt::format("{}: {}", doing, std::strerror(error)), shown_path,
              hint_for(error));
}

int create_file(int directory, std::string_view name, const std::string& shown_path) {
  // O_EXCL refuses a symbolic link too, wherever it points.
  const int file = ::openat(directory, std::string(name).c_str(),
                            O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
  if (file < 0) throw_io("cannot be created", errno, shown_path);
  return file;
}

int write_all(int file, std::string_view text, std::size_t& written) {
  written = 0;
  while (written < text.size()) {
    const ssize_t n = ::write(file, text.data() + written, text.size() - written);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    if (n == 0) return EIO;
    written += static_cast<std::size_t>(n);
  }
  return 0;
}

RowFile::RowFile(int directory, std::string_view name, const std::string& shown_path)
    : RowFile(create_file(directory, name, shown_path), shown_path) {}

RowFile::RowFile(int file, std::string shown_path)
    : shown_path_(std::move(shown_path)), file_(file), flushed_(Clock::now()) {
  buffer_.reserve(2 * kFull);
}

RowFile::~RowFile() {
  try {
    flush();
  } catch (const Error&) {
    // flush() has told whoever asked; a destructor cannot.
  }
  ::close(file_);
}

void RowFile::append(std::string_view lines) {
  const std::lock_guard lock(mutex_);
  if (error_ != 0) fail(error_);
  if (buffer_.size() + lines.size() > kFull) write_out();
  buffer_ += lines;
  if (buffer_.size() >= kFull || Clock::now() - flushed_ >= kFlushInterval) write_out();
}

void RowFile::flush() {
  const std::lock_guard lock(mutex_);
  if (error_ != 0) fail(error_);
  write_out();
}

void RowFile::flush_if_due() {
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock.owns_lock() || error_ != 0 || buffer_.empty()) return;
  if (Clock::now() - flushed_ >= kFlushInterval) write_out();
}

bool RowFile::ends_whole() const {
  const std::lock_guard lock(mutex_);
  return ends_whole_;
}

void RowFile::write_out() {
  flushed_ = Clock::now();
  if (buffer_.empty()) return;
  std::size_t written = 0;
  const int error = write_all(file_, buffer_, written);
  if (error == 0) {
    written_ += static_cast<long long>(buffer_.size());
    buffer_.clear();
    return;
  }
  // Rows that went out whole stay.
  const auto newline = std::string_view(buffer_).substr(0, written).rfind('\n');
  const std::size_t whole = newline == std::string_view::npos ? 0 : newline + 1;
  written_ += static_cast<long long>(whole);
  buffer_.clear();
  ends_whole_ = whole == written || ::ftruncate(file_, static_cast<off_t>(written_)) == 0;
  error_ = error;
  fail(error);
}

void RowFile::fail(int error) { throw_io("cannot be written", error, shown_path_); }

}  // namespace layerwatt::recording
