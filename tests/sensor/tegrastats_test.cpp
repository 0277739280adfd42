#include "sensor/tegrastats.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "layerwatt/error.hpp"
#include "layerwatt/registry.hpp"
#include "sensor/fake_sink.hpp"

namespace layerwatt {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

const std::string kFake = LAYERWATT_SOURCE "/tests/fakes/tegrastats";

class Tegrastats : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(::setenv("FAKE_TEGRASTATS_LOG", log_.c_str(), 1), 0);
    std::filesystem::remove(log_);
    host_.sys = SysRoot("/", [](const std::string& name) -> std::optional<std::string> {
      if (name == "LAYERWATT_TEGRASTATS") return kFake;
      return std::nullopt;
    });
    patience_.pace = milliseconds(0);
    patience_.grace = milliseconds(200);
  }
  // Whatever a test did, no child is left and nobody was told to --stop.
  void TearDown() override {
    EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
    EXPECT_EQ(errno, ECHILD);
    std::ifstream log(log_);
    for (std::string start; std::getline(log, start);) {
      EXPECT_THAT(start, HasSubstr(" --interval 5"));
      EXPECT_THAT(start, Not(HasSubstr("--stop")));
      EXPECT_NE(::kill(std::stoi(start), 0), 0) << "still runs: " << start;
    }
    ::unsetenv("FAKE_TEGRASTATS");
    ::unsetenv("FAKE_TEGRASTATS_LOG");
    std::filesystem::remove(log_);
  }
  void mode(const char* name) { ASSERT_EQ(::setenv("FAKE_TEGRASTATS", name, 1), 0); }
  TegrastatsSensor sensor() { return TegrastatsSensor(host_, options_, patience_); }
  Error open_error(const char* fake_mode) {
    mode(fake_mode);
    try {
      sensor().open();
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::sensor);
      EXPECT_NE(error.hint(), "");
      return error;
    }
    ADD_FAILURE() << "open() passed";
    return Error(ErrorKind::sensor, "");
  }

  const std::filesystem::path log_ =
      std::filesystem::temp_directory_path() /
      ("layerwatt_tegrastats_test_" + std::to_string(::getpid()) + ".log");
  Host host_;
  SensorOptions options_;
  TegrastatsPatience patience_;
  FakeSink sink_;
};

TEST_F(Tegrastats, ReadsRailsAndLines) {
  mode("normal");
  patience_.pace = milliseconds(5000);
  TegrastatsSensor tegrastats = sensor();
  tegrastats.open();
  const SensorInfo info = tegrastats.info();
  EXPECT_EQ(info.kind, "tegrastats");
  EXPECT_TRUE(info.measured);
  EXPECT_EQ(info.scope, "module");
  EXPECT_EQ(info.format, PowerFormat::tegrastats);
  ASSERT_THAT(info.rails, SizeIs(3));
  EXPECT_EQ(info.rails[0].name, "VDD_IN");
  EXPECT_TRUE(info.rails[0].in_total);
  EXPECT_FALSE(info.rails[1].in_total);
  ASSERT_TRUE(info.model.period_ms.has_value());
  EXPECT_GE(*info.model.period_ms, 4.9);  // it sleeps for five
  EXPECT_FALSE(info.model.window_ms.has_value());
  EXPECT_FALSE(info.model.latency_ms.has_value());

  const std::int64_t before = host_.clock->now_ns();
  tegrastats.start(sink_);
  ASSERT_TRUE(sink_.wait_for_samples(5));
  tegrastats.stop();
  const auto samples = sink_.samples();
  // The first line is dropped: the second has 5002.
  EXPECT_THAT(samples[0].values, ElementsAre(5002, 902, 1502));
  EXPECT_THAT(samples[3].values, ElementsAre(5005, 905, 1505));
  EXPECT_EQ(sink_.lines().size(), samples.size());
  EXPECT_THAT(sink_.lines()[0], HasSubstr("VDD_IN 5002mW/5001mW"));
  std::int64_t last = before;
  for (const auto& sample : samples) {
    EXPECT_GT(sample.time_ns, last);
    last = sample.time_ns;
  }
  EXPECT_LE(last, host_.clock->now_ns());
  EXPECT_THAT(sink_.incidents("bad_line"), IsEmpty());
}

TEST_F(Tegrastats, CanBeStartedAgainAndStoppedTwice) {
  mode("normal");
  TegrastatsSensor tegrastats = sensor();
  tegrastats.stop();
  tegrastats.open();
  tegrastats.stop();
  tegrastats.start(sink_);
  ASSERT_TRUE(sink_.wait_for_samples(1));
  tegrastats.stop();
  tegrastats.stop();
  const std::size_t count = sink_.samples().size();
  FakeSink again;
  tegrastats.start(again);
  ASSERT_TRUE(again.wait_for_samples(1));
  EXPECT_EQ(again.samples()[0].values[0], 5002);
  EXPECT_EQ(sink_.samples().size(), count);
}

TEST_F(Tegrastats, NotFoundNamesThePlaces) {
  host_.sys = SysRoot("/nowhere", nullptr);
  try {
    sensor();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::sensor);
    EXPECT_THAT(error.where(), HasSubstr("/usr/bin/tegrastats"));
    EXPECT_THAT(error.hint(), HasSubstr("LAYERWATT_TEGRASTATS"));
  }
  const Availability found = find_sensor("tegrastats").probe(host_, options_);
  EXPECT_FALSE(found.usable);
  EXPECT_THAT(found.reason, HasSubstr("no tegrastats"));
}

TEST_F(Tegrastats, IsFoundInItsPlacesAndByName) {
  const auto root = std::filesystem::temp_directory_path() /
                    ("layerwatt_tegrastats_root_" + std::to_string(::getpid()));
  std::filesystem::create_directories(root / "home/nvidia");
  std::filesystem::create_symlink(kFake, root / "home/nvidia/tegrastats");
  const SysRoot sys(root, nullptr);
  EXPECT_EQ(find_tegrastats(sys, {}), root / "home/nvidia/tegrastats");
  std::filesystem::create_directories(root / "usr/bin");
  std::filesystem::create_symlink(kFake, root / "usr/bin/tegrastats");
  EXPECT_EQ(find_tegrastats(sys, {}), root / "usr/bin/tegrastats");
  std::filesystem::remove_all(root);

  EXPECT_EQ(find_tegrastats(host_.sys, {}), kFake);
  options_.argument = "/opt/other";
  EXPECT_EQ(find_tegrastats(host_.sys, options_), "/opt/other");
}

TEST_F(Tegrastats, AProgramThatIsNotThereIsAnError) {
  options_.argument = "/no/such/tegrastats";
  EXPECT_EQ(open_error("normal").where(), "/no/such/tegrastats");
}

TEST_F(Tegrastats, DeathAtTheStartIsToldWithItsLastWords) {
  const Error error = open_error("dies");
  EXPECT_THAT(error.problem(), HasSubstr("exit status 3"));
  EXPECT_THAT(error.problem(), HasSubstr("cannot open the power monitor"));
}

TEST_F(Tegrastats, NoRailsSaysWhoMaySeeThem) {
  const Error error = open_error("no-rails");
  EXPECT_THAT(error.problem(), HasSubstr("no power rails"));
  if (::geteuid() != 0) {
    EXPECT_THAT(error.hint(), HasSubstr("sudo"));
  }
}

TEST_F(Tegrastats, HangingIsNotWaitedForForEver) {
  patience_.first_line = milliseconds(30);
  EXPECT_THAT(open_error("hangs").problem(), HasSubstr("printed nothing"));
}

TEST_F(Tegrastats, AFirstLineWithoutRailsIsNotTheLastWord) {
  mode("late-rails");
  TegrastatsSensor tegrastats = sensor();
  tegrastats.open();
  EXPECT_THAT(tegrastats.info().rails, SizeIs(3));
}

TEST_F(Tegrastats, StartFailsWhereOpenWouldHave) {
  mode("normal");
  TegrastatsSensor tegrastats = sensor();
  tegrastats.open();
  mode("dies");
  EXPECT_THROW(tegrastats.start(sink_), Error);
  tegrastats.stop();
  EXPECT_THAT(sink_.samples(), IsEmpty());
}

TEST_F(Tegrastats, OtherTextBetweenTheLinesIsAnIncidentAndNoSample) {
  mode("garbage");
  TegrastatsSensor tegrastats = sensor();
  tegrastats.open();
  tegrastats.start(sink_);
  ASSERT_TRUE(sink_.wait_for_samples(4));
  tegrastats.stop();
  EXPECT_THAT(sink_.samples()[2].values, ElementsAre(5004, 904, 1504));
  // Told once, with the first of them, and counted at the end.
  const auto told = sink_.incidents("bad_line");
  ASSERT_THAT(told, SizeIs(2));
  EXPECT_THAT(told[0], HasSubstr("some other message 2"));
  EXPECT_THAT(told[1], HasSubstr("times more"));
  EXPECT_EQ(sink_.lines().size(), sink_.samples().size());
}

TEST_F(Tegrastats, HalfLinesAreNoSamples) {
  mode("half");
  TegrastatsSensor tegrastats = sensor();
  tegrastats.open();
  tegrastats.start(sink_);
  ASSERT_TRUE(sink_.wait_for_samples(3));
  tegrastats.stop();
  // The third line lost its end.
  EXPECT_EQ(sink_.samples()[0].values[0], 5002);
  EXPECT_EQ(sink_.samples()[1].values[0], 5004);
  EXPECT_THAT(sink_.incidents("bad_line")[0], HasSubstr("ends inside a token"));
}

TEST_F(Tegrastats, RailsThatGoAreMissingAndNotZero) {
  mode("changes");
  TegrastatsSensor tegrastats = sensor();
  tegrastats.open();
  tegrastats.start(sink_);
  ASSERT_TRUE(sink_.wait_for_samples(8));
  tegrastats.stop();
  const auto samples = sink_.samples();
  EXPECT_EQ(samples[1].values[2], 1503);
  for (const std::size_t i : {2, 3, 4}) {
    EXPECT_TRUE(std::isnan(samples[i].values[2]));
    EXPECT_EQ(samples[i].values[0], 5002 + static_cast<double>(i));
  }
  EXPECT_EQ(samples[5].values[2], 1507);
  EXPECT_THAT(samples[7].values, SizeIs(3));
  EXPECT_THAT(sink_.incidents("rail_gone"), ElementsAre(HasSubstr("VDD_SOC")));
  EXPECT_THAT(sink_.incidents("rail_back"), SizeIs(1));
  EXPECT_THAT(sink_.incidents("rail_new"), Not(IsEmpty()));
}

TEST_F(Tegrastats, DeathInTheMiddleKeepsWhatWasRead) {
  mode("dies-later");
  TegrastatsSensor tegrastats = sensor();
  tegrastats.open();
  tegrastats.start(sink_);
  ASSERT_TRUE(sink_.wait_for_incident("sensor_died"));
  tegrastats.stop();
  EXPECT_THAT(sink_.samples(), SizeIs(4));
  EXPECT_THAT(sink_.incidents("bad_line"), ElementsAre(HasSubstr("RAM 3408/15657MB (lfb 1")));
  EXPECT_THAT(sink_.incidents("sensor_died"), ElementsAre(HasSubstr("exit status 4")));
}

TEST_F(Tegrastats, SilenceIsToldAndCanBeStopped) {
  mode("hangs-later");
  patience_.silence = milliseconds(20);
  TegrastatsSensor tegrastats = sensor();
  tegrastats.open();
  tegrastats.start(sink_);
  ASSERT_TRUE(sink_.wait_for_incident("silent"));
  tegrastats.stop();
  EXPECT_THAT(sink_.incidents("silent"), Not(IsEmpty()));
}

TEST_F(Tegrastats, AStubbornChildIsEndedAllTheSame) {
  mode("stubborn");
  patience_.grace = milliseconds(20);
  TegrastatsSensor tegrastats = sensor();
  tegrastats.open();
  tegrastats.start(sink_);
  ASSERT_TRUE(sink_.wait_for_samples(1));
  tegrastats.stop();
}

TEST_F(Tegrastats, AProgramThatMayNotBeRunIsAnError) {
  const auto file = std::filesystem::temp_directory_path() /
                    ("layerwatt_tegrastats_plain_" + std::to_string(::getpid()));
  std::ofstream(file) << "#!/bin/sh\n";
  options_.argument = file.string();
  const Error error = open_error("normal");
  EXPECT_THAT(error.problem(), HasSubstr("Permission denied"));
  EXPECT_EQ(error.where(), file.string());
  std::filesystem::remove(file);
}

TEST_F(Tegrastats, BytesThatAreNoTextAreAnIncidentAndNoSample) {
  mode("binary");
  TegrastatsSensor tegrastats = sensor();
  tegrastats.open();
  tegrastats.start(sink_);
  ASSERT_TRUE(sink_.wait_for_samples(3));
  tegrastats.stop();
  EXPECT_THAT(sink_.samples()[1].values, ElementsAre(5003, 903, 1503));
  const auto told = sink_.incidents("bad_line");
  ASSERT_THAT(told, Not(IsEmpty()));
  EXPECT_THAT(told[0], Not(HasSubstr("\033"))) << "it would reach a terminal";
}

TEST_F(Tegrastats, ALineOfAMegabyteIsPassedOver) {
  mode("long");
  TegrastatsSensor tegrastats = sensor();
  tegrastats.open();
  tegrastats.start(sink_);
  ASSERT_TRUE(sink_.wait_for_samples(3));
  tegrastats.stop();
  EXPECT_THAT(sink_.samples()[1].values, ElementsAre(5003, 903, 1503));
  for (const std::string& told : sink_.incidents("bad_line")) EXPECT_LT(told.size(), 300u);
}

// More than can be used, for as long as it pleases: what is asked to stop stops.
TEST_F(Tegrastats, AFloodIsReadAndCanBeStopped) {
  mode("flood");
  TegrastatsSensor tegrastats = sensor();
  tegrastats.open();
  tegrastats.start(sink_);
  ASSERT_TRUE(sink_.wait_for_samples(2000));
  tegrastats.stop();
  const auto samples = sink_.samples();
  for (std::size_t i = 1; i < samples.size(); ++i) {
    ASSERT_EQ(samples[i].values[0], samples[i - 1].values[0] + 1.0) << "a line is lost";
  }
  EXPECT_THAT(sink_.incidents("bad_line"), IsEmpty());
}

TEST_F(Tegrastats, AnOutputThatIsClosedIsTheEnd) {
  mode("closes");
  patience_.grace = milliseconds(20);
  TegrastatsSensor tegrastats = sensor();
  tegrastats.open();
  tegrastats.start(sink_);
  ASSERT_TRUE(sink_.wait_for_incident("sensor_died"));
  tegrastats.stop();
  EXPECT_THAT(sink_.incidents("sensor_died"), ElementsAre(HasSubstr("closed its output")));
  EXPECT_THAT(sink_.samples(), SizeIs(4));
}

// "5002,5mW" is neither 5002 mW nor 50025 mW.
TEST_F(Tegrastats, ADecimalCommaIsNotMisread) {
  EXPECT_THAT(open_error("comma").problem(), HasSubstr("no power rails"));
}

TEST_F(Tegrastats, TheRegistryHasItAndProbesByReading) {
  mode("normal");
  const SensorBackend& backend = find_sensor("tegrastats");
  EXPECT_EQ(backend.auto_rank, 80);
  const Availability found = backend.probe(host_, options_);
  EXPECT_TRUE(found.usable) << found.reason;
  EXPECT_THAT(found.reason, HasSubstr("3 rails"));
  ASSERT_TRUE(found.info.has_value());
  EXPECT_EQ(found.info->scope, "module");
  mode("no-rails");
  const Availability refused = backend.probe(host_, options_);
  EXPECT_FALSE(refused.usable);
  EXPECT_NE(refused.hint, "");
}

}  // namespace
}  // namespace layerwatt
