#include "exporter/metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <stdexcept>

namespace layerwatt::exporter {
namespace {

std::string file(const std::string& name) {
  std::ifstream stream(LAYERWATT_SOURCE "/" + name);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

// https://prometheus.io/docs/practices/naming/
TEST(Metrics, AreNamedAsPrometheusWantsThem) {
  const std::regex shape("layerwatt_[a-z]+(_[a-z]+)*");
  std::set<std::string> names;
  for (const Metric& metric : metrics()) {
    const std::string name = metric.name;
    EXPECT_TRUE(std::regex_match(name, shape)) << name;
    EXPECT_TRUE(names.insert(name).second) << name;
    EXPECT_EQ(name.ends_with("_total"), metric.type == MetricType::counter) << name;
    EXPECT_NE(std::string(metric.help), "") << name;
    EXPECT_EQ(std::string(metric.help).find_first_of("\n\\"), std::string::npos) << name;
    for (const char* wrong : {"_ms", "_mw", "_mj", "_milli", "_percent", "_mhz"}) {
      EXPECT_EQ(name.find(wrong), std::string::npos) << name;
    }
  }
}

TEST(Metrics, AreAllDocumented) {
  const std::string page = file("docs/export.md");
  for (const Metric& metric : metrics()) {
    EXPECT_NE(page.find("`" + std::string(metric.name) + "`"), std::string::npos) << metric.name;
  }
}

// Every query of the dashboard, wherever it stands in the document.
void collect_queries(const nlohmann::json& json, std::vector<std::string>& queries) {
  if (json.is_object()) {
    for (const auto& [key, value] : json.items()) {
      if ((key == "expr" || key == "query" || key == "definition") && value.is_string()) {
        queries.push_back(value.get<std::string>());
      }
      collect_queries(value, queries);
    }
  } else if (json.is_array()) {
    for (const auto& value : json) collect_queries(value, queries);
  }
}

TEST(Metrics, TheDashboardAsksForNothingElse) {
  std::set<std::string> names;
  for (const Metric& metric : metrics()) names.insert(metric.name);
  const auto dashboard = nlohmann::json::parse(file("fleet/grafana-layerwatt.json"));
  std::vector<std::string> queries;
  collect_queries(dashboard, queries);
  EXPECT_GT(queries.size(), 10U);
  const std::regex word("layerwatt_[a-z_]+");
  for (const std::string& query : queries) {
    std::size_t found = 0;
    for (std::sregex_iterator at(query.begin(), query.end(), word), end; at != end; ++at) {
      EXPECT_EQ(names.count(at->str()), 1U) << at->str() << " in " << query;
      ++found;
    }
    EXPECT_TRUE(found > 0 || query == "prometheus") << query;
  }
}

TEST(Families, LeaveOutWhatIsNotKnown) {
  Families families;
  families.add("layerwatt_power_watts", {{"sensor", "a"}, {"scope", ""}}, 2.0);
  families.add("layerwatt_power_watts", {{"sensor", "b"}},
               std::numeric_limits<double>::quiet_NaN());
  families.add("layerwatt_sensor_up", {}, std::numeric_limits<double>::infinity());
  EXPECT_THROW(families.add("layerwatt_no_such_metric", {}, 1.0), std::logic_error);
  const auto told = std::move(families).take();
  ASSERT_EQ(told.size(), 1U);
  ASSERT_EQ(told[0].samples.size(), 1U);
  EXPECT_EQ(told[0].samples[0].labels, (Labels{{"sensor", "a"}}));
}

TEST(LabelValue, IsShortUtf8WithBothItsEnds) {
  EXPECT_EQ(label_value("conv \"1\"\n"), "conv \"1\"\n") << "quoting is the text format's";
  EXPECT_EQ(label_value("a\xff"
                        "b"),
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(label_value(std::string(96, 'x')), std::string(96, 'x'));
  const std::string cut = label_value("head" + std::string(500, 'x') + "tail");
  EXPECT_EQ(cut.size(), kMostLabelBytes);
  EXPECT_TRUE(cut.starts_with("head") && cut.ends_with("tail")) << cut;
  EXPECT_NE(cut.find("…"), std::string::npos);
  for (std::size_t shift = 0; shift < 3; ++shift) {
    std::string wide(shift, 'x');
    for (int i = 0; i < 200; ++i) wide += "層";
    const std::string text = label_value(wide);
    EXPECT_LE(text.size(), kMostLabelBytes);
    EXPECT_EQ(label_value(text), text) << "still UTF-8";
  }
}

}  // namespace
}  // namespace layerwatt::exporter
