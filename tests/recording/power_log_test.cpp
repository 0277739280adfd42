#include "layerwatt/power_log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace layerwatt {
namespace {

using ::testing::ElementsAre;

constexpr std::int64_t kMs = 1'000'000;

SensorInfo two_rails(Reading reading) {
  SensorInfo info;
  info.rails = {{"GPU", true}, {"IN", false}};
  info.reading = reading;
  return info;
}

TEST(PowerLog, KeepsPowerAsItIs) {
  PowerLog log(two_rails(Reading::power));
  log.sample(10 * kMs, std::vector{5000.0, 7000.0});
  log.sample(15 * kMs, std::vector{5100.0, 7100.0});
  const PowerSamples samples = log.samples();
  EXPECT_EQ(samples.rails[1].name, "IN");
  EXPECT_THAT(samples.time_ns, ElementsAre(10 * kMs, 15 * kMs));
  EXPECT_THAT(samples.rail_mw, ElementsAre(5000.0, 7000.0, 5100.0, 7100.0));
  EXPECT_EQ(samples.total_mw(1), 5100.0);
}

TEST(PowerLog, OfACounterItGivesTheMeansBetweenReadings) {
  PowerLog log(two_rails(Reading::energy));
  log.sample(0, std::vector{0.0, 0.0});
  log.sample(100 * kMs, std::vector{12000.0, 20000.0});
  log.sample(300 * kMs, std::vector{24000.0, 60000.0});
  const PowerSamples samples = log.samples();
  EXPECT_THAT(samples.begin_ns, ElementsAre(0, 100 * kMs));
  EXPECT_THAT(samples.time_ns, ElementsAre(100 * kMs, 300 * kMs));
  EXPECT_THAT(samples.rail_mw, ElementsAre(120000.0, 200000.0, 60000.0, 200000.0));
}

TEST(PowerLog, LeavesOutWhatWouldMakeAnUnreadableRecording) {
  PowerLog log(two_rails(Reading::power));
  log.sample(10 * kMs, std::vector{1.0, 1.0});
  log.sample(10 * kMs, std::vector{2.0, 2.0});
  log.sample(20 * kMs, std::vector{3.0});
  EXPECT_EQ(log.size(), 1u);
  log.incident({5, "gap", "no reading"});
  ASSERT_EQ(log.incidents().size(), 1u);
  EXPECT_EQ(log.incidents()[0].code, "gap");
  EXPECT_EQ(log.lost(), 0u);
}

}  // namespace
}  // namespace layerwatt
