#include "core/whole_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <ostream>
#include <random>
#include <streambuf>
#include <system_error>
#include <vector>

#include "layerwatt/error.hpp"

namespace layerwatt {
namespace {

namespace fs = std::filesystem;

Error cannot_write(const fs::path& file, int error) {
  return Error(ErrorKind::io, std::string("cannot be written: ") + std::strerror(error),
               file.string(), "give a file in a folder that exists and that you may write to");
}

fs::path folder_of(const fs::path& file) {
  const fs::path folder = file.parent_path();
  return folder.empty() ? fs::path(".") : folder;
}

bool written_in_place(const fs::path& file) {
  std::error_code failed;
  const fs::file_status status = fs::status(file, failed);
  return fs::exists(status) && !fs::is_regular_file(status);
}

// A stream into a descriptor that it owns: std::ofstream cannot ask for O_EXCL.
class DescriptorBuffer final : public std::streambuf {
 public:
  explicit DescriptorBuffer(int descriptor) : descriptor_(descriptor), block_(64 * 1024) {
    setp(block_.data(), block_.data() + block_.size());
  }
  ~DescriptorBuffer() override { close(); }
  DescriptorBuffer(const DescriptorBuffer&) = delete;
  DescriptorBuffer& operator=(const DescriptorBuffer&) = delete;

  // 0, or the first errno of all that was written.
  int close() {
    if (descriptor_ < 0) return error_;
    sync();
    if (::close(descriptor_) != 0 && error_ == 0) error_ = errno;
    descriptor_ = -1;
    return error_;
  }

 protected:
  int_type overflow(int_type next) override {
    if (sync() != 0) return traits_type::eof();
    if (!traits_type::eq_int_type(next, traits_type::eof())) {
      *pptr() = traits_type::to_char_type(next);
      pbump(1);
    }
    return traits_type::not_eof(next);
  }
  int sync() override {
    const char* from = pbase();
    while (error_ == 0 && from < pptr()) {
      const ssize_t n = ::write(descriptor_, from, static_cast<std::size_t>(pptr() - from));
      if (n > 0) from += n;
      if (n < 0 && errno != EINTR) error_ = errno;
    }
    setp(block_.data(), block_.data() + block_.size());
    return error_ == 0 ? 0 : -1;
  }

 private:
  int descriptor_;
  int error_ = 0;
  std::vector<char> block_;
};

// Throws what `write` throws, and Error(io) with the name that the user gave.
void write_and_close(int descriptor, const fs::path& shown,
                     const std::function<void(std::ostream&)>& write) {
  DescriptorBuffer buffer(descriptor);
  std::ostream stream(&buffer);
  write(stream);
  if (const int error = buffer.close(); error != 0) throw cannot_write(shown, error);
  if (!stream) throw cannot_write(shown, EIO);
}

// Makes a file that was not there beside `target`, with the permissions of the one it will replace.
int make_beside(const fs::path& target, fs::path& made, const fs::path& shown) {
  std::random_device random;
  for (int attempt = 0; attempt < 100; ++attempt) {
    constexpr std::string_view kLetters = "0123456789abcdefghijklmnopqrstuv";
    std::string suffix;
    for (int i = 0; i < 12; ++i) suffix += kLetters[random() % kLetters.size()];
    made = target.parent_path() / ("." + target.filename().string() + "." + suffix + ".tmp");
    const int descriptor =
        ::open(made.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (descriptor >= 0) {
      struct stat before {};
      if (::stat(target.c_str(), &before) == 0) ::fchmod(descriptor, before.st_mode & 0777);
      return descriptor;
    }
    if (errno != EEXIST) throw cannot_write(shown, errno);
  }
  throw cannot_write(shown, EEXIST);
}

// Where anybody may put a link, only its owner or the folder's is believed.
bool may_follow(const fs::path& link) {
  struct stat folder {};
  struct stat itself {};
  if (::stat(folder_of(link).c_str(), &folder) != 0) return false;
  if (::lstat(link.c_str(), &itself) != 0) return false;
  const bool shared = (folder.st_mode & S_ISVTX) != 0 && (folder.st_mode & S_IWOTH) != 0;
  return !shared || itself.st_uid == ::geteuid() || itself.st_uid == folder.st_uid;
}

}  // namespace

fs::path link_target(const fs::path& file) {
  fs::path at = file;
  // One link at a time, so that the kernel walks the folders on the way and applies its own rules.
  for (int hops = 0; hops < 40; ++hops) {
    std::error_code failed;
    if (!fs::is_symlink(fs::symlink_status(at, failed))) return at;
    if (!may_follow(at)) {
      throw Error(ErrorKind::io, "is another user's link in a folder that all may write to",
                  file.string(), "remove it, or write to a folder of your own");
    }
    const fs::path to = fs::read_symlink(at, failed);
    if (failed) throw cannot_write(file, failed.value());
    at = to.is_absolute() ? to : at.parent_path() / to;
  }
  throw cannot_write(file, ELOOP);
}

std::string read_whole_file(const fs::path& file, std::size_t most) {
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  std::error_code failed;
  if (!stream || fs::is_directory(file, failed)) {
    const int error = stream ? EISDIR : errno;
    throw Error(ErrorKind::bad_input,
                std::string("cannot be read: ") + std::strerror(error != 0 ? error : EIO),
                file.string(), "check the path");
  }
  std::string text;
  std::vector<char> block(64 * 1024);
  while (stream.read(block.data(), static_cast<std::streamsize>(block.size())),
         stream.gcount() > 0) {
    text.append(block.data(), static_cast<std::size_t>(stream.gcount()));
    if (text.size() > most) {
      throw Error(ErrorKind::bad_input,
                  "is larger than " + std::to_string(most / (1024 * 1024)) + " MiB", file.string(),
                  "is this the right file?");
    }
  }
  if (stream.bad()) throw Error(ErrorKind::bad_input, "cannot be read", file.string(), "");
  return text;
}

void write_whole_file(const fs::path& file, const std::function<void(std::ostream&)>& write) {
  if (written_in_place(file)) {
    const int descriptor = ::open(file.c_str(), O_WRONLY | O_CLOEXEC);
    if (descriptor < 0) throw cannot_write(file, errno);
    return write_and_close(descriptor, file, write);
  }
  const fs::path target = link_target(file);
  fs::path unfinished;
  const int descriptor = make_beside(target, unfinished, file);
  try {
    write_and_close(descriptor, file, write);
    if (::rename(unfinished.c_str(), target.c_str()) != 0) throw cannot_write(file, errno);
  } catch (...) {
    ::unlink(unfinished.c_str());
    throw;
  }
}

void check_writable(const fs::path& file) {
  if (written_in_place(file)) {
    std::error_code ignored;
    if (fs::is_directory(file, ignored)) throw cannot_write(file, EISDIR);
    if (::access(file.c_str(), W_OK) != 0) throw cannot_write(file, errno);
    return;
  }
  if (::access(folder_of(link_target(file)).c_str(), W_OK | X_OK) != 0) {
    throw cannot_write(file, errno);
  }
}

}  // namespace layerwatt
