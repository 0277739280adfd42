// The layers of profiles as metrics: the files of `profile --json`, followed as they change.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "exporter/metrics.hpp"
#include "layerwatt/result.hpp"

namespace layerwatt::exporter {

// The `max_layers` layers of most energy by name, the others as one, `other`: its energy is left
// out where that of one of them is not known.
void collect_result(Families& out, const Result& result, double written_unix_s,
                    std::size_t max_layers);

// Of files that are named each is told; of a folder the one that was written last. Where two are of
// the same model, engine and sensor, the later one wins: their series could not be told apart.
class ResultFiles {
 public:
  ResultFiles(std::vector<std::filesystem::path> files, std::optional<std::filesystem::path> folder,
              std::size_t max_layers);

  // Looks again; reads what changed. Returns one sentence for each file that could not be read,
  // once for each state of it. From one thread.
  std::vector<std::string> refresh();
  // Safe from any thread.
  void collect(Families& out) const;

 private:
  struct Stamp {
    std::filesystem::file_time_type written;
    std::uintmax_t bytes = 0;
    bool operator==(const Stamp&) const = default;
  };
  struct Read {
    Stamp stamp;
    std::optional<Result> result;  // empty: could not be read
    double written_unix_s = 0.0;
  };
  std::vector<std::pair<std::filesystem::path, Stamp>> present() const;

  const std::vector<std::filesystem::path> files_;
  const std::optional<std::filesystem::path> folder_;
  const std::size_t max_layers_;
  mutable std::mutex mutex_;
  std::map<std::filesystem::path, Read> known_;
};

}  // namespace layerwatt::exporter
