// How deep a JSON text nests, before it becomes values: copying and writing out values recurse in
// the JSON library, so that 30 kB of brackets would overflow the stack.
#pragma once

#include <cstddef>
#include <string_view>

namespace layerwatt {

// Far deeper than any file of ours or of TensorRT's.
inline constexpr std::size_t kDeepestJson = 100;

// Of any text, JSON or not: whether brackets outside strings nest more than `depth` times.
bool nests_deeper(std::string_view json, std::size_t depth = kDeepestJson);

}  // namespace layerwatt
