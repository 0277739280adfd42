#include "record/warm_up.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "fakes/fake_engine.hpp"
#include "fakes/fake_sensor.hpp"
#include "fakes/ticking_clock.hpp"

namespace layerwatt {
namespace {

using testing::HasSubstr;

constexpr std::int64_t kStart = 1'700'000'000'000'000'000;

struct Bench {
  fakes::TickingClock clock{kStart};
  fakes::FakeEngine engine{clock, {4.0}};
  WarmUpOptions options;
  double seconds() const { return static_cast<double>(clock.now_ns() - kStart) / 1e9; }
};

TEST(WarmUp, EndsWhenPowerIsSteady) {
  Bench bench;
  fakes::FakeSensor sensor(bench.clock, [&](std::size_t) {
    return std::vector<double>{9000.0 * (1.0 - 0.2 * std::exp(-bench.seconds() / 5.0))};
  });
  const WarmUp done = warm_up(bench.clock, bench.engine, &sensor, bench.options);
  EXPECT_TRUE(done.steady);
  // 0.2 e^(−t/5) has 0.5 % left to go after 18.4 s, and that must hold for five stretches of 2 s.
  EXPECT_GT(done.seconds, 18.0);
  EXPECT_LT(done.seconds, 40.0);
  EXPECT_EQ(sensor.stops, 1u);
  EXPECT_GT(bench.engine.inferences, 1000u);
}

TEST(WarmUp, ACounterIsReadByItsDifferences) {
  Bench bench;
  double mj = 0.0;
  fakes::FakeSensor sensor(bench.clock, [&](std::size_t) {
    mj += 45.0;  // 9 W for 5 ms
    return std::vector<double>{mj};
  });
  sensor.info_.reading = Reading::energy;
  const WarmUp done = warm_up(bench.clock, bench.engine, &sensor, bench.options);
  EXPECT_TRUE(done.steady);
  EXPECT_NEAR(done.seconds, 10.0, 0.2);
}

TEST(WarmUp, ATemperatureThatRisesKeepsItUpToTheLimit) {
  Bench bench;
  fakes::FakeSensor sensor(bench.clock, [](std::size_t) { return std::vector<double>{9000.0}; });
  bench.options.most_s = 30.0;
  bench.options.temperature_c = [&] { return 40.0 + bench.seconds(); };
  const WarmUp done = warm_up(bench.clock, bench.engine, &sensor, bench.options);
  EXPECT_FALSE(done.steady);
  EXPECT_NEAR(done.seconds, 30.0, 0.1);
  EXPECT_THAT(done.left, HasSubstr("temperature by 8 °C"));
}

TEST(WarmUp, StopsWhenToldTo) {
  Bench bench;
  bench.options.stopped = [&] { return bench.seconds() > 3.0; };
  EXPECT_FALSE(warm_up(bench.clock, bench.engine, nullptr, bench.options).steady);
  EXPECT_LT(bench.seconds(), 3.1);
}

TEST(WarmUp, AnEngineThatFailsLeavesNoSensorRunning) {
  Bench bench;
  fakes::FakeSensor sensor(bench.clock, [](std::size_t) { return std::vector<double>{9000.0}; });
  bench.engine.before_infer = [](std::size_t done) {
    if (done == 5) throw Error(ErrorKind::engine, "device lost");
  };
  EXPECT_THROW(warm_up(bench.clock, bench.engine, &sensor, bench.options), Error);
  EXPECT_EQ(sensor.stops, 1u);
}

}  // namespace
}  // namespace layerwatt
