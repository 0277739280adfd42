#include "engine/element.hpp"

namespace layerwatt {
namespace {

struct Row {
  Element element;
  std::size_t size;
  std::string_view name;
};

constexpr Row kRows[] = {
    {Element::f64, 8, "f64"},      {Element::f32, 4, "f32"}, {Element::f16, 2, "f16"},
    {Element::bf16, 2, "bf16"},    {Element::i64, 8, "i64"}, {Element::i32, 4, "i32"},
    {Element::i16, 2, "i16"},      {Element::i8, 1, "i8"},   {Element::u64, 8, "u64"},
    {Element::u32, 4, "u32"},      {Element::u16, 2, "u16"}, {Element::u8, 1, "u8"},
    {Element::boolean, 1, "bool"},
};

const Row& row(Element element) {
  for (const Row& candidate : kRows) {
    if (candidate.element == element) return candidate;
  }
  return kRows[0];
}

}  // namespace

std::size_t size_of(Element element) { return row(element).size; }

std::string_view to_string(Element element) { return row(element).name; }

std::string shape_text(const std::vector<std::int64_t>& shape) {
  if (shape.empty()) return "scalar";
  std::string text;
  for (const std::int64_t dimension : shape) {
    if (!text.empty()) text += 'x';
    text += std::to_string(dimension);
  }
  return text;
}

}  // namespace layerwatt
