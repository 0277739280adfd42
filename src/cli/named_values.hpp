// The values of --shape and --input.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "layerwatt/build.hpp"

namespace layerwatt::cli {

// "NAME:1x3x224x224". A name may hold colons ("input:0:1x3"). Throws Error(usage).
std::pair<std::string, std::vector<std::int64_t>> parse_shape(const std::string& text);

// "NAME:1x3x224x224,4x3x224x224,8x3x224x224": least, best and largest; one shape alone is all
// three. Throws Error(usage), also where they do not ascend.
ShapeRange parse_shape_range(const std::string& text);

// "NAME:FILE.npy". Both may hold colons; the first one after which stands a file that exists
// counts. Throws Error(usage), or Error(bad_input) where there is no such file.
std::pair<std::string, std::filesystem::path> parse_input(const std::string& text);

}  // namespace layerwatt::cli
