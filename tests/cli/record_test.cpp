#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/outcome.hpp"
#include "core/subprocess.hpp"
#include "fakes/scratch_directory.hpp"
#include "layerwatt/recording.hpp"

namespace layerwatt::cli {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;

// The one sensor that every machine has.
std::vector<std::string> record(const std::filesystem::path& directory,
                                const std::vector<std::string>& more) {
  std::vector<std::string> arguments{"record", "-o", directory.string(), "--sensor", "estimate"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

TEST(RecordCommand, ReportsTheEnergyOfACommand) {
  const fakes::ScratchDirectory scratch;
  const Outcome outcome = run_layerwatt(record(scratch / "r", {"--", "sleep", "0.2"}));
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("exit status 0"), HasSubstr("total"),
                                 HasSubstr("NOT MEASURED"), HasSubstr("peak")));
  const Outcome again = run_layerwatt({"analyze", (scratch / "r").string(), "--json", "-"});
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(json::parse(again.out)["iterations"], 1);
}

TEST(RecordCommand, JsonHoldsRailsTotalAndTheEnd) {
  const fakes::ScratchDirectory scratch;
  const Outcome outcome = run_layerwatt(
      record(scratch / "r", {"--json", "-", "--", "sh", "-c", "sleep 0.1; exit 3", "--odd"}));
  EXPECT_EQ(outcome.code, 1) << "the command failed";
  EXPECT_THAT(outcome.err, HasSubstr("exit status 3"));
  const json report = json::parse(outcome.out);
  EXPECT_EQ(report["schema"], "layerwatt.command/1");
  EXPECT_EQ(report["command"],
            (std::vector<std::string>{"sh", "-c", "sleep 0.1; exit 3", "--odd"}));
  EXPECT_EQ(report["exit_status"], 3);
  EXPECT_TRUE(report["signal"].is_null());
  EXPECT_EQ(report["sensor"]["measured"], false);
  EXPECT_GE(report["duration_ms"], 100.0);
  const double mw = report["total"]["power_mw"]["mean"];
  const double ms = report["duration_ms"];
  EXPECT_NEAR(report["total"]["energy_mj"]["mean"], mw * ms / 1000.0, 1e-6);
  EXPECT_GE(report["total"]["peak_mw"], mw);
}

TEST(RecordCommand, MistakesAreExitCode2AndNothingIsRun) {
  const fakes::ScratchDirectory scratch;
  const std::string marker = (scratch / "ran").string();
  const std::vector<std::string> touch{"--", "touch", marker};
  EXPECT_EQ(run_layerwatt({"record", "--", "touch", marker}).code, 2) << "no -o";
  EXPECT_EQ(run_layerwatt(record(scratch / "a", {})).code, 2) << "no command";
  EXPECT_EQ(run_layerwatt(record(scratch / "b", {"--", "/no/such/program"})).code, 2);
  EXPECT_EQ(run_layerwatt({"record", "-o", (scratch / "c").string(), "--sensor", "none", "--",
                           "touch", marker})
                .code,
            2);
  ASSERT_EQ(run_layerwatt(record(scratch / "d", {"--", "true"})).code, 0);
  EXPECT_EQ(run_layerwatt(record(scratch / "d", touch)).code, 2) << "already a recording";
  EXPECT_EQ(run_layerwatt(record(scratch / "e",
                                 {"--json", (scratch / "no/x").string(), "--", "touch", marker}))
                .code,
            1);
  EXPECT_FALSE(std::filesystem::exists(marker));
}

// SIGTERM to layerwatt alone (`kill`), and to the command as well (as Ctrl-C in a terminal does).
TEST(RecordCommand, ASignalIsPassedOnAndWhatWasMeasuredIsReported) {
  for (const bool to_both : {false, true}) {
    const fakes::ScratchDirectory scratch;
    const auto started = scratch / "started";
    SubprocessOptions options;
    options.command = record(
        scratch / "r",
        {"--json", "-", "--", "sh", "-c", "touch \"$1\"; exec sleep 600", "sh", started.string()});
    options.command.insert(options.command.begin(), LAYERWATT_PROGRAM);
    Subprocess child(options);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!std::filesystem::exists(started) && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    ::kill(to_both ? -child.pid() : child.pid(), SIGTERM);
    std::string said;
    std::string_view line;
    while (child.read_line(line, std::chrono::seconds(60)) == Subprocess::Read::line) {
      said += std::string(line) + '\n';
    }
    EXPECT_EQ(child.wait().code, 130) << said;
    EXPECT_THAT(said, AllOf(HasSubstr("\"signal\": 15"), HasSubstr("\"interrupted\": true")));
    EXPECT_EQ(load_recording(scratch / "r").manifest.stopped, "interrupted");
  }
}

}  // namespace
}  // namespace layerwatt::cli
