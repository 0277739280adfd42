// layerwatt archive query and compact.
#pragma once

#include "cli/command.hpp"

namespace layerwatt::cli {

// Below `layerwatt archive`.
void add_archive_query(CLI::App& archive, Program& program);

}  // namespace layerwatt::cli
