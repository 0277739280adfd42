#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "fakes/scratch_directory.hpp"
#include "report/golden.hpp"
#include "report/in_browser.hpp"
#include "report/sample.hpp"

namespace layerwatt {
namespace {

using nlohmann::json;
using testing::HasSubstr;

constexpr std::int64_t kMs = 1'000'000;

// Inferences of `result`'s layers, back to back, and `readings` spread over them.
Recording run_of(const Result& result, std::size_t inferences, std::size_t readings) {
  Recording r;
  r.manifest.created = "2024-05-01T12:00:00.000Z";
  r.manifest.stopped = "done";
  std::int64_t inference_ns = kMs;
  for (const LayerResult& layer : result.layers) {
    r.iterations.layers.push_back(layer.name);
    inference_ns += static_cast<std::int64_t>(layer.time_ms->mean * 1e6);
  }
  for (std::size_t i = 0; i < inferences; ++i) {
    r.iterations.start_ns.push_back(1'700'000'000'000'000'000 +
                                    static_cast<std::int64_t>(i) * inference_ns);
    r.iterations.end_ns.push_back(r.iterations.start_ns.back() + inference_ns);
    for (const LayerResult& layer : result.layers)
      r.iterations.layer_ms.push_back(layer.time_ms->mean);
  }
  r.power.rails = {{"VDD_GPU_SOC", true}, {"VDD_CPU_CV", true}, {"VDDQ", false}};
  const std::int64_t span = static_cast<std::int64_t>(inferences) * inference_ns;
  for (std::size_t i = 0; i < readings; ++i) {
    r.power.time_ns.push_back(r.iterations.start_ns.front() +
                              static_cast<std::int64_t>(i) * span /
                                  static_cast<std::int64_t>(readings));
    const double wave = static_cast<double>(i * 7919 % 1000);
    for (const double mw : {7000 + wave, 2400 - wave, 400.0}) r.power.rail_mw.push_back(mw);
  }
  return r;
}

json data_of(const std::string& page) {
  const std::string open = R"(<script type="application/json" id="data">)";
  const auto from = page.find(open) + open.size();
  return json::parse(page.substr(from, page.find("</script>", from) - from));
}

TEST(HtmlReport, CarriesTheResultOfTheJsonReport) {
  const Result board = sample::board();
  const json data = data_of(written("html", board, {}, run_of(board, 50, 400)));
  EXPECT_EQ(data["result"], json::parse(written("json", board)));
  EXPECT_EQ(data["rails"]["VDDQ"], false) << "part of another rail: shown, not added";
  EXPECT_EQ(data["timeline"]["samples"], 400);
  EXPECT_EQ(data["timeline"]["inferences"], 50);
  EXPECT_EQ(data["timeline"]["overview"]["rails"].size(), 3u);
  EXPECT_GE(data["timeline"]["detail"]["iterations"].size(), 3u);
}

TEST(HtmlReport, WithoutARecordingThereIsNoTimeline) {
  const json data = data_of(written("html", sample::board()));
  EXPECT_TRUE(data["timeline"].is_null());
}

TEST(HtmlReport, SaysThatNothingWasMeasured) {
  EXPECT_THAT(data_of(written("html", sample::simulated()))["power_source"].get<std::string>(),
              HasSubstr("NOT MEASURED"));
}

TEST(HtmlReport, NamesCannotLeaveTheData) {
  Result result = sample::nasty_names();
  result.layers[0].name = "</script><img src=x onerror=alert(1)>";
  const std::string page = written("html", result);
  EXPECT_EQ(page.find("<img"), std::string::npos);
  EXPECT_EQ(data_of(page)["result"]["layers"][0]["name"], result.layers[0].name);
}

TEST(HtmlReport, AFullDiskIsAnError) { expect_io_error_on_full_disk("html"); }

Result large_result() {
  Result result = sample::board();
  result.groups.clear();
  result.layers.clear();
  for (std::size_t i = 0; i < 2000; ++i) {
    const std::string block = std::to_string(i / 9);
    result.layers.push_back(sample::layer(i,
                                          "/model/encoder/block." + block + "/attention/MatMul_" +
                                              std::to_string(i) + " + /model/encoder/block." +
                                              block + "/Add",
                                          i % 3 == 0 ? "CaskConvolution" : "PointWise",
                                          0.003 + 0.0001 * static_cast<double>(i * 37 % 101),
                                          4000 + static_cast<double>(i * 7919 % 9000)));
  }
  double energy = 0.0;
  for (const LayerResult& layer : result.layers) energy += layer.energy_mj->mean;
  result.total.energy_mj = sample::estimate(energy * 1.02, energy * 0.01);
  return result;
}

constexpr std::size_t kMostBytes = 8'000'000;

TEST(HtmlReport, StaysSmallWithTwoThousandLayersAndAMillionReadings) {
  const Result result = large_result();
  const std::string page = written("html", result, {}, run_of(result, 200, 1'000'000));
  EXPECT_LT(page.size(), kMostBytes);
  EXPECT_EQ(data_of(page)["timeline"]["samples"], 1'000'000);
}

// ---- in a browser --------------------------------------------------------------------------

void expect_good_in_browser(const Result& result, const Recording& recording,
                            const std::string& more = "") {
  const fakes::ScratchDirectory scratch;
  const auto figures = scratch.write("result.json", written("json", result));
  expect_good_page(written("html", result, {}, recording),
                   "--json '" + figures.string() + "' " + more);
}

TEST(HtmlInBrowser, ABoardWithAGroup) {
  const Result board = sample::board();
  expect_good_in_browser(board, run_of(board, 200, 2000), like_golden("board.page.json"));
}

TEST(HtmlInBrowser, ANetworkOfSixtyLayers) {
  const Result network = sample::resnet18();
  expect_good_in_browser(network, run_of(network, 200, 2000));
}

TEST(HtmlInBrowser, NamesThatWantToBeMarkup) {
  Result result = sample::nasty_names();
  result.layers[0].name = "</script><img src=x onerror=document.title='owned'>";
  result.layers[1].name = "<b id=injected>bold</b>";
  result.layers[2].type = "\"><script>document.title='owned'</script>";
  result.warnings = {
      {"<i id=injected>", "<img src=x onerror=document.title='owned'>", "</style><script>"}};
  result.engine_json =
      R"({"name":"<svg onload=document.title='owned'>","model":"</title><b id=injected>"})";
  expect_good_in_browser(result, run_of(result, 20, 200));
}

TEST(HtmlInBrowser, TimesAlone) { expect_good_in_browser(sample::times_alone(), {}); }
TEST(HtmlInBrowser, NothingAtAll) { expect_good_in_browser(sample::nothing(), {}); }

TEST(HtmlInBrowser, TwoThousandLayersAndAMillionReadings) {
  const Result result = large_result();
  expect_good_in_browser(result, run_of(result, 200, 1'000'000));
}

}  // namespace
}  // namespace layerwatt
