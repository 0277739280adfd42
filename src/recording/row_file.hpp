// A file of whole lines that grows while something is measured.
#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>

namespace layerwatt::recording {

// Rows are gathered and reach the kernel whole: when 64 KiB are full, or 200 ms after the last time
// on the next append() or flush_if_due() — a measurement must not make a system call per row. When
// the disk is full, what is on it is cut back to the last whole row and the error is thrown; later
// calls throw it again. Any thread.
class RowFile {
 public:
  // Makes the file; it must not exist, not even as a symbolic link. Throws Error(io).
  RowFile(int directory, std::string_view name, const std::string& shown_path);
  // Takes over an open descriptor.
  RowFile(int file, std::string shown_path);
  ~RowFile();  // flushes, swallowing errors
  RowFile(const RowFile&) = delete;
  RowFile& operator=(const RowFile&) = delete;

  // One or more whole lines. Throws Error(io).
  void append(std::string_view lines);
  void flush();
  // Does nothing while another thread is in append() or flush().
  void flush_if_due();
  // Whether the file ends with a whole row (or could be cut back to one).
  bool ends_whole() const;

 private:
  using Clock = std::chrono::steady_clock;
  void write_out();
  [[noreturn]] void fail(int error);

  const std::string shown_path_;
  const int file_;
  mutable std::mutex mutex_;
  std::string buffer_;
  Clock::time_point flushed_;
  long long written_ = 0;  // bytes of whole rows in the file
  int error_ = 0;
  bool ends_whole_ = true;
};

// Opens a new file for writing in a directory, refusing whatever is there. Throws Error(io).
int create_file(int directory, std::string_view name, const std::string& shown_path);
// Writes all of it, over interruptions and partial writes; 0 or the errno.
int write_all(int file, std::string_view text, std::size_t& written);
// An Error(io) with the hint that the errno deserves.
[[noreturn]] void throw_io(std::string_view doing, int error, const std::string& shown_path);

}  // namespace layerwatt::recording
