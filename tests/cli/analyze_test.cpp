// Recordings written by hand, whole and broken: what is said, and with which exit code.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/outcome.hpp"
#include "fakes/scratch_directory.hpp"

namespace layerwatt::cli {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;

constexpr const char* kManifest = R"({"format":"layerwatt-recording","version":1,
"created":"2024-05-01T12:00:00Z","device":{"name":"bench"},"engine":{"name":"hand"},
"sensor":{"kind":"meter","period_ms":1,"window_ms":0,"latency_ms":0,"time_constant_ms":0,
"timestamp_error_ms":0,"rails":[{"name":"VIN","in_total":true}],"scope":"board"},
"clock":"unix_ns"})";

// Two layers of 2 and 1 ms, 3.5 ms an inference, 10 ms apart; 4 W in the first, 2 W in the second.
constexpr const char* kIterations =
    "start_ns,end_ns,conv,\"fc, last\"\n"
    "1000000000,1003500000,2.0,1.0\n"
    "1010000000,1013500000,2.0,1.0\n"
    "1020000000,1023500000,2.0,1.0\n";
constexpr const char* kPower =
    "time_ns,VIN\n"
    "999000000,1000\n"
    "1001000000,4000\n"
    "1002500000,2000\n"
    "1008000000,1000\n"
    "1011000000,4000\n"
    "1012500000,2000\n"
    "1018000000,1000\n"
    "1021000000,4000\n"
    "1022500000,2000\n"
    "1028000000,1000\n";

struct Bench {
  fakes::ScratchDirectory scratch;
  std::string directory = (scratch / "r").string();
  Bench() { write(kIterations, kPower); }
  void write(const std::string& iterations, const std::string& power) {
    scratch.write("r/manifest.json", kManifest);
    scratch.write("r/iterations.csv", iterations);
    scratch.write("r/power.csv", power);
  }
  Outcome analyze(std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"analyze", directory});
    return run_layerwatt(more);
  }
};

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(AnalyzeCommand, ReportsAHandWrittenRecording) {
  const Bench bench;
  const Outcome outcome = bench.analyze({"--json", "-", "--method", "overlap"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const json result = json::parse(outcome.out);
  EXPECT_EQ(result["iterations"], 3);
  EXPECT_EQ(result["method"], "overlap");
  ASSERT_EQ(result["layers"].size(), 2u);
  EXPECT_EQ(result["layers"][1]["name"], "fc, last");
  EXPECT_DOUBLE_EQ(result["layers"][0]["time_ms"]["mean"], 2.0);
  EXPECT_DOUBLE_EQ(result["layers"][0]["energy_mj"]["mean"], 8.0) << "4 W for 2 ms";
  EXPECT_DOUBLE_EQ(result["layers"][1]["energy_mj"]["mean"], 2.0) << "2 W for 1 ms";
}

TEST(AnalyzeCommand, LooseFilesAreTheSame) {
  const Bench bench;
  const Outcome outcome =
      run_layerwatt({"analyze", "--iterations", bench.directory + "/iterations.csv", "--power",
                     bench.directory + "/power.csv", "--json", "-"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(json::parse(outcome.out)["iterations"], 3);
}

TEST(AnalyzeCommand, CrLfIsTheSame) {
  Bench bench;
  std::string crlf;
  for (const char c : std::string(kIterations)) crlf += c == '\n' ? "\r\n" : std::string(1, c);
  bench.write(crlf, replaced(kPower, "\n", "\r\n"));
  const Outcome outcome = bench.analyze({"--json", "-"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(json::parse(outcome.out)["layers"][1]["name"], "fc, last");
}

TEST(AnalyzeCommand, MistakesOfTheCommandLineAreExitCode2) {
  const Bench bench;
  EXPECT_EQ(run_layerwatt({"analyze"}).code, 2);
  EXPECT_EQ(run_layerwatt({"analyze", "--iterations", "x"}).code, 2);
  EXPECT_EQ(run_layerwatt({"analyze", "--power", "x"}).code, 2);
  EXPECT_EQ(bench.analyze({"--iterations", "x", "--power", "y"}).code, 2);
  EXPECT_EQ(bench.analyze({"--method", "magic"}).code, 2);
  for (const auto& arguments : std::vector<std::vector<std::string>>{
           {"analyze", "/no/such/recording"},
           {"analyze", "--iterations", "/no/such", "--power", "/no/such"}}) {
    const Outcome outcome = run_layerwatt(arguments);
    EXPECT_EQ(outcome.code, 2);
    EXPECT_THAT(outcome.err, AllOf(HasSubstr("/no/such"), HasSubstr("hint: ")));
  }
}

struct Broken {
  const char* name;
  std::string iterations;
  std::string power;
  std::string where;  // the file, and the line where there is one
};

void PrintTo(const Broken& broken, std::ostream* out) { *out << broken.name; }

class BadInput : public testing::TestWithParam<Broken> {};

TEST_P(BadInput, IsExitCode2AndNamesTheFileAndGivesAHint) {
  Bench bench;
  bench.write(GetParam().iterations, GetParam().power);
  const Outcome outcome = bench.analyze();
  EXPECT_EQ(outcome.code, 2) << outcome.out;
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err,
              AllOf(HasSubstr("error: "), HasSubstr(GetParam().where), HasSubstr("hint: ")));
}

const std::string kSecond = "1010000000,1013500000,2.0,1.0";

INSTANTIATE_TEST_SUITE_P(
    AnalyzeCommand, BadInput,
    testing::Values(
        Broken{"nan_stamp", replaced(kIterations, "1010000000", "nan"), kPower, "iterations.csv:3"},
        Broken{"nan_layer", replaced(kIterations, kSecond, "1010000000,1013500000,nan,1.0"), kPower,
               "iterations.csv:3"},
        Broken{"negative_layer", replaced(kIterations, kSecond, "1010000000,1013500000,-2,1.0"),
               kPower, "iterations.csv:3"},
        Broken{"unsorted_iterations", replaced(kIterations, kSecond, "910000000,913500000,2.0,1.0"),
               kPower, "iterations.csv:3"},
        Broken{"overlapping_iterations",
               replaced(kIterations, kSecond, "1003000000,1013500000,2.0,1.0"), kPower,
               "iterations.csv:3"},
        Broken{"ends_before_it_starts",
               replaced(kIterations, kSecond, "1010000000,1009500000,2.0,1.0"), kPower,
               "iterations.csv:3"},
        Broken{"missing_column", replaced(kIterations, kSecond, "1010000000,1013500000,2.0"),
               kPower, "iterations.csv:3"},
        Broken{
            "nul_bytes",
            replaced(kIterations, kSecond, std::string("1010000000,10135\0\0\0\0\0,2.0,1.0", 29)),
            kPower, "iterations.csv:3"},
        Broken{"empty_iterations", "", kPower, "iterations.csv"},
        Broken{"no_inference", "start_ns,end_ns,conv\n", kPower, "iterations.csv"},
        Broken{"unsorted_power", kIterations, replaced(kPower, "1008000000", "998000000"),
               "power.csv:5"},
        Broken{"power_is_no_number", kIterations, replaced(kPower, "2000", "two"), "power.csv:4"},
        Broken{"power_of_another_day", kIterations, "time_ns,VIN\n5,1000\n6,1000\n", "power.csv"},
        Broken{"empty_power", kIterations, "", "power.csv"},
        Broken{"no_reading", kIterations, "time_ns,VIN\n", "power.csv"}),
    [](const auto& parameter) { return std::string(parameter.param.name); });

TEST(AnalyzeCommand, ABrokenManifestIsExitCode2) {
  for (const std::string text : {"", "{", "[]", "{\"format\":\"else\"}", "\xff\xfe"}) {
    const Bench bench;
    bench.scratch.write("r/manifest.json", text);
    const Outcome outcome = bench.analyze();
    EXPECT_EQ(outcome.code, 2) << text;
    EXPECT_THAT(outcome.err, AllOf(HasSubstr("manifest.json"), HasSubstr("hint: "))) << text;
  }
}

TEST(AnalyzeCommand, ALastLineThatWasCutIsLeftOutWithAWarning) {
  Bench bench;
  bench.write(std::string(kIterations) + "1030000000,10335", std::string(kPower) + "10310000");
  const Outcome outcome = bench.analyze({"--json", "-"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(json::parse(outcome.out)["iterations"], 3);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("warning: "), HasSubstr("iterations.csv"),
                                 HasSubstr("power.csv"), HasSubstr("cut short")));
}

TEST(AnalyzeCommand, OfRailsOfAnUnknownBoardNoTotalIsInvented) {
  const Bench bench;
  const std::string line =
      "RAM 1/2MB (lfb 1x4MB) CPU [0%@100] FOO_RAIL 1000mW/1000mW BAR 500mW/500mW\n";
  std::string lines;
  for (int ms = 990; ms < 1040; ms += 2) {
    lines += (ms < 1000 ? "0." : "1.") + std::to_string(1000 + ms % 1000).substr(1) + "::" + line;
  }
  const auto power = bench.scratch.write("unknown.tegrastats", lines);
  const Outcome outcome =
      run_layerwatt({"analyze", "--iterations", bench.directory + "/iterations.csv", "--power",
                     power.string(), "--json", "-"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const json result = json::parse(outcome.out);
  EXPECT_TRUE(result["total"]["energy_mj"].is_null());
  EXPECT_FALSE(result["total"]["energy_mj_reason"].is_null());
  EXPECT_TRUE(result["total"]["rails"].contains("FOO_RAIL")) << result["total"];
}

}  // namespace
}  // namespace layerwatt::cli
