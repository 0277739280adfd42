// Recordings whose writer was stopped by force, or by a full disk.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <thread>

#include "layerwatt/recording.hpp"
#include "temp_dir.hpp"

namespace layerwatt::recording {
namespace {

using testing::Contains;
using testing::Not;

Manifest manifest() {
  Manifest out;
  out.sensor.rails = {{"VDD_IN", true}};
  out.layers = {{"conv, 1", "Convolution", std::nullopt}, {"fc", std::nullopt, std::nullopt}};
  return out;
}

double layer_ms(std::int64_t i) { return static_cast<double>(i % 1000) / 2048.0; }
double power_mw(std::int64_t i) { return static_cast<double>(i * 377 % 1000) + 0.1; }

void write_row(RecordingWriter& writer, std::int64_t i) {
  writer.sample(i * 1'000'000, std::vector<double>{power_mw(i)});
  writer.iteration(i * 1'000'000, (i + 1) * 1'000'000, std::vector<double>{layer_ms(i), 0.25});
}

// What is there is the beginning of what was written, bit by bit.
void expect_a_beginning(const Recording& recording) {
  for (std::size_t i = 0; i < recording.iterations.size(); ++i) {
    const auto n = static_cast<std::int64_t>(i);
    ASSERT_EQ(recording.iterations.start_ns[i], n * 1'000'000);
    ASSERT_EQ(recording.iterations.end_ns[i], (n + 1) * 1'000'000);
    ASSERT_EQ(recording.iterations.row(i)[0], layer_ms(n));
    ASSERT_EQ(recording.iterations.row(i)[1], 0.25);
  }
  for (std::size_t i = 0; i < recording.power.size(); ++i) {
    const auto n = static_cast<std::int64_t>(i);
    ASSERT_EQ(recording.power.time_ns[i], n * 1'000'000);
    ASSERT_EQ(recording.power.row(i)[0], power_mw(n));
  }
}

// Runs it in a process of its own, without the test's atexit handlers.
pid_t in_child(const std::function<int()>& run) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  int status = 99;
  try {
    status = run();
  } catch (...) {
  }
  ::_exit(status);
}

TEST(CutRecording, IsReadableAfterAKill) {
  TempDir dir;
  const auto run = dir / "run";
  const pid_t child = in_child([&] {
    RecordingWriter writer(run, manifest());
    for (std::int64_t i = 0;; ++i) write_row(writer, i);
    return 0;
  });
  ASSERT_GT(child, 0);
  // Some buffers' worth of both files.
  const auto size = [&](const char* name) {
    std::error_code error;
    const auto bytes = std::filesystem::file_size(run / name, error);
    return error ? 0 : bytes;
  };
  while (size("power.csv") < 300'000 || size("iterations.csv") < 300'000) {
    ASSERT_EQ(::waitpid(child, nullptr, WNOHANG), 0) << "the writer ended by itself";
    std::this_thread::yield();
  }
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);

  const auto recording = load_recording(run);
  EXPECT_EQ(recording.manifest.stopped, std::nullopt);
  EXPECT_TRUE(std::any_of(recording.warnings.begin(), recording.warnings.end(),
                          [](const Warning& warning) { return warning.code == "cut_short"; }));
  EXPECT_EQ(recording.manifest.layers[0].type, "Convolution");
  EXPECT_GT(recording.iterations.size(), 5000U);
  EXPECT_GT(recording.power.size(), 5000U);
  // A last row may be cut: the kernel can end a write between two pages.
  expect_a_beginning(recording);
}

TEST(CutRecording, IsReadableWhereverItIsCut) {
  TempDir dir;
  const auto run = dir / "run";
  {
    RecordingWriter writer(run, manifest());
    for (std::int64_t i = 0; i < 12; ++i) write_row(writer, i);
  }  // no close(): the manifest does not vouch for the last row
  const auto iterations = dir.read("run/iterations.csv");
  const auto power = dir.read("run/power.csv");
  const auto rows_in = [](const std::string& text) {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) - 1;
  };
  ASSERT_EQ(rows_in(iterations), 12U);
  const auto first_rows = [](const std::string& text) {
    return text.find('\n', text.find('\n') + 1) + 1;
  };
  for (std::size_t n = first_rows(iterations); n <= iterations.size(); ++n) {
    dir.write("run/iterations.csv", iterations.substr(0, n));
    const auto recording = load_recording(run);
    ASSERT_EQ(recording.iterations.size(), rows_in(iterations.substr(0, n))) << n;
    const bool whole = iterations[n - 1] == '\n';
    ASSERT_EQ(codes(recording.warnings).size(), whole ? 1U : 2U)
        << n << ": cut_short, truncated_row";
    expect_a_beginning(recording);
  }
  for (std::size_t n = first_rows(power); n <= power.size(); ++n) {
    dir.write("run/power.csv", power.substr(0, n));
    const auto recording = load_recording(run);
    ASSERT_EQ(recording.power.size(), rows_in(power.substr(0, n))) << n;
    expect_a_beginning(recording);
  }
}

TEST(CutRecording, IsReadableAfterTheDiskIsFull) {
  TempDir dir;
  const auto run = dir / "run";
  const pid_t child = in_child([&] {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{200'001, 200'001};
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return 2;
    RecordingWriter writer(run, manifest());
    try {
      for (std::int64_t i = 0; i < 10'000'000; ++i) write_row(writer, i);
      return 3;
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::io || error.hint().empty()) return 4;
    }
    try {
      writer.close("error: disk full");
      return 5;  // rows were lost: close() must not look like success
    } catch (const Error&) {
      return 0;
    }
  });
  ASSERT_GT(child, 0);
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  ASSERT_EQ(WEXITSTATUS(status), 0);

  const auto recording = load_recording(run);
  EXPECT_EQ(recording.manifest.stopped, "error: disk full");
  EXPECT_GT(recording.iterations.size(), 3000U);
  expect_a_beginning(recording);
  // Cut back to the last whole row: nothing torn is left, as the manifest's `stopped` promises.
  EXPECT_EQ(dir.read("run/iterations.csv").back(), '\n');
  EXPECT_EQ(dir.read("run/power.csv").back(), '\n');
  EXPECT_THAT(codes(recording.warnings), Not(Contains("truncated_row")));
}

TEST(CutRecording, AWriterWithoutCloseLeavesEveryRow) {
  TempDir dir;
  {
    RecordingWriter writer(dir.path(), manifest());
    for (std::int64_t i = 0; i < 3; ++i) write_row(writer, i);
  }
  const auto recording = load_recording(dir.path());
  EXPECT_EQ(recording.iterations.size(), 3U);
  EXPECT_EQ(recording.manifest.stopped, std::nullopt);
}

}  // namespace
}  // namespace layerwatt::recording
