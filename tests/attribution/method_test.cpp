#include "attribution/method.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "attribution/recordings.hpp"
#include "layerwatt/error.hpp"

namespace layerwatt {
namespace {

using testing::Builder;
using ::testing::ElementsAre;
using testing::find_warning;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kNaN;

// Layers of 1, 4 and 0 ms (never reported), 5 ms outside; readings every `spacing` ms.
MethodChoice choice_for(Builder& b, double spacing, std::optional<Method> asked = {}) {
  b.inference(0, 10, {1, 4, kNaN});
  for (int k = 0; k < 5; ++k) b.sample(k * spacing, 100);
  const SensorTiming timing = sensor_timing(b.get().manifest.sensor.model, b.get().power);
  return choose_method(asked, timing, slot_times(b.get().iterations, 20));
}

Builder three_layers() { return Builder({"a", "b", "c"}); }

TEST(ChooseMethod, AKnownFastSensorIsNotGrouped) {
  Builder b = three_layers();
  const MethodChoice c = choice_for(b.response(0.5, 100, 0.1, 0), 50);
  EXPECT_EQ(c.method, Method::overlap);
  EXPECT_THAT(c.grouped, IsEmpty());
  EXPECT_THAT(c.warnings, IsEmpty());
  EXPECT_THAT(c.reason, HasSubstr("less than any layer lasts"));
}

TEST(ChooseMethod, LayersShorterThanAKnownSensorsBlurAreGrouped) {
  Builder b = three_layers();
  const MethodChoice c = choice_for(b.response(0.5, 0, 0.5, 0), 1);  // 0.5 + 3 × 0.5 = 2 ms
  EXPECT_THAT(c.grouped, ElementsAre(true, false, false, false));
  EXPECT_THAT(c.reason, HasSubstr("smears power over 2 ms; the 1 of 3 layers"));
  EXPECT_NE(find_warning(c.warnings, "not_separable"), nullptr);
}

TEST(ChooseMethod, ASensorSlowerThanTheInferenceGroupsAll) {
  Builder b = three_layers();
  const MethodChoice c = choice_for(b.response(100, 0, 0, 0), 1);
  EXPECT_THAT(c.grouped, ElementsAre(true, true, false, true));
  EXPECT_THAT(find_warning(c.warnings, "not_separable")->hint, HasSubstr("--method excite"));
}

// A window of 100 ms cannot be made shorter by what else there is to know.
TEST(ChooseMethod, AWindowKnownToBeLongIsEnoughToGroup) {
  Builder b = three_layers();
  b.get().manifest.sensor.model.window_ms = 100;
  const MethodChoice c = choice_for(b, 1);
  EXPECT_THAT(c.grouped, ElementsAre(true, true, false, true));
  EXPECT_THAT(c.reason, HasSubstr("at least 100 ms"));
  EXPECT_THAT(find_warning(c.warnings, "sensor_response_unknown")->message,
              HasSubstr("the sensor's latency, time constant and stamp error are not known"));
}

TEST(ChooseMethod, AnUnknownSensorIsGroupedOnlyWhenItsReadingsAreFarApart) {
  Builder near = three_layers();
  const MethodChoice fast = choice_for(near, 5);
  EXPECT_THAT(fast.grouped, IsEmpty());
  EXPECT_THAT(find_warning(fast.warnings, "sensor_response_unknown")->message,
              HasSubstr("window, latency, time constant and stamp error are not known"));
  Builder far = three_layers();
  const MethodChoice slow = choice_for(far, 5.1);
  EXPECT_THAT(slow.grouped, ElementsAre(true, true, false, true));
  EXPECT_THAT(slow.reason, HasSubstr("a new reading every 5.1 ms, an inference takes 10 ms"));
}

// Polled every millisecond, but it only has something new every 100.
TEST(ChooseMethod, ASensorPolledFasterThanItUpdatesIsAsSlowAsItsPeriod) {
  Builder b = three_layers();
  b.get().manifest.sensor.model.period_ms = 100;
  EXPECT_THAT(choice_for(b, 1).grouped, ElementsAre(true, true, false, true));
}

TEST(ChooseMethod, OverlapThatWasAskedForIsNeverGroupedButWarnedAbout) {
  Builder b = three_layers();
  const MethodChoice c = choice_for(b.response(100, 0, 0, 0), 1, Method::overlap);
  EXPECT_THAT(c.grouped, IsEmpty());
  EXPECT_EQ(c.reason, "as asked for");
  EXPECT_NE(find_warning(c.warnings, "not_separable"), nullptr);
}

}  // namespace
}  // namespace layerwatt
