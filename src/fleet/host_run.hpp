// One host from the connection to its result, and many of them at a time.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "fleet/hosts.hpp"
#include "fleet/remote.hpp"
#include "layerwatt/result.hpp"

namespace layerwatt::fleet {

enum class Status {
  unfinished,  // not tried, or interrupted
  ok,          // the result is there
  gate,        // likewise, and a --budget was not met
  failed,
};

struct Outcome {
  Target target;
  Status status = Status::unfinished;
  std::string stage;             // of a failure: connect, prepare, copy, run, result, archive
  std::optional<int> exit_code;  // of ssh or of the other side's command
  std::string message;           // the last line of stderr, or what else was amiss
  double seconds = 0.0;
  std::optional<Result> result;
  std::string json;  // the result as it came
  std::string log;   // stderr, at most some of it
};

struct RunOptions {
  SshSettings ssh;
  std::string program = "layerwatt";        // on the hosts
  std::vector<std::string> words;           // "profile", "--json", "-", …
  std::vector<std::filesystem::path> copy;  // into a folder on the host, in which the words run
  std::chrono::milliseconds timeout{0};     // for all of a host
  // After a stop, for the other side to tell what it has.
  std::chrono::milliseconds grace{15'000};
  const std::atomic<bool>* stop = nullptr;
};

// Never throws but std::bad_alloc: what goes wrong is in the outcome.
Outcome run_on_host(const Target& target, const RunOptions& options);

// `jobs` at a time; `done` is called for each as it ends, one call at a time. Hosts that are not
// tried because of `stop` are not told.
void run_on_hosts(const std::vector<Target>& targets, const RunOptions& options, std::size_t jobs,
                  const std::function<void(Outcome)>& done);

// The line of stderr that says most: layerwatt's own error, else the last.
std::string telling_line(const std::string& log);

}  // namespace layerwatt::fleet
