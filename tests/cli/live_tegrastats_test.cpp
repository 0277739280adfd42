#include "cli/live_tegrastats.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "layerwatt/error.hpp"
#include "sensor/tegrastats_parse.hpp"
#include "sim/spec.hpp"

namespace layerwatt::cli {
namespace {

sim::Spec example(const std::string& name) {
  return sim::load_spec(std::string(LAYERWATT_SOURCE) + "/examples/sim/" + name + ".sim.json");
}

TEST(LiveTegrastats, PrintsLinesOfTheBusyBoard) {
  std::ostringstream out;
  print_live_tegrastats(example("agx-xavier"), std::make_shared<SteadyClock>(), 10.0, out, 12);
  std::istringstream lines(out.str());
  std::string text;
  double gpu_mw = 0.0;
  int count = 0;
  while (std::getline(lines, text)) {
    TegrastatsLine line;
    const auto problem = parse_tegrastats_line(text, line);
    ASSERT_FALSE(problem) << text;
    ASSERT_EQ(line.rails.size(), 6u) << text;
    EXPECT_EQ(line.rails[0].name, "GPU");
    if (count == 0) {
      EXPECT_EQ(line.rails[0].mw, line.rails[0].avg_mw) << text;
    }
    gpu_mw = std::max(gpu_mw, line.rails[0].mw);
    ++count;
  }
  EXPECT_EQ(count, 12);
  EXPECT_GT(gpu_mw, 2000.0);  // idle is 300
}

TEST(LiveTegrastats, EndsWhenNobodyReads) {
  std::ostringstream out;
  out.setstate(std::ios::badbit);
  print_live_tegrastats(example("orin-nx"), std::make_shared<SteadyClock>(), 10.0, out);
  EXPECT_EQ(out.str(), "");
}

TEST(LiveTegrastats, ASpecThatIsNotATegrastatsIsAnError) {
  sim::Spec spec = example("ideal");
  spec.rails[0].name = "the board";
  std::ostringstream out;
  try {
    print_live_tegrastats(spec, std::make_shared<SteadyClock>(), 10.0, out);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::bad_input);
    EXPECT_THAT(error.problem(), testing::HasSubstr("the board"));
  }
  spec = example("ideal");
  spec.sensor.reading = Reading::energy;
  EXPECT_THROW(print_live_tegrastats(spec, std::make_shared<SteadyClock>(), 10.0, out), Error);
}

}  // namespace
}  // namespace layerwatt::cli
