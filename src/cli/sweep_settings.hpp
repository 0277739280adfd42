// What a sweep changes on the machine, each with the command that sets it and the one that puts it
// back.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace layerwatt::cli {

struct MachineSetting {
  std::string name;                 // "nvpmodel"
  std::vector<std::string> values;  // in the order of the sweep
  std::string set;                  // command; {} is the value
  std::string query;                // ends with the number that holds now; empty: nothing to ask
  std::string restore;              // command; {} is what `query` printed
};

struct SettingFlags {
  std::vector<std::string> nvpmodel;   // modes' numbers
  std::vector<std::string> power_cap;  // W, nvidia-smi
  std::vector<std::string> gpu_clock;  // MHz, nvidia-smi
  std::vector<std::string> custom;     // NAME, VALUES, SET, RESTORE, four a setting
  int device = 0;
  bool sudo = true;  // put before the known commands
};

// "1,2,4" → {"1","2","4"}. Throws Error(usage) for an empty one or one that is empty.
std::vector<std::string> split_values(const std::string& flag, const std::string& text);

// Throws Error(usage) for a value that could be more than one word of a command.
std::vector<MachineSetting> machine_settings(const SettingFlags& flags);

// What a query printed, which ends with the number that holds now on a line of its own; nullopt
// where it failed or printed something else: never to be run as part of a command.
std::optional<std::string> value_now(int code, const std::string& output);

// {} replaced, quoted for the shell.
std::string filled(const std::string& command, const std::string& value);

}  // namespace layerwatt::cli
