// --budget: limits that a result must keep, for the commands that end in one.
#pragma once

#include <string>
#include <vector>

#include "cli/command.hpp"
#include "layerwatt/result.hpp"

namespace layerwatt::cli {

class Budgets {
 public:
  void add_to(CLI::App& command);
  // Before a long run. Throws Error(usage) for a limit that cannot be read.
  void check() const;
  // Throws Error(gate) naming every limit that does not hold; a figure that is missing does not.
  void judge(const Result& result) const;

 private:
  std::vector<std::string> limits_;
};

}  // namespace layerwatt::cli
