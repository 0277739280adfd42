#include "sensor/incident_log.hpp"

#include <gtest/gtest.h>

#include "sensor/fake_sink.hpp"

namespace layerwatt {
namespace {

TEST(IncidentLog, TheFirstOfAKindIsToldAtOnceTheRestAreCounted) {
  FakeSink sink;
  IncidentLog log(sink);
  log.report(10, "read_error", "VDD_IN: no data");
  log.report(11, "read_error", "VDD_IN: no data");
  log.report(12, "read_error", "VDD_SOC: no data");
  log.report(13, "read_error", "VDD_IN: no data");
  ASSERT_EQ(sink.incidents().size(), 2u);
  EXPECT_EQ(sink.incidents()[0].time_ns, 10);
  EXPECT_EQ(sink.incidents()[1].message, "VDD_SOC: no data");
  log.finish(20);
  ASSERT_EQ(sink.incidents().size(), 3u);
  EXPECT_EQ(sink.incidents()[2].time_ns, 20);
  EXPECT_EQ(sink.incidents()[2].message, "VDD_IN: no data (2 times more)");
}

TEST(IncidentLog, MessagesThatAreNeverTheSameAreBounded) {
  FakeSink sink;
  IncidentLog log(sink);
  for (int i = 0; i < 100; ++i) log.report(i, "odd", std::to_string(i));
  log.finish(100);
  ASSERT_EQ(sink.incidents().size(), 65u);
  EXPECT_EQ(sink.incidents().back().code, "more_incidents");
  EXPECT_EQ(sink.incidents().back().message, "36 of further kinds");
}

}  // namespace
}  // namespace layerwatt
