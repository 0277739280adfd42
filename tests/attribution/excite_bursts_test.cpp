#include "attribution/excite_bursts.hpp"

#include <gtest/gtest.h>

#include "attribution/recordings.hpp"

namespace layerwatt {
namespace {

using layerwatt::testing::at_ms;
using layerwatt::testing::Builder;

TEST(ExciteBursts, AreReadFromARecordingOfACounter) {
  Builder built({"a"});
  built.inference(0.0, 1.0, {0.8});
  Recording& recording = built.get();
  recording.power.reading = Reading::energy;
  // Polled every 50 ms; the counter steps every 100.
  for (int k = 0; k < 8; ++k) {
    built.sample(50.0 * (k + 1), k % 2 == 0 ? 0.0 : 4000.0);
    recording.power.begin_ns.push_back(at_ms(50.0 * k));
  }
  for (const std::uint32_t extra : {0u, 3u}) {
    ExcitationWindow window;
    window.round = 1;
    window.passes = 100;
    window.extra = {extra, 0};
    window.start_ns = window.settled_ns = at_ms(extra * 60.0);
    window.end_ns = at_ms(extra * 60.0 + 180.0);
    window.clock_mhz = extra == 0 ? 1980.0 : 1700.0;
    recording.excitation.push_back(window);
  }
  EXPECT_TRUE(has_bursts(recording));
  const BurstRecording seen = observe_bursts(recording);
  ASSERT_EQ(seen.windows.size(), 2u);
  EXPECT_TRUE(seen.windows[0].plain);
  EXPECT_NEAR(seen.windows[1].begin_ms, 180.0, 1e-9);
  EXPECT_NEAR(seen.windows[1].pass_ms, 1.8, 1e-9);
  EXPECT_TRUE(seen.windows[1].usable) << "at 1700 MHz, but there is no other";
  ASSERT_EQ(seen.steps.size(), 3u) << "from the first step on";
  EXPECT_NEAR(seen.steps[0].begin_ms, 100.0, 1e-9);
  EXPECT_NEAR(seen.steps[0].end_ms, 200.0, 1e-9);
  EXPECT_NEAR(seen.steps[0].power_mw[0], 2000.0, 1e-9);

  recording.excitation.push_back(recording.excitation.back());
  recording.excitation.back().clock_mhz = 1975.0;
  EXPECT_FALSE(observe_bursts(recording).windows[1].usable);
  EXPECT_TRUE(observe_bursts(recording).windows[2].usable);

  recording.power.reading = Reading::power;
  EXPECT_FALSE(has_bursts(recording));
  recording.power.reading = Reading::energy;
  for (ExcitationWindow& window : recording.excitation) window.settled_ns += 1;
  EXPECT_FALSE(has_bursts(recording));
}

}  // namespace
}  // namespace layerwatt
