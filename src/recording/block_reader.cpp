#include "recording/block_reader.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "layerwatt/error.hpp"
#include "recording/fast_decimal.hpp"

namespace layerwatt::recording {
namespace {

constexpr std::size_t kBlock = std::size_t{256} << 10;  // stays in the second-level cache
// 64 MiB hold a row of millions of layers; without a limit a file without newlines would fill the
// memory.
constexpr std::size_t kLongestLine = std::size_t{64} << 20;

std::string open_hint(int error) {
  if (error == ENOENT) return "check the path";
  if (error == EACCES) return "give yourself read permission on it";
  return "";
}

}  // namespace

BlockReader::BlockReader(const std::filesystem::path& path) : name_(path.string()) {
  file_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file_ < 0) {
    throw Error(ErrorKind::bad_input, fmt::format("cannot be opened: {}", std::strerror(errno)),
                name_, open_hint(errno));
  }
  try {
    struct stat status {};
    if (::fstat(file_, &status) == 0) {
      if (S_ISDIR(status.st_mode)) {
        throw Error(ErrorKind::bad_input, "is a directory, not a file", name_,
                    "name the file inside it");
      }
      if (S_ISREG(status.st_mode)) size_ = static_cast<std::size_t>(status.st_size);
    }
    buffer_.resize(kBlock + kReadAhead);
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    while (end_ < kByteOrderMark.size() && fill()) {
    }
    if (rest().substr(0, kByteOrderMark.size()) == kByteOrderMark) begin_ = kByteOrderMark.size();
  } catch (...) {
    ::close(file_);
    throw;
  }
}

BlockReader::~BlockReader() { ::close(file_); }

bool BlockReader::fill() {
  if (at_end_) return false;
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ + kReadAhead == buffer_.size()) {
    if (end_ >= kLongestLine) {
      throw Error(ErrorKind::bad_input, "a line is longer than 64 MiB", name_,
                  "is this a text file of a recording?");
    }
    buffer_.resize(buffer_.size() * 2);
  }
  ssize_t n = 0;
  do {
    n = ::read(file_, buffer_.data() + end_, buffer_.size() - kReadAhead - end_);
  } while (n < 0 && errno == EINTR);
  if (n < 0) {
    throw Error(ErrorKind::io, fmt::format("cannot be read: {}", std::strerror(errno)), name_);
  }
  at_end_ = n == 0;
  end_ += static_cast<std::size_t>(n);
  return !at_end_;
}

std::string_view BlockReader::take(std::size_t n) {
  const auto taken = rest().substr(0, n);
  begin_ += n;
  return taken;
}

std::string_view BlockReader::peek() {
  while (rest().empty() && fill()) {
  }
  return rest();
}

std::string_view BlockReader::record() {
  while (true) {
    if (const auto length = record_length(rest())) return take(*length);
    if (!fill()) return take(rest().size());
  }
}

std::string_view BlockReader::lines() {
  while (true) {
    const auto here = rest();
    const void* const newline = ::memrchr(here.data(), '\n', here.size());
    if (newline != nullptr) {
      return take(static_cast<std::size_t>(static_cast<const char*>(newline) - here.data()) + 1);
    }
    if (!fill()) return take(here.size());
  }
}

std::string read_text_file(const std::filesystem::path& path, std::size_t most) {
  BlockReader reader(path);
  std::string text;
  for (auto block = reader.lines(); !block.empty(); block = reader.lines()) {
    text += block;
    if (text.size() > most) {
      throw Error(ErrorKind::bad_input, fmt::format("is larger than {} bytes", most), reader.name(),
                  "is this a file of a recording?");
    }
  }
  return text;
}

}  // namespace layerwatt::recording
