// The files of an archive in a folder, which many processes and machines may write to at once:
//   layerwatt-archive.json                                      version, and the salt of the
//   boards' ids runs/date=…/device=…/model=…/<run_id>.parquet               one row; written last:
//   the run is there layers/…, samples/…                                         the same names
// A file gets its name when it is whole and on the disk; nothing is ever changed.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace layerwatt::archive {

// The data sets, in the order in which a run's files are written.
inline constexpr const char* kDataSets[] = {"samples", "layers", "runs"};

// One file of a data set, by its name alone.
struct StoredFile {
  std::filesystem::path path;
  std::string date;
  std::string device;  // values of the partition, not the names they stand for
  std::string model;
  std::string run_id;
  std::uintmax_t bytes = 0;
};

struct Garbage {
  std::filesystem::path path;
  std::string why;
  std::uintmax_t bytes = 0;
  std::int64_t written_ns = 0;  // a file that was written again since is garbage no more
};

struct GarbageLimits {
  // Of what was left half done: no writer takes so long.
  std::chrono::seconds unfinished_for = std::chrono::hours(24);
  // "2024-05-01": runs of days before it. Empty: none.
  std::string runs_before;
};

class Store {
 public:
  // Makes the folder and its marker where there are none. Throws Error(io), and Error(bad_input)
  // for an archive of a later version or a compacted copy.
  static Store open_or_create(const std::filesystem::path& directory);
  // Throws Error(bad_input) where there is no archive.
  static Store open(const std::filesystem::path& directory);

  const std::filesystem::path& directory() const { return directory_; }
  const std::string& salt() const { return salt_; }

  bool has(const std::string& name) const;
  // "runs/date=…/….parquet": under a temporary name beside it, then to the disk, then renamed.
  // Throws Error(io).
  void put(const std::string& name, const std::string& bytes) const;

  // By day, then by path. `table`: one of kDataSets. Throws Error(io) for a folder that cannot be
  // read, rather than leave its runs out.
  std::vector<StoredFile> files(const std::string& table) const;
  // What remove() is for, those that must go first coming first. Throws as files() does: layers
  // whose run could not be seen are not without one.
  std::vector<Garbage> garbage(const GarbageLimits& limits) const;
  // Removes these, but what was written again meanwhile, and the folders that are empty then.
  // Returns how many are gone.
  std::size_t remove(const std::vector<Garbage>& garbage) const;

 private:
  Store(std::filesystem::path directory, std::string salt);

  std::filesystem::path directory_;
  std::string salt_;
};

}  // namespace layerwatt::archive
