// layerwatt archive query and compact.
#pragma once

#include <string>

#include "cli/command.hpp"

namespace layerwatt::cli {

// Throws Error(usage) for s3://…, which only adding understands.
void check_is_folder(const std::string& archive);

// Below `layerwatt archive`.
void add_archive_query(CLI::App& archive, Program& program);

}  // namespace layerwatt::cli
