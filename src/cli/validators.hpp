// Checks of option values that CLI11 lacks: its own let NaN and infinity pass.
#pragma once

#include <CLI/CLI.hpp>

namespace layerwatt::cli {

// A finite number above 0.
CLI::Validator positive();

}  // namespace layerwatt::cli
