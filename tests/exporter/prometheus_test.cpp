#include "exporter/prometheus.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>

#include "exporter/exposition.hpp"
#include "exporter/scrape.hpp"
#include "layerwatt/error.hpp"

namespace layerwatt::exporter {
namespace {

using testing::HasSubstr;

TEST(ListenAddress, IsLoopbackUnlessAskedOtherwise) {
  EXPECT_EQ(parse_listen_address(":9464").text(), "127.0.0.1:9464");
  EXPECT_EQ(parse_listen_address("localhost:1").text(), "127.0.0.1:1");
  EXPECT_TRUE(parse_listen_address(":0").loopback);
  EXPECT_TRUE(parse_listen_address("127.0.0.9:1").loopback);
  EXPECT_FALSE(parse_listen_address("0.0.0.0:9464").loopback);
  EXPECT_EQ(parse_listen_address("[::1]:9464").text(), "[::1]:9464");
  EXPECT_TRUE(parse_listen_address("[::1]:9464").loopback);
  EXPECT_FALSE(parse_listen_address("[::]:9464").loopback);
}

TEST(ListenAddress, WhatIsNoneIsRefused) {
  for (const char* text : {"", "9464", ":", ":x", ":70000", ":-1", "host:9464", "::1:9464",
                           "[1.2.3.4]:1", "1.2.3.4:1,5.6.7.8:2", ":9464s", "[::1:1", "+80:80"}) {
    EXPECT_THROW(parse_listen_address(text), Error) << text;
  }
}

TEST(OpenPrometheus, WhereThereIsNoModuleItSaysWhatToInstall) {
  // Modules are looked for beside the program too, but there is none of this name beside a test.
#ifndef LAYERWATT_HAVE_PROMETHEUS
  try {
    open_prometheus(Host{});
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.hint(), HasSubstr("apt-get install prometheus-cpp-dev"));
  }
#endif
}

#ifdef LAYERWATT_HAVE_PROMETHEUS

const Prometheus& prometheus() {
  Host host;
  host.sys = SysRoot("/", [](const std::string& name) -> std::optional<std::string> {
    if (name == "LAYERWATT_MODULE_PATH") return LAYERWATT_MODULES;
    return std::nullopt;
  });
  return open_prometheus(host);
}

std::vector<Family> hostile() {
  Families families;
  families.add("layerwatt_sensor_up", {{"sensor", "a"}}, 1.0);
  families.add("layerwatt_layer_energy_joules", {{"layer", "a\\b\"c\nd{e=\"f\"} 1"}}, 0.1);
  families.add("layerwatt_layer_energy_joules", {{"layer", "層\xff"}}, 2e-7);
  families.add("layerwatt_energy_joules_total", {}, 123456789.125);
  return std::move(families).take();
}

TEST(Prometheus, TextIsWhatAStrictReaderTakes) {
  const Exposition read = read_exposition(prometheus().text(hostile()));
  EXPECT_EQ(read.types.at("layerwatt_energy_joules_total"), "counter");
  EXPECT_EQ(read.find("layerwatt_energy_joules_total"), 123456789.125);
  EXPECT_EQ(read.find("layerwatt_sensor_up{sensor=\"a\"}"), 1.0);
  EXPECT_EQ(read.find("layerwatt_layer_energy_joules{layer=\"層\xEF\xBF\xBD\"}"), 2e-7);
  EXPECT_EQ(read.count("layerwatt_layer_energy_joules"), 2U);
  EXPECT_EQ(read.samples.size(), 4U);
}

TEST(Prometheus, ServesOverHttpAndLeavesThePort) {
  int port = 0;
  {
    const auto server = prometheus().serve("127.0.0.1:0", [] { return hostile(); });
    port = server->port();
    ASSERT_GT(port, 0);
    const HttpAnswer answer = http_get(port, "/metrics");
    EXPECT_EQ(answer.status, 200);
    EXPECT_THAT(answer.headers, HasSubstr("text/plain"));
    EXPECT_EQ(read_exposition(answer.body).find("layerwatt_sensor_up{sensor=\"a\"}"), 1.0);
    EXPECT_EQ(http_get(port, "/").status, 404);
    EXPECT_EQ(http_get(port, "/../../etc/passwd").status, 404);
    try {
      check_can_listen(parse_listen_address(":" + std::to_string(port)));
      ADD_FAILURE() << "the port is in use";
    } catch (const Error& error) {
      EXPECT_THAT(error.problem(), HasSubstr("in use"));
    }
  }
  EXPECT_NO_THROW(check_can_listen(parse_listen_address(":" + std::to_string(port))));
}

#endif

}  // namespace
}  // namespace layerwatt::exporter
