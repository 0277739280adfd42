#include "report/sweep_reports.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/golden.hpp"
#include "report/in_browser.hpp"
#include "report/sample.hpp"

namespace layerwatt {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

SweepPoint point(const std::string& batch, double latency_ms, double energy_mj) {
  SweepPoint p;
  p.settings = {{"batch", batch}, {"precision", "f16"}};
  p.latency_ms = sample::estimate(latency_ms, 0.01 * latency_ms);
  p.energy_mj = sample::estimate(energy_mj, 0.02 * energy_mj);
  p.power_mw = sample::estimate(1000 * energy_mj / latency_ms, 20);
  p.batch = std::stod(batch);
  return p;
}

SweepReport report() {
  SweepReport r{"models/resnet18.onnx", "measured by tegrastats, scope: module", true, {}};
  r.points = {point("1", 2.0, 30.0), point("2", 3.0, 20.0), point("4", 5.0, 21.0),
              point("8", 8.0, 15.0)};
  SweepPoint failed;
  failed.settings = {{"batch", "16"}, {"precision", "f16"}};
  failed.failure = "out of memory";
  failed.latency_ms = failed.energy_mj = failed.power_mw = Missing{"failed"};
  r.points.push_back(failed);
  return r;
}

TEST(ParetoFront, IsWhatNothingBeatsInBoth) {
  EXPECT_THAT(pareto_front(report().points), ElementsAre(true, true, false, true, false));
}

TEST(ParetoFront, EqualsAreBothInFrontAndTiesAreBeaten) {
  EXPECT_THAT(pareto_front({point("1", 2, 30), point("1", 2, 30), point("1", 2, 31)}),
              ElementsAre(true, true, false));
  EXPECT_THAT(pareto_front({}), testing::IsEmpty());
}

TEST(SweepReports, Golden) {
  std::ostringstream table;
  write_sweep_table(table, report(), {});
  expect_golden("sweep.txt", table.str());
  std::ostringstream json;
  write_sweep_json(json, report());
  expect_golden("sweep.json", json.str());
}

TEST(SweepReports, ThePageCarriesTheJson) {
  std::ostringstream out;
  write_sweep_html(out, report());
  const std::string page = out.str();
  const std::string open = R"(id="data">)";
  const auto from = page.find(open) + open.size();
  const auto data = nlohmann::json::parse(page.substr(from, page.find("</script>", from) - from));
  EXPECT_EQ(data["sweep"]["points"].size(), 5u);
  EXPECT_EQ(data["sweep"]["points"][0]["pareto"], true);
}

void expect_good_in_browser(const SweepReport& sweep, const std::string& more = "") {
  const fakes::ScratchDirectory scratch;
  std::ostringstream json;
  write_sweep_json(json, sweep);
  std::ostringstream page;
  write_sweep_html(page, sweep);
  const auto figures = scratch.write("sweep.json", json.str());
  expect_good_page(page.str(), "--sweep '" + figures.string() + "' " + more);
}

TEST(SweepInBrowser, AFrontAndAFailure) {
  expect_good_in_browser(report(), like_golden("sweep.page.json"));
}

// Two settings that come out the same have one label, and all rows.
TEST(SweepInBrowser, EqualPoints) {
  SweepReport sweep = report();
  sweep.points.push_back(point("2", 3.0, 20.0));
  expect_good_in_browser(sweep);
}

TEST(SweepInBrowser, NothingRan) {
  expect_good_in_browser(
      {"</title><img src=x onerror=document.title='owned'>", "no power", true, {}});
}

}  // namespace
}  // namespace layerwatt
