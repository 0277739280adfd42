// A file as a series of runs of whole lines, in bounded memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace layerwatt::recording {

// read(2), not mmap: a file that shrinks while it is mapped would kill the process (SIGBUS), and
// pipes (`--power <(zcat …)`) work too. Views stay valid until the next call, and
// kReadAhead bytes behind them may be read. One thread.
class BlockReader {
 public:
  // Throws Error(bad_input) when the file cannot be opened. A UTF-8 byte order mark is skipped.
  explicit BlockReader(const std::filesystem::path& path);
  ~BlockReader();
  BlockReader(const BlockReader&) = delete;
  BlockReader& operator=(const BlockReader&) = delete;

  // The path as given, for messages.
  const std::string& name() const { return name_; }
  // Bytes in the file, where it is a regular one: an upper bound for reservations.
  std::optional<std::size_t> size() const { return size_; }
  // What comes next, without taking it: at least one byte, unless the file ends here.
  std::string_view peek();
  // The next CSV record with its newline; the rest of the file when it ends within the record.
  std::string_view record();
  // Some whole lines, the last one with its newline; at the end of the file what follows the last
  // newline; then empty. Throws Error(bad_input) for a line longer than any recording has.
  std::string_view lines();

 private:
  std::string_view rest() const { return {buffer_.data() + begin_, end_ - begin_}; }
  std::string_view take(std::size_t n);
  // Reads on behind what is there; false at the end of the file.
  bool fill();

  std::string name_;
  int file_ = -1;
  std::optional<std::size_t> size_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool at_end_ = false;
};

// The whole of a small text file. Throws Error(bad_input) when it cannot be read or is larger than
// `most` bytes.
std::string read_text_file(const std::filesystem::path& path, std::size_t most);

}  // namespace layerwatt::recording
