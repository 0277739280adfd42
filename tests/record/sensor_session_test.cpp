#include "record/sensor_session.hpp"

#include <gtest/gtest.h>

namespace layerwatt {
namespace {

TEST(TailMs, IsLatencyPlusWindowPlusSettlingPlusTwoPeriodsAndBounded) {
  SensorModel model;
  EXPECT_DOUBLE_EQ(tail_ms(model, 5.0), 50.0 + 50.0 + 10.0);
  model.latency_ms = 2.0;
  model.window_ms = 1.0;
  model.period_ms = 20.0;
  model.time_constant_ms = 4.0;
  EXPECT_DOUBLE_EQ(tail_ms(model, 5.0), 2.0 + 1.0 + 12.0 + 40.0);
  model.window_ms = 1e6;
  EXPECT_DOUBLE_EQ(tail_ms(model, 5.0), 2000.0);
}

}  // namespace
}  // namespace layerwatt
