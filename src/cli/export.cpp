// layerwatt export: live power and the last profile's layers, for Prometheus.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <exception>
#include <filesystem>
#include <memory>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "cli/command.hpp"
#include "cli/help.hpp"
#include "cli/sensor_flags.hpp"
#include "cli/stop_signals.hpp"
#include "cli/terminal.hpp"
#include "cli/validators.hpp"
#include "core/whole_file.hpp"
#include "exporter/prometheus.hpp"
#include "exporter/readings.hpp"
#include "exporter/results.hpp"
#include "layerwatt/error.hpp"
#include "layerwatt/version.hpp"
#include "profile/choose.hpp"

namespace layerwatt::cli {
namespace {

using Steady = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

struct ExportCommand {
  std::string prometheus;
  std::string textfile;
  double every_s = 15.0;
  std::string sensor = "auto";
  SensorOptions sensor_options;
  std::optional<double> stale_after_s;
  std::vector<std::string> results;
  std::string watch;
  std::size_t max_layers = 50;
};

// What the firmware or the processor calls itself: no serial number, no host name.
exporter::Labels device_labels(const SysRoot& sys) {
  std::string device = sys.read_text("/proc/device-tree/model").value_or("");
  device.erase(std::min(device.find('\0'), device.size()));
  if (!device.empty()) return {{"device", device}};
  const std::string cpus = sys.read_text("/proc/cpuinfo").value_or("");
  const auto at = cpus.find("model name");
  const auto colon = cpus.find(": ", at);
  if (at == std::string::npos || colon == std::string::npos) return {{"device", "unknown"}};
  return {{"device", cpus.substr(colon + 2, cpus.find('\n', colon) - colon - 2)}};
}

// A sensor at work for as long as the program runs: where it is lost, it is opened again.
class LiveSensor {
 public:
  LiveSensor(const Program& program, const ExportCommand& command, exporter::LiveReadings& readings)
      : program_(program),
        name_(command.sensor),
        options_(command.sensor_options),
        readings_(readings) {}
  ~LiveSensor() { stop(); }
  LiveSensor(const LiveSensor&) = delete;
  LiveSensor& operator=(const LiveSensor&) = delete;

  bool wanted() const { return name_ != "none"; }

  // Throws what opening throws.
  void start() {
    Host host = program_.host;
    // A new one each time: the wall clock of a board that had none may have been set meanwhile.
    if (restarting_) host.clock = std::make_shared<SteadyClock>();
    ChosenSensor chosen = open_sensor_choice(host, name_, options_);
    chosen.sensor->open();
    const SensorInfo info = chosen.sensor->info();
    if (!restarting_) print_note(program_, chosen.why);
    // Another one that auto may find in its place would go on with the first one's figures.
    if (name_ == "auto") name_ = info.kind;
    readings_.begin(info, options_.interval_ms, host.clock);
    chosen.sensor->start(readings_);
    sensor_ = std::move(chosen.sensor);
    restarting_ = true;
  }

  void stop() {
    if (sensor_) sensor_->stop();
    sensor_.reset();
    readings_.end();
  }

  void look() {
    if (!wanted()) return;
    tell_incidents();
    const auto now = Steady::now();
    if (readings_.up()) {
      if (lost_) print_note(program_, "sensor " + name_ + ": readings come again");
      lost_ = false;
      patience_s_ = 0.0;
      last_up_ = now;
      return;
    }
    const double patience_s = std::max(patience_s_, readings_.stale_after_s());
    if (Seconds(now - last_up_).count() < patience_s) return;
    constexpr double kMostPatienceS = 60.0;
    if (!lost_) {
      print_warning(program_, {"sensor_lost", "sensor " + name_ + " gives no readings",
                               "its power is left out; it is opened again until it does"});
    }
    lost_ = true;
    patience_s_ = std::min(kMostPatienceS, 2.0 * patience_s);
    try {
      stop();
      start();
    } catch (const Error& error) {
      if (told_.insert(error.what()).second) {
        print_warning(program_, {"sensor_lost", error.what(), error.hint()});
      }
    }
    last_up_ = Steady::now();
  }

 private:
  // Each kind once: the exporter runs for months, and counts them.
  void tell_incidents() {
    for (const Incident& incident : readings_.take_incidents()) {
      if (told_.size() > kMostTold || !told_.insert(incident.code).second) continue;
      print_warning(program_, {incident.code, incident.message, ""});
    }
  }

  static constexpr std::size_t kMostTold = 100;
  const Program& program_;
  std::string name_;
  const SensorOptions options_;
  exporter::LiveReadings& readings_;
  std::unique_ptr<Sensor> sensor_;
  bool restarting_ = false;
  bool lost_ = false;
  double patience_s_ = 0.0;
  Steady::time_point last_up_ = Steady::now();
  std::set<std::string> told_;
};

void check(const Program& program, const ExportCommand& command) {
  if (command.prometheus.empty() && command.textfile.empty()) {
    throw Error(ErrorKind::usage, "where to export to is not said", "",
                "--prometheus :9464, or --textfile FILE.prom");
  }
  if (!command.prometheus.empty()) exporter::parse_listen_address(command.prometheus);
  if (command.sensor == "none" && command.results.empty() && command.watch.empty()) {
    throw Error(ErrorKind::usage, "there is nothing to export", "--sensor none",
                "give --result FILE or --watch DIR, or a sensor");
  }
  std::error_code failed;
  if (!command.watch.empty() && !std::filesystem::is_directory(command.watch, failed)) {
    throw Error(ErrorKind::bad_input, "is no folder", command.watch,
                "give the folder that `profile --json` writes into");
  }
  if (command.textfile.empty()) return;
  check_writable(command.textfile);
  if (!command.textfile.ends_with(".prom")) {
    print_note(program, "node_exporter reads names that end in .prom alone");
  }
}

class Textfile {
 public:
  Textfile(const Program& program, const ExportCommand& command,
           const exporter::Prometheus& prometheus, exporter::Collect collect)
      : program_(program),
        file_(command.textfile),
        every_s_(command.every_s),
        prometheus_(prometheus),
        collect_(std::move(collect)) {}

  void look() {
    if (file_.empty() || Steady::now() < due_) return;
    due_ = Steady::now() + std::chrono::duration_cast<Steady::duration>(Seconds(every_s_));
    write();
  }
  void write() {
    if (file_.empty()) return;
    try {
      const std::string text = prometheus_.text(collect_());
      write_whole_file(file_, [&](std::ostream& out) { out << text; });
      failing_ = false;
    } catch (const Error& error) {
      // A full disk is no reason to end, and is told once.
      if (!failing_) print_warning(program_, {"textfile", error.what(), error.hint()});
      failing_ = true;
    }
  }

 private:
  const Program& program_;
  const std::string file_;
  const double every_s_;
  const exporter::Prometheus& prometheus_;
  const exporter::Collect collect_;
  Steady::time_point due_ = Steady::now();
  bool failing_ = false;
};

std::unique_ptr<exporter::Server> serve(const Program& program, const ExportCommand& command,
                                        const exporter::Prometheus& prometheus,
                                        const exporter::Collect& collect) {
  if (command.prometheus.empty()) return nullptr;
  exporter::ListenAddress address = exporter::parse_listen_address(command.prometheus);
  auto server = prometheus.serve(address.text(), collect);
  const bool chosen_here = address.port == 0;
  address.port = server->port();
  // Nobody else knows a port that was chosen here: also told with --quiet.
  const std::string where = "serving http://" + address.text() + "/metrics";
  if (chosen_here && program.globals.quiet) program.err << "layerwatt: note: " << where << '\n';
  print_note(program, where);
  if (!address.loopback) {
    print_note(program, "whoever reaches this address can read it: there is no password");
  }
  program.err.flush();
  return server;
}

int run_export(const Program& program, const ExportCommand& command) {
  check(program, command);
  const exporter::Prometheus& prometheus = exporter::open_prometheus(program.host);
  exporter::LiveReadings readings(command.stale_after_s);
  exporter::ResultFiles results(
      {command.results.begin(), command.results.end()},
      command.watch.empty() ? std::nullopt : std::optional<std::filesystem::path>(command.watch),
      command.max_layers);
  const exporter::Labels device = device_labels(program.host.sys);
  const exporter::Collect collect = [&]() -> std::vector<exporter::Family> {
    try {
      exporter::Families families;
      families.add("layerwatt_build_info", {{"version", LAYERWATT_VERSION}}, 1.0);
      families.add("layerwatt_device_info", device, 1.0);
      readings.collect(families);
      results.collect(families);
      return std::move(families).take();
    } catch (const std::exception&) {  // out of memory: a scrape without an answer
      return {};
    }
  };
  const auto refresh = [&] {
    for (const std::string& problem : results.refresh()) {
      print_warning(program, {"result_unreadable", problem, "it is left out"});
    }
  };

  if (!command.prometheus.empty()) {
    exporter::check_can_listen(exporter::parse_listen_address(command.prometheus));
  }
  StopSignals signals;
  refresh();
  LiveSensor sensor(program, command, readings);
  if (sensor.wanted()) sensor.start();
  Textfile textfile(program, command, prometheus, collect);
  {
    const auto server = serve(program, command, prometheus, collect);
    constexpr auto kSlice = std::chrono::milliseconds(50);
    constexpr auto kRefresh = std::chrono::seconds(1);
    auto refresh_due = Steady::now() + kRefresh;
    while (!signals.flag()) {
      textfile.look();
      sensor.look();
      if (Steady::now() >= refresh_due) {
        refresh();
        refresh_due = Steady::now() + kRefresh;
      }
      std::this_thread::sleep_for(kSlice);
    }
  }
  sensor.stop();
  // What stays there must not look like power that is still drawn.
  textfile.write();
  return exit_code(ErrorKind::interrupted);
}

}  // namespace

void add_export(CLI::App& app, Program& program) {
  const Help help("export");
  CLI::App& sub = *app.add_subcommand("export", help.description());
  const auto command = std::make_shared<ExportCommand>();
  command->sensor_options.interval_ms = 100.0;
  sub.add_option("--prometheus", command->prometheus, help.option("--prometheus"))
      ->type_name("[ADDR]:PORT");
  sub.add_option("--textfile", command->textfile, help.option("--textfile"))->type_name("FILE");
  sub.add_option("--every", command->every_s, help.option("--every"))
      ->check(positive())
      ->type_name("S");
  add_sensor_flags(sub, help, command->sensor, command->sensor_options);
  sub.add_option("--stale-after", command->stale_after_s, help.option("--stale-after"))
      ->check(positive())
      ->type_name("S");
  sub.add_option("--result", command->results, help.option("--result"))->type_name("FILE");
  sub.add_option("--watch", command->watch, help.option("--watch"))->type_name("DIR");
  sub.add_option("--max-layers", command->max_layers, help.option("--max-layers"))
      ->check(CLI::Range(std::size_t{0}, std::size_t{10'000}))
      ->type_name("N");
  sub.callback([&program, command] {
    program.run = [&program, command] { return run_export(program, *command); };
  });
}

}  // namespace layerwatt::cli
