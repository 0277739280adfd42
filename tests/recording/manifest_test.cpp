#include "recording/manifest.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "temp_dir.hpp"

namespace layerwatt::recording {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

ReadManifest read(const std::string& text) { return manifest_from_json(text, "m.json"); }

std::string with(const std::string& fields) {
  return R"({"format":"layerwatt-recording","version":1)" + (fields.empty() ? "" : "," + fields) +
         "}";
}

TEST(ManifestFromJson, AbsentAndNullMeanUnknown) {
  for (const auto& text : {with(""), with(R"("created":null,"device":null,"sensor":{"kind":null,
        "period_ms":null,"rails":null,"scope":null},"layers":null,"clock":null,"stopped":null)")}) {
    const auto manifest = read(text).manifest;
    EXPECT_EQ(manifest.device_json, "{}");
    EXPECT_EQ(manifest.sensor.kind, "");
    EXPECT_EQ(manifest.sensor.scope, "");
    EXPECT_TRUE(manifest.sensor.measured);
    EXPECT_EQ(manifest.sensor.model.period_ms, std::nullopt);
    EXPECT_TRUE(manifest.sensor.rails.empty());
    EXPECT_EQ(manifest.stopped, std::nullopt);
  }
}

TEST(ManifestFromJson, ReadsEveryField) {
  const auto out = read(with(R"("created":"2026-01-02T03:04:05Z","device":{"name":"x"},
      "engine":{"v":[1,2]},"sensor":{"kind":"k","measured":false,"scope":"s","notes":"n",
      "reading":"energy","file":"energy.csv","period_ms":1,"window_ms":2.5,"latency_ms":0,
      "time_constant_ms":4,"timestamp_error_ms":5,"rails":[{"name":"A","in_total":true},
      {"name":"B"}]},"clock":"unix_ns","layers":[{"name":"l","type":"T","precision":"INT8"}],
      "stopped":"done","something":"else")"));
  const auto& manifest = out.manifest;
  EXPECT_EQ(manifest.created, "2026-01-02T03:04:05Z");
  EXPECT_EQ(manifest.device_json, R"({"name":"x"})");
  EXPECT_EQ(manifest.engine_json, R"({"v":[1,2]})");
  EXPECT_FALSE(manifest.sensor.measured);
  EXPECT_EQ(manifest.sensor.reading, Reading::energy);
  EXPECT_EQ(manifest.sensor.format, PowerFormat::energy_csv);
  EXPECT_TRUE(out.format_known);
  EXPECT_EQ(manifest.sensor.model.window_ms, 2.5);
  EXPECT_EQ(manifest.sensor.model.latency_ms, 0.0);  // known to be none
  EXPECT_EQ(manifest.sensor.model.timestamp_error_ms, 5.0);
  EXPECT_THAT(out.in_total_known, ElementsAre(true, false));
  EXPECT_EQ(manifest.layers[0].precision, "INT8");
  EXPECT_EQ(manifest.stopped, "done");
}

struct Bad {
  std::string text;
  const char* problem;
};

TEST(ManifestFromJson, SaysWhatIsWrong) {
  const Bad cases[] = {
      {"", "not JSON"},
      {"{", "not JSON"},
      {"[]", "not a JSON object"},
      {"{}", "\"format\" is not \"layerwatt-recording\""},
      {R"({"format":"layerwatt-recording"})", "\"version\" is absent"},
      {R"({"format":"layerwatt-recording","version":2})", "\"version\" is 2"},
      {R"({"format":"layerwatt-recording","version":"1"})", "\"version\" is"},
      {with(R"("clock":"boot_ns")"), "\"clock\" is \"boot_ns\""},
      {with(R"("sensor":[])"), "\"sensor\" is not an object"},
      {with(R"("sensor":{"period_ms":"5"})"), "\"sensor.period_ms\" is not a number"},
      {with(R"("sensor":{"period_ms":-5})"), "\"sensor.period_ms\" is not a finite number, 0 or"},
      {with(R"("sensor":{"period_ms":1e999})"), "not"},
      {with(R"("sensor":{"reading":"volts"})"), "\"sensor.reading\""},
      {with(R"("sensor":{"file":"../../etc/passwd"})"), "\"sensor.file\""},
      {with(R"("sensor":{"rails":["A"]})"), "an array of objects"},
      {with(R"("sensor":{"rails":[{"name":"A"},{"in_total":true}]})"), "\"sensor.rails[1].name\""},
      {with(R"("layers":[{"name":7}])"), "\"layers[0].name\" is not text"},
      {with(R"("device":7)"), "\"device\" is not an object"},
      {with(R"("device":)" + std::string(200000, '[') + std::string(200000, ']')), "too deeply"},
  };
  for (const auto& bad : cases) {
    const auto error = error_of([&] { read(bad.text); }, ErrorKind::bad_input);
    EXPECT_THAT(error.problem(), HasSubstr(bad.problem));
    EXPECT_EQ(error.where(), "m.json");
  }
}

TEST(ManifestToJson, ReadsBackAsItWas) {
  Manifest manifest;
  manifest.created = "2026-01-02T03:04:05Z";
  manifest.device_json = R"({"b":1,"a":{"c":[null,true]}})";
  manifest.sensor.kind = "rapl";
  manifest.sensor.measured = false;
  manifest.sensor.reading = Reading::energy;
  manifest.sensor.format = PowerFormat::energy_csv;
  manifest.sensor.rails = {{"package-0", true}, {"dram", false}};
  manifest.sensor.model.window_ms = 1.0 / 3.0;
  manifest.layers = {{"a \"b\"\n层", "Conv", std::nullopt}};
  manifest.half_passes = true;
  manifest.stopped = "error: disk full";
  const auto back = read(manifest_to_json(manifest)).manifest;
  EXPECT_EQ(back.created, manifest.created);
  EXPECT_TRUE(back.half_passes);
  EXPECT_EQ(nlohmann::json::parse(back.device_json), nlohmann::json::parse(manifest.device_json));
  EXPECT_FALSE(back.sensor.measured);
  EXPECT_EQ(back.sensor.reading, Reading::energy);
  EXPECT_EQ(back.sensor.format, PowerFormat::energy_csv);
  EXPECT_EQ(back.sensor.rails[1].name, "dram");
  EXPECT_FALSE(back.sensor.rails[1].in_total);
  EXPECT_EQ(back.sensor.model.window_ms, 1.0 / 3.0);
  EXPECT_EQ(back.sensor.scope, "");
  EXPECT_EQ(back.layers[0].name, "a \"b\"\n层");
  EXPECT_EQ(back.stopped, "error: disk full");
}

TEST(ManifestToJson, RepairsTextThatIsNotUtf8) {
  Manifest manifest;
  manifest.layers = {{"caf\xE9", std::nullopt, std::nullopt}};
  EXPECT_EQ(read(manifest_to_json(manifest)).manifest.layers[0].name, "caf\xEF\xBF\xBD");
}

TEST(ManifestToJson, RefusesFreeFormTextThatIsNoObject) {
  Manifest manifest;
  manifest.engine_json = "7";
  EXPECT_THAT(error_of([&] { manifest_to_json(manifest); }, ErrorKind::usage).problem(),
              HasSubstr("engine_json"));
}

}  // namespace
}  // namespace layerwatt::recording
