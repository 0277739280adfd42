#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/outcome.hpp"
#include "fakes/scratch_directory.hpp"
#include "layerwatt/registry.hpp"
#include "report/sample.hpp"

namespace layerwatt::cli {
namespace {

using nlohmann::json;
using testing::HasSubstr;

struct Bench {
  fakes::ScratchDirectory scratch;
  std::string before = put("before.json", 100.0);
  std::string worse = put("worse.json", 110.0);

  std::string put(const std::string& name, double energy_mj) const {
    Result result = sample::board();
    result.total.energy_mj = sample::estimate(energy_mj, 0.5);
    std::ostringstream text;
    find_report("json").write(text, result, {}, {});
    return scratch.write(name, text.str()).string();
  }
};

TEST(CompareCommand, PrintsATableAndExitsWithZero) {
  const Bench bench;
  const Outcome outcome = run_layerwatt({"compare", bench.before, bench.worse});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("worse"));
}

TEST(CompareCommand, AGateThatIsNotMetExitsWithThree) {
  const Bench bench;
  const Outcome outcome =
      run_layerwatt({"compare", bench.before, bench.worse, "--fail-if", "energy>+5%"});
  EXPECT_EQ(outcome.code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("energy>+5%"));
  EXPECT_THAT(outcome.out, HasSubstr("failed")) << "the report is there all the same";
  EXPECT_EQ(run_layerwatt({"compare", bench.before, bench.worse, "--fail-if", "energy>+15%"}).code,
            0);
  EXPECT_EQ(run_layerwatt({"compare", bench.before, bench.before, "--fail-if", "energy>+0%"}).code,
            0);
}

TEST(CompareCommand, SeveralAgainstOne) {
  const Bench bench;
  const Outcome outcome =
      run_layerwatt({"compare", bench.before, bench.worse, bench.before, "--json", "-"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const json root = json::parse(outcome.out);
  ASSERT_EQ(root["comparisons"].size(), 2u);
  EXPECT_EQ(root["comparisons"][0]["total"]["energy_mj"]["verdict"], "worse");
  EXPECT_EQ(root["comparisons"][1]["total"]["energy_mj"]["verdict"], "no_evidence");
}

TEST(CompareCommand, WritesEveryReport) {
  const Bench bench;
  const std::string html = (bench.scratch / "c.html").string();
  const std::string markdown = (bench.scratch / "c.md").string();
  const Outcome outcome =
      run_layerwatt({"compare", bench.before, bench.worse, "--html", html, "--markdown", markdown});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(bench.scratch.read("c.html"), HasSubstr("<!doctype html>"));
  EXPECT_THAT(bench.scratch.read("c.md"), HasSubstr("| one inference |"));
}

TEST(CompareCommand, BadInputExitsWithTwo) {
  const Bench bench;
  const std::string broken = bench.scratch.write("broken.json", "{").string();
  EXPECT_EQ(run_layerwatt({"compare", bench.before}).code, 2);
  EXPECT_EQ(run_layerwatt({"compare", bench.before, "/no/such"}).code, 2);
  EXPECT_EQ(run_layerwatt({"compare", bench.before, broken}).code, 2);
  EXPECT_EQ(run_layerwatt({"compare", bench.before, bench.worse, "--fail-if", "speed>1%"}).code, 2);
  EXPECT_EQ(
      run_layerwatt({"compare", bench.before, bench.worse, "--json", "-", "--html", "-"}).code, 2);
  EXPECT_EQ(run_layerwatt({"compare", bench.before, bench.worse, "--json", "/no/folder/x"}).code,
            1);
}

}  // namespace
}  // namespace layerwatt::cli
