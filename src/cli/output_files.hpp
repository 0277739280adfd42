// Where a result goes: the table on stdout, and a file (or "-" for stdout) for every other report
// of the registry. Shared by the commands that end in a result.
#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "cli/command.hpp"
#include "core/whole_file.hpp"
#include "layerwatt/recording.hpp"
#include "layerwatt/result.hpp"

namespace layerwatt::cli {

using layerwatt::check_writable;
using layerwatt::write_whole_file;

class OutputFiles {
 public:
  // --json F, --csv F, … for each report but the table, and --top N.
  void add_to(CLI::App& command);

  // Throws Error(usage) when two reports want stdout, Error(io) for a file that cannot be made.
  void check() const;

  // Results to program.out and to the files; the result's warnings to program.err, unless the table
  // shows them in the same place. When one report cannot be written, the others still are, and
  // then it throws Error(io).
  void write(const Program& program, const Result& result, const Recording& recording) const;

 private:
  // Nothing else goes to stdout.
  bool table_wanted() const;

  std::map<std::string, std::string> files_;  // report → file, empty = not asked for
  std::size_t top_ = 20;
};

}  // namespace layerwatt::cli
