#include "engine/element.hpp"

#include <gtest/gtest.h>

namespace layerwatt {
namespace {

TEST(Element, SizesAndNames) {
  EXPECT_EQ(size_of(Element::f64), 8U);
  EXPECT_EQ(size_of(Element::bf16), 2U);
  EXPECT_EQ(size_of(Element::boolean), 1U);
  EXPECT_EQ(to_string(Element::f16), "f16");
  EXPECT_EQ(to_string(Element::boolean), "bool");
}

TEST(Element, ShapeText) {
  EXPECT_EQ(shape_text({1, 3, 224, 224}), "1x3x224x224");
  EXPECT_EQ(shape_text({0}), "0");
  EXPECT_EQ(shape_text({}), "scalar");
}

}  // namespace
}  // namespace layerwatt
