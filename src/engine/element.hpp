// The element types of a network's inputs that layerwatt can fill, and their sizes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace layerwatt {

enum class Element { f64, f32, f16, bf16, i64, i32, i16, i8, u64, u32, u16, u8, boolean };

std::size_t size_of(Element element);
// "f32", "bool", …
std::string_view to_string(Element element);

// 1x3x224x224; a scalar is "scalar".
std::string shape_text(const std::vector<std::int64_t>& shape);

}  // namespace layerwatt
