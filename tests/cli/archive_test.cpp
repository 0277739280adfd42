// Adding, listing, asking and collecting, as a user does. What needs Arrow or DuckDB is skipped,
// with a word, where they are not there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "cli/outcome.hpp"
#include "cli/shell.hpp"
#include "fakes/scratch_directory.hpp"

namespace layerwatt::cli {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kManifest = R"({"format":"layerwatt-recording","version":1,
"created":"2024-05-01T12:00:00Z","device":{"name":"bench"},"engine":{"name":"hand","model":"m"},
"sensor":{"kind":"meter","period_ms":1,"window_ms":0,"latency_ms":0,"time_constant_ms":0,
"timestamp_error_ms":0,"rails":[{"name":"VIN","in_total":true}],"scope":"board"},
"clock":"unix_ns"})";
constexpr const char* kIterations =
    "start_ns,end_ns,conv,fc\n"
    "1000000000,1003500000,2.0,1.0\n"
    "1010000000,1013500000,2.0,1.0\n";
constexpr const char* kPower =
    "time_ns,VIN\n999000000,1000\n1001000000,4000\n1002500000,2000\n1008000000,1000\n"
    "1011000000,4000\n1012500000,2000\n1028000000,1000\n";

// A Python with duckdb, or empty.
std::string duckdb_python() {
  const std::string in_tree = LAYERWATT_SOURCE "/.venv/bin/python";
  for (const std::string& python :
       {SysRoot().env("LAYERWATT_PYTHON").value_or(""), in_tree, std::string("python3")}) {
    if (python.empty()) continue;
    if (run_shell(shell_quoted(python) + " -c 'import duckdb' 2>/dev/null").code == 0) {
      return python;
    }
  }
  return {};
}

Host host_with(const std::string& python, const std::string& commit = {}) {
  Host host;
  host.sys = SysRoot("/", [=](const std::string& name) -> std::optional<std::string> {
    if (name == "LAYERWATT_PYTHON") return python;
    if (name == "LAYERWATT_COMMIT" && !commit.empty()) return commit;
    return std::nullopt;
  });
  return host;
}

struct Bench {
  fakes::ScratchDirectory scratch;
  std::string recording = (scratch / "r").string();
  std::string archive = (scratch / "a").string();
  Bench() {
    scratch.write("r/manifest.json", kManifest);
    scratch.write("r/iterations.csv", kIterations);
    scratch.write("r/power.csv", kPower);
  }
};

TEST(ArchiveCommand, WhereThereIsNoArchiveItSaysHowToMakeOne) {
  const Bench bench;
  for (const char* command : {"list", "gc"}) {
    const Outcome outcome = run_layerwatt({"archive", command, "--archive", bench.archive});
    EXPECT_EQ(outcome.code, 2);
    EXPECT_THAT(outcome.err, AllOf(HasSubstr("there is no archive"), HasSubstr("archive add")));
  }
}

TEST(ArchiveCommand, QuestionsAreListedWithWhatTheyNeed) {
  const Outcome outcome = run_layerwatt({"archive", "query", "--question", "list"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("layer-trend"), HasSubstr("--set layer=…  (needed)"),
                                 HasSubstr("--set model=%  (unless given)")));
}

TEST(ArchiveCommand, MistakesAreTheUsers) {
  EXPECT_EQ(run_layerwatt({"archive"}).code, 2);
  EXPECT_EQ(run_layerwatt({"archive", "query", "--archive", "a"}).code, 2);
  EXPECT_EQ(run_layerwatt({"archive", "query", "SELECT 1"}).code, 2);
  EXPECT_EQ(run_layerwatt({"archive", "query", "--archive", "a", "SELECT 1", "--set", "x"}).code,
            2);
  EXPECT_EQ(run_layerwatt({"archive", "query", "--archive", "a", "--question", "none"}).code, 2);
}

// An empty name (of a variable that is not set) once archived nothing and said nothing.
TEST(ArchiveCommand, AnArchiveNeedsAName) {
  const Bench bench;
  EXPECT_EQ(run_layerwatt({"archive", "add", bench.recording, "--archive", ""}).code, 2);
}

TEST(ArchiveCommand, OnlyAddingUnderstandsS3) {
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"list"}, {"gc"}, {"query", "SELECT 1"}, {"compact", "-o", "x"}}) {
    std::vector<std::string> all = {"archive"};
    all.insert(all.end(), words.begin(), words.end());
    all.insert(all.end(), {"--archive", "s3://bucket/runs"});
    const Outcome outcome = run_layerwatt(all);
    EXPECT_EQ(outcome.code, 2) << words[0];
    EXPECT_THAT(outcome.err, HasSubstr("in a folder")) << words[0];
  }
}

// 10^300 days once were a day in the future, and every run too old.
TEST(ArchiveCommand, AnAgeThatIsNoneIsRefused) {
  for (const char* option : {"--older-than", "--unfinished-for"}) {
    EXPECT_EQ(run_layerwatt({"archive", "gc", "--archive", "a", option, "1e300"}).code, 2);
    EXPECT_EQ(run_layerwatt({"archive", "gc", "--archive", "a", option, "nan"}).code, 2);
  }
}

TEST(ArchiveCommand, WithoutDuckDbItSaysWhatToInstall) {
  const fakes::ScratchDirectory scratch;
  const auto python = scratch.write(
      "python", "#!/bin/sh\necho '{\"error\":\"this has no duckdb\",\"kind\":\"missing\"}'\n");
  std::filesystem::permissions(python, std::filesystem::perms::owner_all);
  const Outcome outcome =
      run_layerwatt({"archive", "query", "--archive", scratch.path().string(), "SELECT 1"},
                    host_with(python.string()));
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("no duckdb"), HasSubstr("pip install duckdb")));
}

// Names in an archive are those of other people's models.
TEST(ArchiveCommand, AnAnswersTextIsNoFormulaAndNoControlCode) {
  const fakes::ScratchDirectory scratch;
  const auto python = scratch.write("python",
                                    "#!/bin/sh\ncat <<'END'\n"
                                    R"({"columns":["layer","mj"],"types":["VARCHAR","DOUBLE"]})"
                                    "\n"
                                    R"(["=cmd|' /C calc'!A0",-1.5])"
                                    "\n"
                                    R"(["a\u001b[31m\nb",2])"
                                    "\n"
                                    R"({"rows":2,"files":1,"seconds":{"query":0.5}})"
                                    "\nEND\n");
  std::filesystem::permissions(python, std::filesystem::perms::owner_all);
  const std::string csv = (scratch / "a.csv").string();
  const Outcome outcome = run_layerwatt(
      {"archive", "query", "--archive", scratch.path().string(), "SELECT 1", "--csv", csv},
      host_with(python.string()));
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(scratch.read("a.csv"), HasSubstr("\n'=cmd|' /C calc'!A0,-1.5\n"));
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("a\\x1b[31m\\nb"), Not(HasSubstr("\x1b"))));
}

TEST(ArchiveCommand, FoldersThatOthersMadeAreListedAsText) {
  const fakes::ScratchDirectory scratch;
  scratch.write("layerwatt-archive.json",
                R"({"format":"layerwatt-archive","version":1,"salt":"s"})");
  scratch.write("runs/date=2024-05-01/device=a\"b/model=m\x1b[31m/1.parquet", "");
  const std::string archive = scratch.path().string();
  const Outcome lines = run_layerwatt({"archive", "list", "--lines", "--archive", archive});
  EXPECT_EQ(json::parse(lines.out)["device"], "a\"b") << lines.out;
  EXPECT_THAT(run_layerwatt({"archive", "list", "--archive", archive}).out, Not(HasSubstr("\x1b")));
}

// A json.py in the folder that one stands in was imported, and run.
TEST(ArchiveCommand, PythonImportsNothingFromTheCurrentFolder) {
  const fakes::ScratchDirectory scratch;
  for (const char* module : {"json", "re", "time", "duckdb"}) {
    scratch.write(std::string(module) + ".py",
                  "open('" + (scratch / "imported").string() + "', 'w')\nraise ImportError('x')\n");
  }
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(scratch.path());
  const Outcome outcome = run_layerwatt({"archive", "query", "--archive", "a", "SELECT 1"});
  std::filesystem::current_path(before);
  EXPECT_NE(outcome.code, 0);
  EXPECT_FALSE(std::filesystem::exists(scratch / "imported")) << outcome.err;
}

#ifdef LAYERWATT_HAVE_ARCHIVE

TEST(ArchiveCommand, WhatIsAddedIsListedOnce) {
  const Bench bench;
  const std::vector<std::string> add = {"archive", "add", bench.recording, "--archive",
                                        bench.archive};
  ASSERT_EQ(run_layerwatt(add).code, 0);
  EXPECT_THAT(run_layerwatt(add).err, HasSubstr("already"));
  const Outcome listed = run_layerwatt({"archive", "list", "--lines", "--archive", bench.archive});
  ASSERT_EQ(listed.code, 0) << listed.err;
  const json run = json::parse(listed.out);
  EXPECT_EQ(run["date"], "2024-05-01");
  EXPECT_EQ(run["device"], "bench");
  EXPECT_EQ(run["model"], "m");
  const Outcome gc =
      run_layerwatt({"archive", "gc", "--archive", bench.archive, "--older-than", "1"});
  EXPECT_THAT(gc.out, HasSubstr("older than"));
  EXPECT_THAT(gc.err, HasSubstr("--delete"));
  EXPECT_NE(run_layerwatt({"archive", "list", "--archive", bench.archive}).out, "") << "a dry run";
  EXPECT_EQ(
      run_layerwatt({"archive", "gc", "--archive", bench.archive, "--older-than", "1", "--delete"})
          .code,
      0);
  EXPECT_EQ(run_layerwatt({"archive", "list", "--archive", bench.archive}).out, "");
}

TEST(ArchiveCommand, AResultThatCannotBeReadDoesNotKeepTheOthersOut) {
  const Bench bench;
  const auto bad = bench.scratch.write("bad.json", "{");
  const Outcome outcome =
      run_layerwatt({"archive", "add", bad.string(), bench.recording, "--archive", bench.archive});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("1 of 2 were not archived"));
  EXPECT_NE(run_layerwatt({"archive", "list", "--archive", bench.archive}).out, "");
}

TEST(ArchiveCommand, ATimeThatIsNoneIsRefusedBeforeAnythingIsWritten) {
  const Bench bench;
  EXPECT_EQ(run_layerwatt(
                {"archive", "add", bench.recording, "--archive", bench.archive, "--time", "noon"})
                .code,
            2);
  EXPECT_FALSE(std::filesystem::exists(bench.archive));
}

TEST(AnalyzeCommand, PutsItsResultIntoAnArchive) {
  const Bench bench;
  const Outcome outcome = run_layerwatt({"analyze", bench.recording, "--archive", bench.archive});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("archived as run"));
}

class AskedArchive : public testing::Test {
 protected:
  void SetUp() override {
    python_ = duckdb_python();
    if (python_.empty()) GTEST_SKIP() << "no Python with duckdb (pip install duckdb)";
    for (const char* day : {"2024-05-01", "2024-05-02"}) {
      const Outcome added =
          run_layerwatt({"archive", "add", bench_.recording, "--archive", bench_.archive, "--time",
                         day, "--board", day, "--samples"},
                        host_with(python_, "abc"));
      ASSERT_EQ(added.code, 0) << added.err;
    }
  }
  Outcome ask(std::vector<std::string> more) {
    more.insert(more.begin(), {"archive", "query", "--archive", bench_.archive});
    return run_layerwatt(more, host_with(python_));
  }
  json rows(const std::string& sql) {
    const Outcome outcome = ask({sql, "--json", "-"});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return json::parse(outcome.out)["rows"];
  }

  Bench bench_;
  std::string python_;
};

TEST_F(AskedArchive, AnswersInSql) {
  EXPECT_EQ(rows("SELECT layer, energy_mj, commit_id, measured, simulated, date FROM layers "
                 "ORDER BY date, layer_index LIMIT 2"),
            json::parse(R"([["conv",8.0,"abc",true,false,"2024-05-01"],
                            ["fc",2.0,"abc",true,false,"2024-05-01"]])"));
  EXPECT_EQ(rows("SELECT count(*), count(DISTINCT board) FROM runs"), json::parse("[[2,2]]"));
  EXPECT_EQ(rows("SELECT count(*), max(power_mw) FROM samples"), json::parse("[[14,4000.0]]"));
}

TEST_F(AskedArchive, AReadyQuestionAsTableAndDrawing) {
  const std::string plot = (bench_.scratch / "p.svg").string();
  const Outcome outcome = ask({"--question", "layer-trend", "--set", "layer=conv", "--plot", plot});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("2024-05-02"), Not(HasSubstr("fc"))));
  EXPECT_THAT(bench_.scratch.read("p.svg"), HasSubstr("<polyline"));
  const Outcome missing = ask({"--question", "layer-trend"});
  EXPECT_EQ(missing.code, 2);
  EXPECT_THAT(missing.err, HasSubstr("--set layer="));
}

// No regressions, said of a commit that was misspelled, would be the worst of answers.
TEST_F(AskedArchive, AWrongNameIsNoEmptyAnswer) {
  const auto refused = [&](std::vector<std::string> words, const char* why) {
    const Outcome outcome = ask(std::move(words));
    EXPECT_EQ(outcome.code, 2);
    EXPECT_THAT(outcome.err, HasSubstr(why));
  };
  refused({"--question", "regressions", "--set", "commit=abd"}, "no run has this commit");
  refused({"--question", "regressions", "--set", "commit="}, "no run has this commit");
  refused({"--question", "regressions", "--set", "commit=abc"}, "nothing was recorded after");
  refused({"--question", "layer-trend", "--set", "layer=conv2"}, "no layer has this name");
  refused({"--question", "worst-boards", "--set", "modle=m"}, "no :modle");
}

TEST_F(AskedArchive, ADamagedFileIsNamed) {
  const auto listed = run_layerwatt({"archive", "list", "--lines", "--archive", bench_.archive});
  const json run = json::parse(listed.out.substr(0, listed.out.find('\n')));
  const std::string file = "layers/date=2024-05-01/device=bench/model=m/" +
                           run["run_id"].get<std::string>() + ".parquet";
  std::filesystem::resize_file(bench_.archive + "/" + file, 100);
  const Outcome outcome = ask({"SELECT count(*) FROM runs"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr(file), HasSubstr("damaged"), Not(HasSubstr("LINE 1"))));
}

// EXPLAIN ANALYZE once carried out the COPY below it.
TEST_F(AskedArchive, AQuestionCanNeitherChangeNorReachAnything) {
  const std::string target = bench_.archive + "/written.csv";
  for (const std::string& sql : {
           "COPY (SELECT 1) TO '" + target + "'",
           "EXPLAIN ANALYZE COPY (SELECT 1) TO '" + target + "'",
           "SELECT * FROM query('COPY (SELECT 1) TO ''" + target + "''')",
           std::string("SELECT * FROM read_text('/etc/hostname')"),
           std::string("SELECT * FROM read_text('" LAYERWATT_SOURCE "/README.md')"),
           std::string("SELECT * FROM glob('/*')"),
           std::string("ATTACH 'x.db'"),
           std::string("INSTALL httpfs"),
           std::string("SET enable_external_access=true"),
           std::string("SELECT 1; SELECT 2"),
       }) {
    const Outcome outcome = ask({sql});
    EXPECT_EQ(outcome.code, 2) << sql << '\n' << outcome.out << outcome.err;
  }
  EXPECT_FALSE(std::filesystem::exists(target));
}

TEST_F(AskedArchive, LayersWithoutTheirRunDoNotCount) {
  const Outcome listed = run_layerwatt({"archive", "list", "--lines", "--archive", bench_.archive});
  const json run = json::parse(listed.out.substr(0, listed.out.find('\n')));
  std::filesystem::remove(bench_.archive + "/runs/date=2024-05-01/device=bench/model=m/" +
                          run["run_id"].get<std::string>() + ".parquet");
  EXPECT_EQ(rows("SELECT count(*) FROM layers"), json::parse("[[2]]"));
}

TEST_F(AskedArchive, ACompactedCopyAnswersTheSame) {
  const std::string copy = (bench_.scratch / "fast").string();
  const Outcome made = run_layerwatt(
      {"archive", "compact", "--archive", bench_.archive, "-o", copy}, host_with(python_));
  ASSERT_EQ(made.code, 0) << made.err;
  const std::string sql = "SELECT * FROM layers ORDER BY run_id, layer_index";
  const json before = rows(sql);
  bench_.archive = copy;
  EXPECT_EQ(rows(sql), before);
  EXPECT_EQ(run_layerwatt({"archive", "list", "--archive", copy}).code, 2);
  EXPECT_EQ(run_layerwatt({"archive", "add", bench_.recording, "--archive", copy}).code, 2)
      << "a copy is only there to be asked";
  EXPECT_EQ(run_layerwatt({"archive", "compact", "--archive", bench_.archive, "-o", copy},
                          host_with(python_))
                .code,
            2)
      << "never over something";
}

#else

TEST(ArchiveCommand, WithoutArrowItSaysWhatToInstall) {
  const Bench bench;
  const Outcome outcome =
      run_layerwatt({"archive", "add", bench.recording, "--archive", bench.archive});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("pip install"));
}

#endif

}  // namespace
}  // namespace layerwatt::cli
