// Questions to an archive through the DuckDB of a Python: what pip can install everywhere.
#pragma once

#include <atomic>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "layerwatt/host.hpp"

namespace layerwatt::archive {

struct Answer {
  std::vector<std::string> columns;
  std::vector<std::string> types;                 // DuckDB's names
  std::vector<std::vector<nlohmann::json>> rows;  // null, boolean, number, text, list
  std::size_t files = 0;                          // of the archive that were looked at
  double seconds = 0.0;
};

// The archive's own files are all that the SQL can reach, and it can change nothing. `stop` ends it
// early. Throws Error(bad_input) for a question that cannot be answered, Error(io) where there is
// no DuckDB, Error(interrupted).
Answer ask(const Host& host, const std::string& archive, const std::string& sql,
           const std::map<std::string, std::string>& parameters, const std::atomic<bool>& stop);

// A copy with few large files, sorted, in a new folder. The answer counts its rows.
Answer compact(const Host& host, const std::string& archive, const std::string& target,
               const std::atomic<bool>& stop);

// What the program in Python prints, as an answer. Throws as ask() does. `where` is for messages.
Answer read_answer(const std::vector<std::string>& lines, const std::string& where);

}  // namespace layerwatt::archive
