#include "sensor/replay.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmath>
#include <fstream>

#include "layerwatt/error.hpp"
#include "layerwatt/registry.hpp"
#include "sensor/fake_root.hpp"
#include "sensor/fake_sink.hpp"

namespace layerwatt {
namespace {

using std::chrono::milliseconds;

constexpr std::int64_t kStart = 1'750'000'000'000'000'000;

void append(const std::filesystem::path& file, const std::string& text) {
  std::ofstream(file, std::ios::app | std::ios::binary) << text;
}

std::string row(std::int64_t after_start_ms, const std::string& cells) {
  return std::to_string(kStart + after_start_ms * 1'000'000) + "," + cells + "\n";
}

// The run begins at kStart; its clock stands still, so stop() never waits for readings up to it
// longer than `last`.
std::unique_ptr<ReplaySensor> replay(const std::filesystem::path& file,
                                     ReplayPatience patience = {milliseconds(20),
                                                                milliseconds(20)}) {
  SensorOptions options;
  options.argument = file.string();
  return std::make_unique<ReplaySensor>(std::make_shared<VirtualClock>(kStart), options, patience);
}

TEST(Replay, FollowsAFileThatGrowsFromTheStartOfTheRun) {
  FakeRoot root;
  const auto file = root.path("/power.csv");
  append(file, "time_ns,plug\n" + row(-5000, "1000") + row(-900, "1100"));
  const auto sensor = replay(file);
  sensor->open();
  EXPECT_EQ(sensor->info().kind, "file");
  EXPECT_TRUE(sensor->info().measured);
  EXPECT_EQ(sensor->info().scope, "rail plug");
  EXPECT_EQ(sensor->info().format, PowerFormat::power_csv);
  EXPECT_FALSE(sensor->info().model.period_ms) << "nothing is known of that sensor";
  FakeSink sink;
  sensor->start(sink);
  ASSERT_TRUE(sink.wait_for_samples(1));
  append(file, row(10, "1200") + row(20, "1300").substr(0, 12));
  ASSERT_TRUE(sink.wait_for_samples(2));
  append(file, row(20, "1300").substr(12));
  ASSERT_TRUE(sink.wait_for_samples(3));
  sensor->stop();
  const auto samples = sink.samples();
  ASSERT_EQ(samples.size(), 3u) << "the reading from 5 s before the run is left out";
  EXPECT_EQ(samples[0].time_ns, kStart - 900'000'000) << "stamps are the file's own";
  EXPECT_EQ(samples[2].time_ns, kStart + 20'000'000);
  EXPECT_EQ(samples[2].values[0], 1300.0);
  EXPECT_TRUE(sink.incidents().empty());
}

TEST(Replay, EnergyIsKnownByTheFilesName) {
  FakeRoot root;
  append(root.path("/energy.csv"), "time_ns,a,b\n" + row(1, "5,"));
  const auto sensor = replay(root.path("/energy.csv"));
  sensor->open();
  EXPECT_EQ(sensor->info().reading, Reading::energy);
  EXPECT_EQ(sensor->info().format, PowerFormat::energy_csv);
  EXPECT_EQ(sensor->info().scope, "") << "nobody said which rails add up";
  FakeSink sink;
  sensor->start(sink);
  ASSERT_TRUE(sink.wait_for_samples(1));
  sensor->stop();
  EXPECT_TRUE(std::isnan(sink.samples()[0].values[1]));
}

TEST(Replay, ReadsAFifoWhoseHeaderComesLater) {
  FakeRoot root;
  const auto file = root.path("/meter");
  ASSERT_EQ(::mkfifo(file.c_str(), 0600), 0);
  const auto sensor = replay(file, {milliseconds(30'000), milliseconds(20)});
  std::thread meter([&file] {
    const int out = ::open(file.c_str(), O_WRONLY);
    const std::string text = "time_ns,plug\n" + row(1, "10") + row(2, "20");
    EXPECT_EQ(::write(out, text.data(), text.size()), static_cast<ssize_t>(text.size()));
    ::close(out);
  });
  sensor->open();
  FakeSink sink;
  sensor->start(sink);
  ASSERT_TRUE(sink.wait_for_samples(2));
  ASSERT_TRUE(sink.wait_for_incidents(1)) << "the meter's end";
  meter.join();
  sensor->stop();
  EXPECT_EQ(sink.incidents("sensor_died").size(), 1u);
  EXPECT_EQ(sink.samples()[1].values[0], 20.0);
}

TEST(Replay, TegrastatsLinesKeepTheirTextAndLoseTheirStamp) {
  FakeRoot root;
  const auto file = root.path("/log");
  const std::string text = "RAM 2344/7852MB (lfb 4x4MB) CPU [0%@1984] VDD_IN 5444mW/5425mW";
  append(file, "1750000000.5::" + text + "\n");
  const auto sensor = replay(file);
  sensor->open();
  EXPECT_EQ(sensor->info().format, PowerFormat::tegrastats);
  EXPECT_EQ(sensor->info().scope, "module");
  FakeSink sink;
  sensor->start(sink);
  ASSERT_TRUE(sink.wait_for_samples(1)) << "the line that open() had to read";
  append(file, "1750000000.7::" + text + "\n");
  ASSERT_TRUE(sink.wait_for_samples(2));
  sensor->stop();
  EXPECT_EQ(sink.lines(), (std::vector<std::string>{text, text}));
  EXPECT_EQ(sink.samples()[0].time_ns, kStart + 500'000'000);
}

TEST(Replay, StopTakesTheReadingsUpToItThatAreWrittenLate) {
  FakeRoot root;
  const auto file = root.path("/power.csv");
  append(file, "time_ns,plug\n");
  // A stop that does not wait for the reading would be caught, and one that waits on after it too.
  const auto sensor = replay(file, {milliseconds(20), milliseconds(600'000)});
  sensor->open();
  FakeSink sink;
  sensor->start(sink);
  std::thread meter([&file] { append(file, row(-1, "1") + row(0, "2")); });
  sensor->stop();
  meter.join();
  ASSERT_EQ(sink.samples().size(), 2u);
  EXPECT_EQ(sink.samples()[1].time_ns, kStart);
}

TEST(Replay, AFileFromAnotherDayShowsWhichDay) {
  FakeRoot root;
  const auto file = root.path("/power.csv");
  append(file, "time_ns,plug\n" + row(-90'000, "1") + row(-80'000, "2") + row(-70'000, "3"));
  const auto sensor = replay(file);
  sensor->open();
  FakeSink sink;
  sensor->start(sink);
  sensor->stop();
  ASSERT_EQ(sink.samples().size(), 2u);
  EXPECT_EQ(sink.samples()[1].time_ns, kStart - 70'000'000'000);
  EXPECT_EQ(sink.incidents("stale_file").size(), 1u);
}

TEST(Replay, BadLinesAndStampsThatGoBackAreLeftOutAndTold) {
  FakeRoot root;
  const auto file = root.path("/power.csv");
  append(file, "time_ns,plug\n" + row(5, "1") + row(5, "2") + row(4, "3") + "junk\n" + row(6, "4"));
  const auto sensor = replay(file);
  sensor->open();
  FakeSink sink;
  sensor->start(sink);
  ASSERT_TRUE(sink.wait_for_samples(2));
  sensor->stop();
  EXPECT_EQ(sink.samples().size(), 2u);
  EXPECT_EQ(sink.samples()[1].values[0], 4.0);
  EXPECT_EQ(sink.incidents("stamp_order").size(), 2u);
  EXPECT_EQ(sink.incidents("bad_line").size(), 1u);
}

TEST(Replay, FilesThatAreNoneAreErrorsWithTheirName) {
  FakeRoot root;
  root.write("/empty", "");
  root.write("/other", "a,b,c");
  for (const char* name : {"/missing", "/empty", "/other"}) {
    try {
      replay(root.path(name))->open();
      ADD_FAILURE() << name;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::sensor);
      EXPECT_EQ(error.where(), root.path(name).string());
      EXPECT_FALSE(error.hint().empty());
    }
  }
}

TEST(Replay, IsListedAndNeverChosenByItself) {
  const SensorBackend& backend = find_sensor("file");
  EXPECT_EQ(backend.auto_rank, 0);
  FakeRoot root;
  EXPECT_FALSE(backend.probe(root.host(), {}).usable);
  EXPECT_NE(backend.probe(root.host(), {}).hint.find("file:F"), std::string::npos);
  SensorOptions options;
  options.argument = root.path("/power.csv").string();
  EXPECT_FALSE(backend.probe(root.host(), options).usable);
  root.write("/power.csv", "time_ns,a");
  EXPECT_TRUE(backend.probe(root.host(), options).usable);
  try {
    backend.create(root.host(), {});
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
  }
}

}  // namespace
}  // namespace layerwatt
