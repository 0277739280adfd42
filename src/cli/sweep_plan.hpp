// Every combination of what a sweep varies, in the order in which they are run. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace layerwatt::cli {

struct SweepAxis {
  std::string name;                 // "batch"
  std::vector<std::string> values;  // at least one
};

// The value of each axis, in the order of the axes.
using SweepStep = std::vector<std::string>;

// The last axis varies fastest: put what is slow or risky to change first. No axis: one empty step.
std::vector<SweepStep> sweep_steps(const std::vector<SweepAxis>& axes);

// "03-batch-4-precision-f16": for a file, of letters, digits, dots, dashes and underscores alone.
std::string step_name(std::size_t number, const std::vector<SweepAxis>& axes,
                      const SweepStep& step);

}  // namespace layerwatt::cli
