#include "sensor/followed_file.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "layerwatt/error.hpp"
#include "sensor/sysfs_file.hpp"

namespace layerwatt {
namespace {

constexpr std::size_t kBlock = 64 * 1024;
constexpr std::size_t kLongestLine = 1024 * 1024;

[[noreturn]] void fail(const std::filesystem::path& file, int error) {
  throw Error(ErrorKind::sensor, describe_errno(error), file.string(),
              "--sensor file:F takes a power.csv, an energy.csv or tegrastats lines");
}

}  // namespace

FollowedFile::FollowedFile(const std::filesystem::path& file) : file_(file) {
  // O_NONBLOCK: opening a FIFO must not wait for its writer.
  descriptor_ = ::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (descriptor_ < 0) fail(file, errno);
  struct stat status {};
  const int failed = ::fstat(descriptor_, &status) != 0 ? errno
                     : S_ISDIR(status.st_mode)          ? EISDIR
                                                        : 0;
  if (failed != 0) {
    ::close(descriptor_);
    fail(file, failed);
  }
  is_regular_ = S_ISREG(status.st_mode);
}

FollowedFile::~FollowedFile() { ::close(descriptor_); }

bool FollowedFile::fill() {
  buffer_.erase(0, begin_);
  scanned_ -= begin_;
  begin_ = 0;
  if (buffer_.size() > kLongestLine) {
    throw Error(ErrorKind::sensor, "a line of more than a mebibyte: this is no text",
                file_.string(),
                "--sensor file:F takes a power.csv, an energy.csv or tegrastats lines");
  }
  const std::size_t had = buffer_.size();
  buffer_.resize(had + kBlock);
  ssize_t got = -1;
  do {
    got = ::read(descriptor_, buffer_.data() + had, kBlock);
  } while (got < 0 && errno == EINTR);
  const int error = errno;
  buffer_.resize(had + static_cast<std::size_t>(got > 0 ? got : 0));
  if (got < 0 && error != EAGAIN && error != EWOULDBLOCK) fail(file_, error);
  if (got > 0) offset_ += got;
  return got > 0;
}

FollowedFile::Next FollowedFile::next(std::string_view& line) {
  line = {};
  while (true) {
    const auto end = buffer_.find('\n', scanned_);
    if (end != std::string::npos) {
      line = std::string_view(buffer_).substr(begin_, end - begin_);
      if (line.ends_with('\r')) line.remove_suffix(1);
      begin_ = end + 1;
      scanned_ = begin_;
      return Next::line;
    }
    scanned_ = buffer_.size();
    if (!fill()) break;
    had_data_ = true;
  }
  if (is_regular_) {
    struct stat status {};
    if (::fstat(descriptor_, &status) == 0 && status.st_size < offset_) {
      ::lseek(descriptor_, 0, SEEK_SET);
      offset_ = 0;
      buffer_.clear();
      begin_ = 0;
      scanned_ = 0;
      return Next::shortened;
    }
    return Next::nothing;
  }
  // A FIFO reads as ended until its first writer has come as well.
  pollfd state{descriptor_, POLLIN, 0};
  if (had_data_ && ::poll(&state, 1, 0) > 0 && (state.revents & POLLIN) == 0 &&
      (state.revents & POLLHUP) != 0) {
    return Next::ended;
  }
  return Next::nothing;
}

}  // namespace layerwatt
