#include "record/cache_probe.hpp"

#include <gtest/gtest.h>

namespace layerwatt {
namespace {

// A pass of 1 ms. A repeat takes 0.1 ms; the cache is emptied in 0.05 ms, behind which a takes
// 0.2 ms and b no longer than before.
class Fake final : public Repeating {
 public:
  std::vector<Repeatable> repeatable() override { return {}; }
  void run(std::span<const std::uint32_t> extra, std::int64_t, RepeatedRun& out) override {
    const double a_ms = extra[2] > 0 ? 0.2 : 0.1;
    const double pass_ms = 1.0 + a_ms * extra[0] + 0.1 * extra[1] + 0.05 * extra[2];
    out.passes = 10;
    out.end_ns = out.start_ns + static_cast<std::int64_t>(pass_ms * 1e7);
  }
};

TEST(CacheProbe, TellsByTimeWhichRepeatsFindTheirDataInTheCache) {
  Fake fake;
  const auto kinds_of = [&](double a_ms) {
    const std::vector<ExcitablePart> parts{{a_ms, 100}, {0.1, 100}, {0.0, 100}, {0.1, 0}};
    return probe_cache(fake, parts, 1.0, 1.0, 2, 0.05);
  };
  const std::vector<CacheKinds> between = kinds_of(0.15);
  ASSERT_EQ(between.size(), 2u);
  EXPECT_TRUE(between[0].warm && between[0].cold);
  EXPECT_TRUE(between[1].warm && !between[1].cold);
  EXPECT_TRUE(kinds_of(0.1)[0].warm && !kinds_of(0.1)[0].cold);
  EXPECT_TRUE(!kinds_of(0.2)[0].warm && kinds_of(0.2)[0].cold);
}

}  // namespace
}  // namespace layerwatt
