#include "sensor/nvml_response.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "sensor/collected.hpp"

namespace layerwatt {
namespace {

using nvml::Architecture;

TEST(NvmlResponse, KnowsWhatWasMeasuredOfEachArchitecture) {
  const auto instant = [](Architecture architecture, int major, int minor) {
    return nvml_response(NvmlReading::instant, architecture, major, minor, 5.0).model;
  };
  EXPECT_EQ(instant(Architecture::volta, 7, 0).period_ms, 20.0);
  EXPECT_EQ(instant(Architecture::volta, 7, 0).window_ms, 10.0);
  EXPECT_EQ(instant(Architecture::ampere, 8, 0).window_ms, 25.0) << "GA100";
  EXPECT_EQ(instant(Architecture::ampere, 8, 6).window_ms, 100.0) << "GA10x";
  EXPECT_EQ(instant(Architecture::hopper, 9, 0).period_ms, 100.0);
  EXPECT_EQ(instant(Architecture::hopper, 9, 0).window_ms, 25.0);
  EXPECT_FALSE(instant(Architecture::turing, 7, 5).window_ms) << "differs from card to card";
  EXPECT_FALSE(instant(Architecture::blackwell, 10, 0).period_ms);
  EXPECT_FALSE(instant(Architecture::hopper, 9, 0).latency_ms);
}

TEST(NvmlResponse, AnAverageHasItsSecondAndADifferenceItsPeriod) {
  const auto hopper = [](NvmlReading reading, double interval_ms) {
    return nvml_response(reading, Architecture::hopper, 9, 0, interval_ms).model;
  };
  EXPECT_EQ(hopper(NvmlReading::average, 5.0).window_ms, 1000.0);
  EXPECT_EQ(hopper(NvmlReading::energy, 5.0).period_ms, 100.0);
  EXPECT_EQ(hopper(NvmlReading::energy, 5.0).window_ms, 0.0) << "none beyond its period";
  EXPECT_DOUBLE_EQ(*hopper(NvmlReading::energy, 5.0).timestamp_error_ms, 5.0 / std::sqrt(12.0));
  EXPECT_EQ(hopper(NvmlReading::energy, 250.0).period_ms, 250.0) << "asked less often";
  EXPECT_EQ(hopper(NvmlReading::instant, 250.0).window_ms, 25.0);
  EXPECT_EQ(hopper(NvmlReading::instant, 250.0).period_ms, 250.0);
  EXPECT_DOUBLE_EQ(*hopper(NvmlReading::instant, 250.0).timestamp_error_ms,
                   100.0 / std::sqrt(12.0));
  EXPECT_NE(nvml_response(NvmlReading::energy, Architecture::unknown, 0, 0, 5.0)
                .notes.find("layerwatt calibrate"),
            std::string::npos);
}

TEST(NvmlResponse, ACallThatTakesLongerThanTheIntervalStretchesIt) {
  EXPECT_DOUBLE_EQ(asked_every_ms(0.2, 5.0), 5.0);
  EXPECT_DOUBLE_EQ(asked_every_ms(5.0, 5.0), 5.0);
  EXPECT_DOUBLE_EQ(asked_every_ms(4.6, 1.0), 5.0);
}

TEST(FreshReading, IsOneAnUpdateStampedWhereItCame) {
  FreshReading fresh(150.0, 100.0);
  constexpr std::int64_t kMs = 1'000'000;
  EXPECT_FALSE(fresh.stamp(0, 7.0)) << "nobody knows how old the first is";
  EXPECT_FALSE(fresh.stamp(10 * kMs, 7.0));
  EXPECT_EQ(fresh.stamp(20 * kMs, 8.0), 15 * kMs);
  EXPECT_FALSE(fresh.stamp(30 * kMs, 8.0));
  EXPECT_FALSE(fresh.stamp(160 * kMs, 8.0));
  EXPECT_EQ(fresh.stamp(170 * kMs, 8.0), 165 * kMs) << "the same value, but longer than an update";
  EXPECT_EQ(fresh.stamp(570 * kMs, 9.0), 520 * kMs) << "asked late: it is at most a period old";
}

TEST(GpuWatch, TellsEachFurtherStepOnce) {
  GpuWatch watch("GPU");
  Collected problems;
  const Known<std::uint64_t> fine = std::uint64_t{nvml::kGpuIdle};
  watch.look(2000u, 40u, fine, problems);
  watch.look(1910u, 50u, fine, problems);
  EXPECT_TRUE(problems.codes.empty()) << "4.5 % and 10 °C are within the step";
  watch.look(1890u, 51u, fine, problems);
  watch.look(1890u, 51u, fine, problems);
  watch.look(1800u, 51u, fine, problems);
  EXPECT_EQ(problems.messages,
            (std::vector<std::string>{"GPU: SM clock 1890 MHz, after 2000 MHz at the start",
                                      "GPU: 51 °C, after 40 °C at the start"}));
  watch.look(1780u, Missing{"NVML: Not Supported"}, std::uint64_t{nvml::kSoftwarePowerCap},
             problems);
  EXPECT_EQ(problems.codes,
            (std::vector<std::string>{"gpu_clock", "gpu_temperature", "throttled", "gpu_clock"}));
  EXPECT_EQ(problems.messages[2], "GPU: clocks held down: power cap");
}

}  // namespace
}  // namespace layerwatt
