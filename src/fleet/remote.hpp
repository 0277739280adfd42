// What ssh is started with, and what it is to run there: text alone, nothing is started.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/hosts.hpp"

namespace layerwatt::fleet {

struct SshSettings {
  std::string program = "ssh";
  std::vector<std::string> options;  // for -o; they win over ours
};

// The words to start ssh with; nothing of them goes through a shell on this side. `command` is for
// the shell on the other.
std::vector<std::string> ssh_words(const SshSettings& settings, const Target& host,
                                   const std::string& command);

// Each a command line for the other side's login shell, in which every word is quoted.

// Prints `mark`, the version, and where `with_folder` a new folder. 127 where the program is not
// there.
std::string prepare_command(const std::string& mark, const std::string& program, bool with_folder);
// Takes stdin into folder/name; a file that did not come whole is removed with its folder.
std::string copy_command(const std::string& folder, const std::string& name, std::uintmax_t bytes);
// Prints `mark` and then what the words print. They end (SIGTERM, after ten seconds SIGKILL) when
// stdin does, as it does when the connection or the one who asked is gone: without a terminal, sshd
// would let them go on. The folder is removed afterwards; empty: there is none.
std::string run_command(const std::string& mark, const std::string& folder,
                        const std::vector<std::string>& words);
std::string remove_command(const std::string& folder);

// A line that no start-up file of a shell prints by chance.
std::string new_mark();
// What follows the line that is the mark; empty where there is none.
std::string_view after_mark(std::string_view output, const std::string& mark);

}  // namespace layerwatt::fleet
