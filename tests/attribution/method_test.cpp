#include "attribution/method.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <vector>

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

// A sensor that smears over `blur_ms`, and layers that last layer_ms in each inference that has
// them: `reported` of ten. What is left of 10 ms is outside.
struct Timed {
  SensorTiming timing;
  SlotTimes times;
  Timed(double blur_ms, const std::vector<double>& layer_ms,
        const std::vector<std::uint64_t>& reported) {
    timing.known = true;
    timing.blur_ms = blur_ms;
    times.batches = {10, 1};
    times.mean_inference_ms = 10.0;
    times.reported.assign(reported.begin(), reported.end());
    double outside_ms = 10.0;
    for (std::size_t j = 0; j < layer_ms.size(); ++j) {
      times.mean_ms.push_back(layer_ms[j] * static_cast<double>(reported[j]) / 10.0);
      outside_ms -= times.mean_ms.back();
    }
    times.mean_ms.push_back(outside_ms);
  }
  MethodChoice choice() const { return choose_method(std::nullopt, timing, times); }
};

TEST(ChooseMethod, ALayerIsAsLongAsItIsWhereItOccurs) {
  EXPECT_THAT(Timed(2.0, {3.0, 1.5}, {5, 10}).choice().grouped, ElementsAre(false, true, false));
  EXPECT_THAT(Timed(2.0, {1.5, 3.0}, {1, 5}).choice().grouped, ElementsAre(true, false, false));
  EXPECT_THAT(Timed(2.0, {1.9, 9.0}, {0, 5}).choice().grouped, IsEmpty()) << "it is never there";
  EXPECT_THAT(Timed(2.0, {1.9, 1.0}, {0, 5}).choice().grouped, ElementsAre(false, true, false));
}

TEST(ChooseMethod, ASensorAsSlowAsALayerAndAsWhatIsOutsideIsFastEnough) {
  EXPECT_THAT(Timed(2.0, {2.0, 6.0}, {10, 10}).choice().grouped, IsEmpty());
  // What is outside layers does not count as one.
  EXPECT_THAT(Timed(2.0, {3.0, 6.0}, {10, 10}).choice().grouped, IsEmpty());
  EXPECT_THAT(Timed(2.0, {1.0, 7.0}, {10, 10}).choice().grouped, ElementsAre(true, false, false));
  EXPECT_THAT(Timed(2.0, {1.0, 7.5}, {10, 10}).choice().grouped, ElementsAre(true, false, true));
  EXPECT_THAT(Timed(2.0, {7.0, 1.0}, {10, 10}).choice().reason, HasSubstr("the 1 of 2 layers"));
  EXPECT_THAT(Timed(0.0, {3.0, 6.0}, {10, 10}).choice().reason,
              HasSubstr("since the sensor does not smear power, less"));
  EXPECT_THAT(Timed(0.5, {3.0, 6.0}, {10, 10}).choice().reason,
              HasSubstr("since the sensor smears power over 0.5 ms, less"));
  EXPECT_THAT(Timed(0.5, {0.4, 6.0}, {10, 10}).choice().reason,
              HasSubstr("per layer: the sensor smears power over 0.5 ms; the 1 of 2"));
}

TEST(ChooseMethod, DeconvolutionIsForWhatOverlapCannotTell) {
  SensorTiming known;
  known.known = true;
  SensorTiming unknown;
  unknown.known = false;
  MethodChoice plain;
  MethodChoice grouped;
  grouped.grouped = {true, false};
  EXPECT_FALSE(wants_deconvolution(std::nullopt, plain, known));
  EXPECT_TRUE(wants_deconvolution(std::nullopt, grouped, known));
  EXPECT_TRUE(wants_deconvolution(std::nullopt, plain, unknown));
  EXPECT_TRUE(wants_deconvolution(Method::deconvolve, plain, known));
  EXPECT_FALSE(wants_deconvolution(Method::overlap, grouped, unknown));
}

TEST(UseDeconvolution, TakesTheGroupAndItsWarningsBack) {
  for (const bool asked : {false, true}) {
    MethodChoice choice;
    choice.grouped = {true, true};
    choice.warnings.push_back({"not_separable", "", ""});
    use_deconvolution(choice, asked ? std::optional(Method::deconvolve) : std::nullopt);
    EXPECT_EQ(choice.method, Method::deconvolve);
    EXPECT_THAT(choice.grouped, IsEmpty());
    EXPECT_THAT(choice.warnings, IsEmpty());
    EXPECT_EQ(choice.reason == "as asked for", asked);
  }
}

TEST(RefuseDeconvolution, GroupsAllAndSaysWhyOnce) {
  for (const bool asked : {false, true}) {
    MethodChoice choice;
    choice.grouped = {true, false};
    choice.warnings = {{"not_separable", "of before", ""}, {"sensor_response_unknown", "", ""}};
    refuse_deconvolution(choice, asked ? std::optional(Method::deconvolve) : std::nullopt, 3,
                         "so it is");
    EXPECT_THAT(choice.grouped, ElementsAre(true, true, true));
    EXPECT_EQ(choice.reason, asked ? "deconvolve was asked for and is not possible; of whole "
                                     "inferences: so it is"
                                   : "of whole inferences: so it is");
    ASSERT_EQ(choice.warnings.size(), 2u);
    EXPECT_EQ(choice.warnings[0].code, "sensor_response_unknown");
    EXPECT_EQ(choice.warnings[1].message, "the layers cannot be told from each other: so it is");
  }
}

}  // namespace
}  // namespace layerwatt
