#include "cli/budgets.hpp"

#include <CLI/CLI.hpp>

#include "cli/help.hpp"
#include "layerwatt/compare.hpp"
#include "layerwatt/error.hpp"

namespace layerwatt::cli {

void Budgets::add_to(CLI::App& command) {
  command.add_option("--budget", limits_, Help("outputs").option("--budget"))
      ->type_size(1)
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->type_name("LIMIT");
}

void Budgets::check() const {
  for (const std::string& limit : limits_) parse_budget(limit);
}

void Budgets::judge(const Result& result) const {
  std::string broken;
  for (const std::string& limit : limits_) {
    const GateOutcome outcome = judge_budget(parse_budget(limit), result);
    // What is not known cannot be said to hold.
    if (outcome.state == GateState::passed) continue;
    broken += (broken.empty() ? "" : "; ") + outcome.why;
  }
  if (!broken.empty()) {
    throw Error(ErrorKind::gate, "over budget: " + broken, {},
                "the report shows which layers cost most");
  }
}

}  // namespace layerwatt::cli
