// Layers of a plan, repeated in place: over libraries that act as TensorRT, CUDA and NVTX.
#include <gmock/gmock.h>

#include <cmath>

#include "engine/tensorrt_fixture.hpp"

namespace layerwatt {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

// What lies outside the layers of small_plan(): the copies of 40 and 768 bytes.
constexpr double kCopiesMs = (2000 + 4 + 2000 + 76) / 1e6;

class TensorRtExcite : public TensorRtTest {
 protected:
  // Of the fake GPU's own time, which the host's has no part in.
  double pass_ms(Repeating& repeating, const std::vector<std::uint32_t>& extra) const {
    const std::int64_t before_ns = cuda_->worked_ns;
    RepeatedRun run;
    repeating.run(extra, 30'000'000, run);
    EXPECT_GE(run.end_ns - run.start_ns, 30'000'000);
    return static_cast<double>(cuda_->worked_ns - before_ns) / 1e6 /
           static_cast<double>(run.passes);
  }
};

TEST_F(TensorRtExcite, ALayerTakesPartAsOftenAsItIsTold) {
  const auto engine = loaded(small_plan());
  Repeating* repeating = engine->repeating();
  ASSERT_NE(repeating, nullptr) << engine->why_not_repeating();
  const std::vector<Repeatable> parts = repeating->repeatable();
  ASSERT_EQ(parts.size(), 4u) << "three layers, and what is outside";
  for (const Repeatable& part : parts) EXPECT_GT(part.max_extra, 0u) << part.reason;

  const double plain_ms = 0.7 + kCopiesMs;
  EXPECT_NEAR(pass_ms(*repeating, {0, 0, 0, 0}), plain_ms, 1e-6);
  EXPECT_NEAR(pass_ms(*repeating, {10, 0, 0, 0}), plain_ms + 10 * 0.4, 1e-6);
  EXPECT_NEAR(pass_ms(*repeating, {0, 3, 0, 0}), plain_ms + 3 * 0.2, 1e-6);
  EXPECT_NEAR(pass_ms(*repeating, {0, 0, 40, 0}), plain_ms + 40 * 0.1, 1e-6) << "the second fc";
  EXPECT_NEAR(pass_ms(*repeating, {0, 0, 0, 50}), plain_ms + 50 * kCopiesMs, 1e-6);
}

TEST_F(TensorRtExcite, TheCacheIsEmptiedInFrontOfRepeats) {
  EngineOptions options;
  options.empty_cache = EmptyCache::always;
  const auto engine = loaded(small_plan(), options);
  Inference inference;
  engine->infer(inference);
  ASSERT_EQ(inference.layer_ms.size(), 4u) << "before it is known that layers will be repeated";
  EXPECT_EQ(inference.layer_ms[3], 0.0);
  Repeating* repeating = engine->repeating();
  ASSERT_NE(repeating, nullptr) << engine->why_not_repeating();
  ASSERT_EQ(engine->layers().size(), 4u);
  EXPECT_EQ(engine->layers()[3].name, "emptying the cache");
  engine->infer(inference);
  ASSERT_EQ(inference.layer_ms.size(), 4u);
  EXPECT_NEAR(inference.layer_ms[2], 0.1, 1e-4);
  EXPECT_EQ(inference.layer_ms[3], 0.0);

  const std::vector<Repeatable> parts = repeating->repeatable();
  ASSERT_EQ(parts.size(), 5u) << "three layers, the cache, and what is outside";
  EXPECT_TRUE(parts[3].beside);
  EXPECT_NEAR(parts[3].run_ms, 0.03, 1e-6);
  const double plain_ms = 0.7 + kCopiesMs;
  EXPECT_NEAR(pass_ms(*repeating, {10, 0, 0, 10, 0}), plain_ms + 10 * (0.4 + 0.03), 1e-6);
  EXPECT_NEAR(pass_ms(*repeating, {0, 0, 0, 20, 0}), plain_ms + 20 * 0.03, 1e-6);
  EXPECT_NEAR(pass_ms(*repeating, {0, 0, 0, 0, 50}), plain_ms + 50 * kCopiesMs, 1e-6);
}

TEST_F(TensorRtExcite, TimesAreThoseOfTheGraphThatIsRepeated) {
  json plan = small_plan();
  plan["overhead_ms"] = 0.1;  // the profiler's, on each layer
  plan["layers"][1]["skip_every"] = 2;
  const auto engine = loaded(plan);
  ASSERT_NE(engine->repeating(), nullptr) << engine->why_not_repeating();
  Inference inference;
  for (int i = 0; i < 2; ++i) {
    engine->infer(inference);
    ASSERT_EQ(inference.layer_ms.size(), 3u);
    EXPECT_NEAR(inference.layer_ms[0], 0.4, 1e-4);
    EXPECT_NEAR(inference.layer_ms[1], 0.2, 1e-4);
    EXPECT_NEAR(inference.layer_ms[2], 0.1, 1e-4);
    EXPECT_NEAR(static_cast<double>(inference.end_ns - inference.start_ns) / 1e6, 0.7 + kCopiesMs,
                1e-3);
  }
}

TEST_F(TensorRtExcite, ALayerWithoutARangeIsTimedByTheProfilerAndNotRepeated) {
  json plan = small_plan();
  plan["layers"][0]["marked"] = false;
  const auto engine = loaded(plan);
  Repeating* repeating = engine->repeating();
  ASSERT_NE(repeating, nullptr) << engine->why_not_repeating();
  const std::vector<Repeatable> parts = repeating->repeatable();
  EXPECT_EQ(parts[0].max_extra, 0u);
  EXPECT_THAT(parts[0].reason, HasSubstr("no kernel"));
  EXPECT_GT(parts[1].max_extra, 0u);
  EXPECT_EQ(parts[3].max_extra, 0u) << "its kernels are outside the ranges";
  Inference inference;
  engine->infer(inference);
  EXPECT_NEAR(inference.layer_ms[0], 0.4, 1e-4);
  EXPECT_NEAR(inference.layer_ms[1], 0.2, 1e-4);
}

TEST_F(TensorRtExcite, AProfilersTimeHasNoMoreThanTheRoomThatThePassLeavesIt) {
  json plan = small_plan();
  plan["overhead_ms"] = 0.3;
  plan["layers"][0]["marked"] = false;
  const auto engine = loaded(plan);
  ASSERT_NE(engine->repeating(), nullptr) << engine->why_not_repeating();
  Inference inference;
  engine->infer(inference);
  EXPECT_NEAR(inference.layer_ms[0], 0.4 + kCopiesMs, 1e-3) << "0.7 ms under the profiler";
  EXPECT_NEAR(inference.layer_ms[1], 0.2, 1e-4);
}

TEST_F(TensorRtExcite, SaysWhyNot) {
  const auto why = [&](const json& plan, EngineOptions options = {}) {
    const auto engine = loaded(plan, std::move(options));
    EXPECT_EQ(engine->repeating(), nullptr);
    Inference inference;
    engine->infer(inference);  // it still runs
    EXPECT_FALSE(std::isnan(inference.layer_ms[0]));
    return engine->why_not_repeating();
  };
  json plan = small_plan();
  plan["verbosity"] = "none";
  EXPECT_THAT(why(plan), HasSubstr("marked no layers"));
  plan = small_plan();
  plan["capturable"] = false;
  EXPECT_THAT(why(plan), HasSubstr("capturing"));
  plan = small_plan();
  for (json& layer : plan["layers"]) layer["marked"] = false;
  EXPECT_THAT(why(plan), HasSubstr("'ExecutionContext::enqueue'"));
}

TEST_F(TensorRtExcite, CanBeLoadedAgain) {
  const auto engine = loaded(small_plan());
  ASSERT_NE(engine->repeating(), nullptr);
  engine->load();
  Inference inference;
  engine->infer(inference);
  EXPECT_NEAR(inference.layer_ms[0], 0.4, 1e-4);
  EXPECT_NE(engine->repeating(), nullptr);
}

}  // namespace
}  // namespace layerwatt
