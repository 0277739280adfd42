#include "report/words.hpp"

#include <gtest/gtest.h>

namespace layerwatt {
namespace {

ResultSensor sensor(std::string kind, bool measured, std::string scope) {
  ResultSensor s;
  s.kind = std::move(kind);
  s.measured = measured;
  s.scope = std::move(scope);
  return s;
}

TEST(PowerSourceWords, SayWhatWasMeasuredAndWhatItCovers) {
  EXPECT_EQ(power_source_words(sensor("tegrastats", true, "module")),
            "measured by tegrastats, scope: module");
  EXPECT_EQ(power_source_words(sensor("rapl", true, "")),
            "measured by rapl, what it covers is not known");
}

TEST(PowerSourceWords, SayThatNothingWasMeasured) {
  EXPECT_EQ(power_source_words(sensor("estimate", false, "board")),
            "NOT MEASURED: power comes from a model (estimate)");
  for (const char* kind : {"sim", "simulated"}) {
    EXPECT_EQ(power_source_words(sensor(kind, false, "board")),
              "NOT MEASURED: times and power come from a simulated device");
  }
  EXPECT_EQ(power_source_words(sensor("none", true, "")), "no power sensor: times only");
  EXPECT_EQ(power_source_words(ResultSensor()), "no power sensor: times only");
}

TEST(ReasonWords, ExplainTheCodesAndReadOthers) {
  EXPECT_EQ(reason_words("no_samples"), "no power sample fell inside");
  EXPECT_EQ(reason_words("sensor_on_fire"), "sensor on fire");
  EXPECT_EQ(reason_words(""), "");
}

}  // namespace
}  // namespace layerwatt
