#include "attribution/timeline.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "attribution/recordings.hpp"
#include "layerwatt/error.hpp"

namespace layerwatt {
namespace {

using testing::Builder;
using ::testing::DoubleEq;
using ::testing::ElementsAre;
using testing::kNaN;
using testing::rail;

TEST(LayerCursor, LayersFollowEachOtherAndTheRestIsOutside) {
  Builder b({"a", "b"});
  b.inference(0, 10, {2, 5});
  LayerCursor cursor(b.get().iterations, 0);
  EXPECT_EQ(cursor.slot_at(0.0), 0u);
  EXPECT_EQ(cursor.slot_at(1.999), 0u);
  EXPECT_EQ(cursor.slot_at(2.0), 1u);
  EXPECT_EQ(cursor.slot_at(6.999), 1u);
  EXPECT_EQ(cursor.slot_at(7.0), outside_slot(b.get().iterations));
  EXPECT_EQ(cursor.slot_at(9.999), 2u);
}

TEST(LayerCursor, ALayerThatWasNotReportedHasNoWidth) {
  Builder b({"a", "b", "c"});
  b.inference(0, 10, {2, kNaN, 3}).inference(10, 20, {kNaN, kNaN, kNaN});
  LayerCursor cursor(b.get().iterations, 0);
  EXPECT_EQ(cursor.slot_at(2.0), 2u);
  EXPECT_EQ(cursor.slot_at(5.0), 3u);
  EXPECT_EQ(LayerCursor(b.get().iterations, 1).slot_at(0.0), 3u);
}

TEST(LayerCursor, WithoutLayersAllIsOutside) {
  Builder b({});
  b.inference(0, 10, {});
  EXPECT_EQ(LayerCursor(b.get().iterations, 0).slot_at(4.0), 0u);
  EXPECT_EQ(outside_slot(b.get().iterations), 0u);
}

// D7: in the reference a layer missing in some inferences shifts the others and the TOTAL.
TEST(SlotTimes, D7_AMissingCellIsNoTimeInThatInferenceAndShiftsNothing) {
  Builder b({"a", "b"});
  b.inference(0, 10, {2, 5}).inference(10, 20, {4, kNaN});
  const SlotTimes times = slot_times(b.get().iterations, 20);
  EXPECT_EQ(times.batches.count, 2u);
  EXPECT_THAT(times.mean_ms, ElementsAre(DoubleEq(3.0), DoubleEq(2.5), DoubleEq(4.5)));
  EXPECT_THAT(times.reported, ElementsAre(2u, 1u));
  EXPECT_DOUBLE_EQ(times.mean_inference_ms, 10.0);
  EXPECT_THAT(times.slot(1), ElementsAre(DoubleEq(5.0), DoubleEq(0.0)));
  EXPECT_THAT(reported_ms(b.get().iterations, 1), ElementsAre(5.0));
  EXPECT_THAT(outside_ms(b.get().iterations), ElementsAre(DoubleEq(3.0), DoubleEq(6.0)));
  EXPECT_DOUBLE_EQ(times.mean_ms[0] + times.mean_ms[1] + times.mean_ms[2], times.mean_inference_ms);
}

TEST(SlotTimes, SumsByBatchAgreeWithTheSumsOverAll) {
  Builder b({"a"});
  for (int i = 0; i < 7; ++i) b.inference(10.0 * i, 10.0 * i + 5, {1.0 + i});
  const SlotTimes times = slot_times(b.get().iterations, 3);
  // Batches of 3, 2 and 2.
  EXPECT_THAT(times.slot(0), ElementsAre(DoubleEq(6.0), DoubleEq(9.0), DoubleEq(13.0)));
  EXPECT_DOUBLE_EQ(times.mean_ms[0], 4.0);
}

TEST(SlotTimes, LayersLongerThanTheInferenceLeaveNothingOutside) {
  Builder b({"a"});
  b.inference(0, 10, {12});
  const SlotTimes times = slot_times(b.get().iterations, 20);
  EXPECT_DOUBLE_EQ(times.mean_ms[0], 12.0);
  EXPECT_DOUBLE_EQ(times.mean_ms[1], 0.0);
  EXPECT_DOUBLE_EQ(times.excess_ms, 2.0);
  EXPECT_TRUE(no_time_outside(times));
}

TEST(Check, RefusesWhatTheLoopsOverTimeCannotWalk) {
  const auto refused = [](Builder& b) {
    try {
      check(b.get().iterations);
      check(b.get().power);
    } catch (const Error& error) {
      return error.kind() == ErrorKind::bad_input ? error.problem() : "wrong kind";
    }
    return std::string("accepted");
  };
  Builder good({"a"});
  good.inference(0, 10, {5}).inference(10, 20, {kNaN}).sample(3, 100);
  EXPECT_EQ(refused(good), "accepted");
  Builder none({"a"});
  EXPECT_EQ(refused(none), "no inference was recorded");
  Builder backwards({"a"});
  backwards.inference(10, 9, {0.5});
  EXPECT_EQ(refused(backwards), "inference 0 ends before it starts");
  Builder overlapping({"a"});
  overlapping.inference(0, 10, {5}).inference(9, 20, {5});
  EXPECT_EQ(refused(overlapping), "inference 1 starts before inference 0 has ended");
  Builder negative({"a", "b"});
  negative.inference(0, 10, {5, 1}).inference(10, 20, {5, -1});
  EXPECT_EQ(refused(negative), "layer 1 of inference 1 has a time of -1 ms");
  Builder ragged({"a", "b"});
  ragged.inference(0, 10, {5});
  EXPECT_THAT(refused(ragged), ::testing::HasSubstr("same number of rows"));
  Builder unsorted({"a"});
  unsorted.inference(0, 10, {5}).sample(3, 100).sample(2, 100);
  EXPECT_EQ(refused(unsorted), "the power samples are not in the order of time");
  Builder half_energy({"a"});
  half_energy.inference(0, 10, {5}).energy(1, 2, 100).sample(3, 100);
  EXPECT_THAT(refused(half_energy), ::testing::HasSubstr("same number of rows"));
}

TEST(SlotTimes, AreByBatchAndALayerMissingFirstDoesNotHideTheNext) {
  Builder b({"a", "b"});
  b.inference(0, 10, {kNaN, 3}).inference(10, 14, {1, 5}).inference(20, 26, {2, 2});
  const SlotTimes times = slot_times(b.get().iterations, 2);  // of two inferences and one
  EXPECT_THAT(times.slot(0), ElementsAre(DoubleEq(1.0), DoubleEq(2.0)));
  EXPECT_THAT(times.slot(1), ElementsAre(DoubleEq(8.0), DoubleEq(2.0)));
  EXPECT_THAT(times.slot(2), ElementsAre(DoubleEq(7.0), DoubleEq(2.0)));
  EXPECT_EQ(times.batch_ms.size(), 3u * 2u);
  EXPECT_THAT(times.inference_ms, ElementsAre(DoubleEq(14.0), DoubleEq(6.0)));
  EXPECT_DOUBLE_EQ(times.mean_inference_ms, 20.0 / 3.0);
  EXPECT_DOUBLE_EQ(times.excess_ms, 2.0 / 3.0);
  EXPECT_THAT(times.reported, ElementsAre(2u, 3u));
  EXPECT_THAT(reported_ms(b.get().iterations, 0), ElementsAre(1.0, 2.0));
  EXPECT_THAT(outside_ms(b.get().iterations), ElementsAre(7.0, 0.0, 2.0));
}

TEST(SlotTimes, WithoutInferencesAreNothing) {
  Builder b({"a"});
  const SlotTimes times = slot_times(b.get().iterations, 20);
  EXPECT_EQ(times.batches.count, 0u);
  EXPECT_THAT(times.mean_ms, ElementsAre(0.0, 0.0));
  EXPECT_EQ(times.mean_inference_ms, 0.0);
  EXPECT_EQ(times.excess_ms, 0.0);
  EXPECT_THAT(times.reported, ElementsAre(0u));
}

TEST(NoTimeOutside, IsAMillionthOfTheInferenceOrLess) {
  const auto none = [](double outside_ms, double inference_ms) {
    SlotTimes times;
    times.mean_ms = {5.0, outside_ms};
    times.mean_inference_ms = inference_ms;
    return no_time_outside(times);
  };
  EXPECT_TRUE(none(1e-6, 1.0));
  EXPECT_FALSE(none(1.01e-6, 1.0));
  EXPECT_TRUE(none(9e-5, 100.0));
  EXPECT_FALSE(none(1.1e-4, 100.0));
  EXPECT_TRUE(none(0.0, 0.0));
}

TEST(Check, AcceptsWhatHasNoLengthAndRefusesWhatHasNoEnd) {
  Builder none({"a", "b"}, {rail("GPU"), rail("CPU")});
  none.inference(0, 10, {5, 0}).inference(10, 10, {0, 0}).sample(3, {1, 2}).sample(3, {1, 2});
  EXPECT_NO_THROW(check(none.get().iterations));
  EXPECT_NO_THROW(check(none.get().power));
  none.get().power.rail_mw.pop_back();
  EXPECT_THROW(check(none.get().power), Error);
  none.get().iterations.layer_ms[3] = std::numeric_limits<double>::infinity();
  EXPECT_THROW(check(none.get().iterations), Error);
  Builder energy({"a"});
  energy.inference(0, 10, {5}).energy(1, 2, 100).energy(2, 3, 100);
  EXPECT_NO_THROW(check(energy.get().power));
  energy.get().iterations.end_ns.push_back(0);
  EXPECT_THROW(check(energy.get().iterations), Error);
}

}  // namespace
}  // namespace layerwatt
