// What a sweep has yet to put back, on disk: for the next start, when the program and its guard
// were both ended (a container that was stopped, a machine that lost power; nvpmodel outlives a
// reboot).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "layerwatt/host.hpp"

namespace layerwatt::cli {

struct UnfinishedSweep {
  std::filesystem::path file;  // remove it when the commands have run
  std::string started;         // UTC, "2026-11-23T18:00:00Z"
  std::vector<std::string> commands;
};

// $XDG_STATE_HOME/layerwatt, or ~/.local/state/layerwatt. Throws Error(usage) where both are unset.
std::filesystem::path journal_folder(const SysRoot& sys);

// Notes commands under this process's name, on the disk when it returns. The file is for whoever
// runs them to remove. Throws Error(io): what cannot be noted must not be changed.
std::filesystem::path write_journal(const std::filesystem::path& folder,
                                    const std::vector<std::string>& commands);

// Those whose process is gone, the latest first, since it began on what the earlier ones left. A
// file that cannot be read is left out.
std::vector<UnfinishedSweep> unfinished_sweeps(const std::filesystem::path& folder);

}  // namespace layerwatt::cli
