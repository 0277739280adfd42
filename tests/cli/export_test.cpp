// The exporter as a process, scraped over a socket, with a sensor that another program writes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>
#include <thread>

#include "cli/outcome.hpp"
#include "core/subprocess.hpp"
#include "exporter/exposition.hpp"
#include "exporter/scrape.hpp"
#include "fakes/scratch_directory.hpp"
#include "fakes/simulated_model.hpp"
#include "layerwatt/clock.hpp"

namespace layerwatt::cli {
namespace {

using exporter::Exposition;
using testing::AllOf;
using testing::HasSubstr;

TEST(ExportCommand, MistakesAreTheUsers) {
  const fakes::ScratchDirectory scratch;
  const auto code = [](std::vector<std::string> words) {
    words.insert(words.begin(), "export");
    return run_layerwatt(words).code;
  };
  EXPECT_EQ(code({}), 2) << "where to?";
  EXPECT_EQ(code({"--sensor", "none", "--prometheus", ":0"}), 2) << "what?";
  EXPECT_EQ(code({"--prometheus", ":0", "--sensor", "none", "--watch", "/no/folder"}), 2);
  EXPECT_EQ(code({"--prometheus", ":0", "--max-layers", "-1"}), 2);
  EXPECT_EQ(code({"--prometheus", ":0", "--stale-after", "0"}), 2);
  EXPECT_EQ(code({"--textfile", "/no/folder/x.prom", "--sensor", "none", "--result", "r"}), 1);
}

#ifdef LAYERWATT_HAVE_PROMETHEUS

TEST(ExportCommand, SensorsAndAddressesThatAreNoneAreExitCodes) {
  const fakes::ScratchDirectory scratch;
  const auto run = [](std::vector<std::string> words) {
    words.insert(words.begin(), "export");
    return run_layerwatt(words);
  };
  EXPECT_EQ(run({"--prometheus", ":0", "--sensor", "no-such-sensor"}).code, 2);
  EXPECT_EQ(run({"--prometheus", ":0", "--sensor", "file:" + (scratch / "none").string()}).code, 1);
  EXPECT_EQ(run({"--prometheus", "9464", "--sensor", "none", "--result", "r"}).code, 2);
  const Outcome elsewhere =
      run({"--prometheus", "192.0.2.1:0", "--sensor", "none", "--result", "r"});
  EXPECT_EQ(elsewhere.code, 1);
  EXPECT_THAT(elsewhere.err, HasSubstr("cannot listen"));
}

// Writes 4 W on VIN and 1 W on GPU, ten times a second, until it is told to stop.
class Meter {
 public:
  explicit Meter(std::filesystem::path file) : file_(std::move(file)) {
    std::ofstream(file_) << "time_ns,VIN,GPU\n";
    thread_ = std::thread([this] {
      const SteadyClock clock;
      while (!stopping_) {
        if (!silent_) {
          std::ofstream(file_, std::ios::app) << clock.now_ns() << ",4000,1000\n" << std::flush;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
      }
    });
  }
  ~Meter() {
    stopping_ = true;
    thread_.join();
  }
  Meter(const Meter&) = delete;
  Meter& operator=(const Meter&) = delete;
  void be_silent(bool silent) { silent_ = silent; }

 private:
  const std::filesystem::path file_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> silent_{false};
  std::thread thread_;
};

class Exporter {
 public:
  explicit Exporter(std::vector<std::string> words) : child_(started(std::move(words))) {
    std::string_view line;
    while (child_.read_line(line, std::chrono::seconds(60)) == Subprocess::Read::line) {
      said_ += std::string(line) + '\n';
      const auto at = line.find("serving http://127.0.0.1:");
      if (at == std::string_view::npos) continue;
      port_ = std::atoi(std::string(line.substr(at + 25)).c_str());
      return;
    }
    ADD_FAILURE() << "it does not serve: " << said_;
  }
  int port() const { return port_; }
  Exposition scrape() const {
    const exporter::HttpAnswer answer = exporter::http_get(port_, "/metrics");
    EXPECT_EQ(answer.status, 200);
    return exporter::read_exposition(answer.body);
  }
  // Scrapes until it holds.
  template <class Condition>
  Exposition until(const Condition& condition) const {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (std::chrono::steady_clock::now() < deadline) {
      Exposition read = scrape();
      if (condition(read)) return read;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    ADD_FAILURE() << "it never came to that";
    return {};
  }
  int stop(int signal) {
    ::kill(child_.pid(), signal);
    std::string_view line;
    while (child_.read_line(line, std::chrono::seconds(60)) == Subprocess::Read::line) {
      said_ += std::string(line) + '\n';
    }
    return child_.wait().code;
  }
  const std::string& said() const { return said_; }

 private:
  static SubprocessOptions started(std::vector<std::string> words) {
    SubprocessOptions options;
    options.command = {LAYERWATT_PROGRAM, "export"};
    options.command.insert(options.command.end(), words.begin(), words.end());
    return options;
  }
  Subprocess child_;
  std::string said_;
  int port_ = 0;
};

bool sensor_is(const Exposition& read, double up) {
  return read.find("layerwatt_sensor_up{sensor=\"file\"}") == up;
}

TEST(ExportCommand, PowerIsThereUntilTheSensorIsLostAndComesBack) {
  const fakes::ScratchDirectory scratch;
  Meter meter(scratch / "power.csv");
  Exporter exporter({"--prometheus", ":0", "--sensor", "file:" + (scratch / "power.csv").string(),
                     "--stale-after", "2", "--textfile", (scratch / "l.prom").string(), "--every",
                     "0.1"});
  const Exposition read = exporter.until([](const Exposition& now) {
    return sensor_is(now, 1.0) &&
           now.only("layerwatt_rail_energy_joules_total{in_total=\"true\"").value_or(0.0) > 0.5;
  });
  EXPECT_EQ(
      read.only("layerwatt_rail_power_watts{in_total=\"true\",measured=\"true\",rail=\"VIN\""),
      4.0);
  const double joules =
      read.only(
              "layerwatt_rail_energy_joules_total{in_total=\"true\",measured=\"true\","
              "rail=\"VIN\"")
          .value_or(0.0);
  const double seconds =
      read.only(
              "layerwatt_rail_observed_seconds_total{in_total=\"true\",measured=\"true\","
              "rail=\"VIN\"")
          .value_or(1.0);
  EXPECT_NEAR(joules / seconds, 4.0, 1e-6);
  EXPECT_EQ(read.count("layerwatt_device_info"), 1U);
  const Exposition file = exporter::read_exposition(scratch.read("l.prom"));
  EXPECT_EQ(file.count("layerwatt_sensor_up"), 1U);

  meter.be_silent(true);
  const Exposition lost = exporter.until([](const Exposition& now) { return sensor_is(now, 0.0); });
  EXPECT_EQ(lost.count("layerwatt_rail_power_watts"), 0U) << "never zero";
  EXPECT_EQ(lost.count("layerwatt_power_watts"), 0U);
  const double then = lost.only(
                              "layerwatt_rail_energy_joules_total{in_total=\"true\","
                              "measured=\"true\",rail=\"VIN\"")
                          .value_or(-1.0);
  EXPECT_GE(then, joules);
  meter.be_silent(false);
  const Exposition back = exporter.until([](const Exposition& now) {
    return sensor_is(now, 1.0) && now.count("layerwatt_rail_power_watts") == 2;
  });
  EXPECT_GE(back.only("layerwatt_rail_energy_joules_total{in_total=\"true\",measured=\"true\","
                      "rail=\"VIN\"")
                .value_or(0.0),
            then)
      << "a counter never falls";

  EXPECT_EQ(exporter.stop(SIGTERM), 130);
  const Exposition after = exporter::read_exposition(scratch.read("l.prom"));
  EXPECT_TRUE(sensor_is(after, 0.0));
  EXPECT_EQ(after.count("layerwatt_rail_power_watts"), 0U) << "what stays is not live";
}

TEST(ExportCommand, LayersOfTheLastProfileWithoutASensor) {
  const fakes::ScratchDirectory scratch;
  const auto model = scratch.write("three.sim.json", fakes::simulated_model());
  std::filesystem::create_directories(scratch / "results");
  Exporter exporter({"--prometheus", ":0", "--sensor", "none", "--watch",
                     (scratch / "results").string(), "--max-layers", "2", "--quiet"});
  EXPECT_EQ(exporter.scrape().count("layerwatt_layer_energy_joules"), 0U);
  ASSERT_EQ(run_layerwatt({"profile", model.string(), "--iterations", "50", "--quiet", "--json",
                           (scratch / "results/a.json").string()})
                .code,
            0);
  const Exposition read = exporter.until(
      [](const Exposition& now) { return now.count("layerwatt_layer_energy_joules") > 0; });
  EXPECT_EQ(read.count("layerwatt_layer_energy_joules"), 3U) << "two and other";
  for (const auto& [series, value] : read.samples) {
    if (series.find("model=") == std::string::npos) continue;
    EXPECT_THAT(series, HasSubstr("measured=\"false\"")) << "simulated";
  }
  EXPECT_EQ(read.count("layerwatt_sensor_up"), 0U);

  const Outcome taken = run_layerwatt({"export", "--sensor", "none", "--result", "r",
                                       "--prometheus", ":" + std::to_string(exporter.port())});
  EXPECT_EQ(taken.code, 1);
  EXPECT_THAT(taken.err, AllOf(HasSubstr("in use"), HasSubstr("ss -ltnp")));
  EXPECT_EQ(exporter.stop(SIGINT), 130);
}

#else

TEST(ExportCommand, WithoutPrometheusItSaysWhatToInstall) {
  const Outcome outcome =
      run_layerwatt({"export", "--prometheus", ":0", "--sensor", "none", "--result", "r"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("apt-get install prometheus-cpp-dev"));
}

#endif

}  // namespace
}  // namespace layerwatt::cli
