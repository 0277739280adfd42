// A file or FIFO that another program writes while we read it, as whole lines.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace layerwatt {

// Never waits. One thread at a time.
class FollowedFile {
 public:
  // Throws Error(sensor) when it cannot be opened, or is a folder.
  explicit FollowedFile(const std::filesystem::path& file);
  ~FollowedFile();
  FollowedFile(const FollowedFile&) = delete;
  FollowedFile& operator=(const FollowedFile&) = delete;

  enum class Next {
    line,       // a whole line, without its newline, valid until the next call
    nothing,    // not now
    ended,      // a FIFO's writers have gone: nothing will come
    shortened,  // the file has become shorter: reading starts again from its beginning
  };
  // What follows the last newline is kept until its newline comes. Throws Error(sensor) when
  // reading fails, and for a line longer than any reading (a binary file).
  Next next(std::string_view& line);

 private:
  bool fill();

  std::filesystem::path file_;
  int descriptor_ = -1;
  bool is_regular_ = false;
  bool had_data_ = false;
  std::string buffer_;
  std::size_t begin_ = 0;    // in buffer_: what has not been given yet
  std::size_t scanned_ = 0;  // in buffer_: no newline before
  long long offset_ = 0;     // in the file
};

}  // namespace layerwatt
