// What became of each host, kept beside the results: what --retry-failed goes by, and --json tells.
#pragma once

#include <filesystem>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "fleet/host_run.hpp"

namespace layerwatt::fleet {

inline constexpr const char* kStateFile = ".layerwatt-fleet.json";

struct HostState {
  std::string host;  // as the user gave it
  std::string name;  // of its files
  Status status = Status::unfinished;
  std::string stage;
  std::optional<int> exit_code;
  std::string message;
  double seconds = 0.0;
};

struct State {
  std::vector<std::string> command;  // as the user gave it
  std::vector<std::string> copied;   // "model.onnx, 12345 bytes"
  std::vector<HostState> hosts;

  HostState* find(const std::string& name);
};

const char* to_string(Status status) noexcept;

// Schema layerwatt.fleet/1.
void write_state(std::ostream& out, const State& state);
// Throws Error(bad_input).
State read_state(const std::filesystem::path& file);

}  // namespace layerwatt::fleet
