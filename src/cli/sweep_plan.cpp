#include "cli/sweep_plan.hpp"

#include <fmt/format.h>

#include <cctype>

namespace layerwatt::cli {

std::vector<SweepStep> sweep_steps(const std::vector<SweepAxis>& axes) {
  std::vector<SweepStep> steps{{}};
  for (const SweepAxis& axis : axes) {
    std::vector<SweepStep> longer;
    for (const SweepStep& step : steps) {
      for (const std::string& value : axis.values) {
        longer.push_back(step);
        longer.back().push_back(value);
      }
    }
    steps = std::move(longer);
  }
  return steps;
}

std::string step_name(std::size_t number, const std::vector<SweepAxis>& axes,
                      const SweepStep& step) {
  std::string name = fmt::format("{:02}", number);
  for (std::size_t i = 0; i < step.size(); ++i) name += "-" + axes[i].name + "-" + step[i];
  for (char& c : name) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '-';
    if (!plain) c = '_';
  }
  return name;
}

}  // namespace layerwatt::cli
