#include "attribution/segment_decays.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "attribution/synthetic.hpp"

namespace layerwatt {
namespace {

TEST(SegmentDecays, AreThoseOfTheirLengthsInEveryBlock) {
  const auto made = synthetic::make({.layers = 9, .seconds = 4.0});
  const Segments segments = make_segments(made.recording.iterations);
  ASSERT_GT(segments.column.size(), 2100U);
  SegmentDecays decays(segments, 5.0);
  // Not in order: a search's readings lie here and there.
  for (const std::size_t i : {segments.column.size() - 1, std::size_t{1023}, std::size_t{1024},
                              std::size_t{0}, std::size_t{2100}}) {
    const double length_ms = segments.edge_ms[i + 1] - segments.edge_ms[i];
    EXPECT_NEAR(decays.at(i), std::exp(-length_ms / 5.0), 1e-15) << i;
  }
}

}  // namespace
}  // namespace layerwatt
