// `layerwatt selftest`: does measuring work on this machine? A report to read and to send.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>
#include <memory>
#include <ostream>
#include <string>

#include "cli/command.hpp"
#include "cli/help.hpp"
#include "cli/output_files.hpp"
#include "cli/selftest_checks.hpp"
#include "cli/sensor_flags.hpp"
#include "cli/stop_signals.hpp"
#include "cli/validators.hpp"
#include "layerwatt/error.hpp"
#include "layerwatt/version.hpp"
#include "record/recorder.hpp"
#include "report/display.hpp"
#include "report/markdown.hpp"
#include "report/stream.hpp"

namespace layerwatt::cli {
namespace {

using Json = nlohmann::ordered_json;

struct SelfTestCommand {
  SelfTestOptions options;
  std::string directory = "layerwatt-selftest";
};

Json machine_json(const Host& host) {
  Json machine{{"cpu", nullptr}, {"jetson", nullptr}, {"l4t", nullptr}, {"kernel", nullptr}};
  const auto set = [&](const char* key, const char* file) {
    // The device tree ends its texts with a zero.
    if (auto text = host.sys.read_text(file)) {
      text->erase(std::min(text->find('\0'), text->size()));
      machine[key] = *text;
    }
  };
  set("jetson", "/proc/device-tree/model");
  set("l4t", "/etc/nv_tegra_release");
  set("kernel", "/proc/sys/kernel/osrelease");
  const std::string cpuinfo = host.sys.read_text("/proc/cpuinfo").value_or("");
  if (const auto at = cpuinfo.find("model name"); at != std::string::npos) {
    const auto colon = cpuinfo.find(": ", at);
    machine["cpu"] = cpuinfo.substr(colon + 2, cpuinfo.find('\n', colon) - colon - 2);
  }
  return machine;
}

Json report_json(const Host& host, const std::vector<SelfCheck>& checks) {
  Json report{{"schema", "layerwatt.selftest/1"},
              {"layerwatt_version", LAYERWATT_VERSION},
              {"created", iso8601_utc(host.clock->now_ns())},
              {"machine", machine_json(host)},
              {"checks", Json::array()}};
  for (const SelfCheck& check : checks) {
    report["checks"].push_back({{"name", check.name},
                                {"verdict", to_string(check.verdict)},
                                {"message", check.message},
                                {"figures", check.figures}});
  }
  return report;
}

void write_markdown(std::ostream& out, const Json& report) {
  out << "# layerwatt selftest\n\n";
  out << fmt::format("layerwatt {}, {}\n\n", report["layerwatt_version"].get<std::string>(),
                     report["created"].get<std::string>());
  for (const auto& [key, value] : report["machine"].items()) {
    if (value.is_string()) {
      out << fmt::format("- {}: {}\n", key, markdown_text(value.get<std::string>()));
    }
  }
  out << "\n| check | verdict | what was seen |\n|---|---|---|\n";
  for (const auto& check : report["checks"]) {
    out << fmt::format("| {} | {} | {} |\n", check["name"].get<std::string>(),
                       check["verdict"].get<std::string>(),
                       markdown_text(check["message"].get<std::string>()));
  }
  out << "\nThe figures behind each line are in report.json.\n";
}

int run_selftest(Program& program, SelfTestCommand& command) {
  const std::filesystem::path directory = command.directory;
  std::error_code failed;
  std::filesystem::create_directories(directory, failed);
  check_writable(directory / "report.json");
  StopSignals signals;
  command.options.stop = &signals.flag();
  const std::vector<SelfCheck> checks = run_self_test(program.host, command.options);
  const Json report = report_json(program.host, checks);
  write_whole_file(directory / "report.json", [&](std::ostream& out) {
    out << report.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
  });
  write_whole_file(directory / "report.md",
                   [&](std::ostream& out) { write_markdown(out, report); });
  bool any_failed = false;
  for (const SelfCheck& check : checks) {
    any_failed |= check.verdict == Verdict::failed;
    program.out << fmt::format("{:<16} {:<9} {}\n", check.name, to_string(check.verdict),
                               harmless(check.message));
  }
  program.out << fmt::format("report: {} and report.md\n", (directory / "report.json").string());
  finish(program.out, "report");
  return any_failed ? 1 : 0;
}

}  // namespace

void add_selftest(CLI::App& app, Program& program) {
  const Help help("selftest");
  CLI::App& sub = *app.add_subcommand("selftest", help.description());
  const auto command = std::make_shared<SelfTestCommand>();
  sub.add_option("-o,--output", command->directory, help.option("--output"))->type_name("DIR");
  sub.add_option("--seconds", command->options.seconds, help.option("--seconds"))
      ->check(positive())
      ->type_name("S");
  add_sensor_flags(sub, help, command->options.sensor, command->options.sensor_options);
  sub.callback([&program, command] {
    program.run = [&program, command] { return run_selftest(program, *command); };
  });
}

}  // namespace layerwatt::cli
