// layerwatt fleet run: one command on many boards, over the system's ssh.
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <system_error>
#include <vector>

#include "cli/archive_flags.hpp"
#include "cli/command.hpp"
#include "cli/help.hpp"
#include "cli/stop_signals.hpp"
#include "cli/terminal.hpp"
#include "cli/validators.hpp"
#include "core/whole_file.hpp"
#include "fleet/state.hpp"
#include "layerwatt/error.hpp"
#include "layerwatt/report.hpp"
#include "report/grid.hpp"

namespace layerwatt::cli {
namespace {

namespace fs = std::filesystem;
using fleet::Status;

struct FleetCommand {
  std::string hosts;
  std::vector<std::string> words;
  std::string directory;
  std::size_t jobs = 8;
  double timeout_s = 600.0;
  std::vector<std::string> copy;
  std::vector<std::string> ssh_options;
  std::string ssh = "ssh";
  std::string remote_program = "layerwatt";
  bool retry_failed = false;
  std::string json;
  ArchiveFlags archive;
};

Error usage(const std::string& what, const std::string& where, const std::string& hint) {
  return Error(ErrorKind::usage, what, where, hint);
}

// The user's command as it is run there: it answers in JSON, and names a copied file as it is
// there.
std::vector<std::string> remote_words(const FleetCommand& command) {
  const std::string& verb = command.words.front();
  if (verb != "profile" && verb != "analyze") {
    throw usage("'" + verb + "' does not end in a result", "fleet run",
                "after --: profile MODEL …, or analyze RECORDING …");
  }
  std::vector<std::string> words{verb, "--quiet", "--json", "-"};
  for (auto word = command.words.begin() + 1; word != command.words.end(); ++word) {
    if (*word == "--json" || word->starts_with("--json=")) {
      throw usage("the result comes back by itself", *word,
                  "leave it out; -o DIR is where it goes");
    }
    const bool copied =
        std::find(command.copy.begin(), command.copy.end(), *word) != command.copy.end();
    words.push_back(copied ? fs::path(*word).filename().string() : *word);
  }
  return words;
}

std::vector<std::string> described_copies(const FleetCommand& command) {
  std::vector<std::string> copies;
  for (const std::string& file : command.copy) {
    std::error_code failed;
    const std::string name = fs::path(file).filename().string();
    if (!fs::is_regular_file(file, failed)) {
      throw Error(ErrorKind::bad_input, "no such file", file, "--copy takes files");
    }
    const auto same = [&](const std::string& known) { return known.starts_with(name + ", "); };
    if (std::any_of(copies.begin(), copies.end(), same)) {
      throw usage("two files of this name would be copied", name, "give them other names");
    }
    copies.push_back(fmt::format("{}, {} bytes", name, fs::file_size(file, failed)));
  }
  return copies;
}

// One run of the fleet: what is known of each host, kept on disk as it comes.
class FleetRun {
 public:
  FleetRun(const Program& program, const FleetCommand& command)
      : program_(program), command_(command), directory_(command.directory) {
    targets_ = fleet::parse_hosts(command.hosts);
    options_.words = remote_words(command);
    options_.ssh = {command.ssh, command.ssh_options};
    options_.program = command.remote_program;
    options_.copy.assign(command.copy.begin(), command.copy.end());
    options_.timeout =
        std::chrono::milliseconds(static_cast<std::int64_t>(command.timeout_s * 1000.0));
    state_.command = command.words;
    state_.copied = described_copies(command);
  }

  int run() {
    take_up();
    command_.archive.check(program_);
    const std::vector<fleet::Target> missing = still_missing();
    StopSignals signals;
    options_.stop = &signals.flag();
    if (missing.empty()) print_note(program_, "no host is missing: nothing was run");
    save();
    fleet::run_on_hosts(missing, options_, command_.jobs,
                        [this](fleet::Outcome outcome) { take(std::move(outcome)); });
    report();
    if (signals.flag()) return exit_code(ErrorKind::interrupted);
    return verdict();
  }

 private:
  fs::path file(const std::string& name, const char* ending) const {
    return directory_ / (name + ending);
  }
  bool has_result(const std::string& name) const {
    std::error_code failed;
    return fs::exists(file(name, ".json"), failed);
  }

  // Results of another command, or of another day, must not stand among those of this one.
  void take_up() {
    const fs::path kept = directory_ / fleet::kStateFile;
    std::error_code failed;
    const bool there = fs::exists(kept, failed);
    if (there && !command_.retry_failed) {
      throw usage("already holds a run of the fleet", command_.directory,
                  "--retry-failed goes on with it; or give another folder");
    }
    if (!there && command_.retry_failed) {
      throw usage("holds no run of the fleet", command_.directory,
                  "leave --retry-failed out for the first run");
    }
    fleet::State before;
    if (there) before = fleet::read_state(kept);
    if (there && (before.command != state_.command || before.copied != state_.copied)) {
      throw usage("was run with another command or model", command_.directory,
                  "give another folder: results would be mixed");
    }
    for (const fleet::Target& target : targets_) {
      fleet::HostState host;
      if (const fleet::HostState* known = before.find(target.name)) host = *known;
      host.host = target.given;
      host.name = target.name;
      state_.hosts.push_back(std::move(host));
    }
    // Those that were left out of HOSTS this time are not forgotten.
    for (const fleet::HostState& host : before.hosts) {
      if (state_.find(host.name) == nullptr) state_.hosts.push_back(host);
    }
    fs::create_directories(directory_, failed);
    check_writable(kept);
  }

  std::vector<fleet::Target> still_missing() {
    std::vector<fleet::Target> missing;
    for (const fleet::Target& target : targets_) {
      fleet::HostState& host = *state_.find(target.name);
      const bool whole = has_result(target.name);
      if (whole && host.stage == "archive") {
        archive_again(target, host);
        continue;
      }
      if (whole && (host.status == Status::ok || host.status == Status::gate)) continue;
      host = {target.given, target.name, Status::unfinished, {}, {}, {}, 0.0};
      missing.push_back(target);
    }
    return missing;
  }

  // The measurement is good, and only has to be archived.
  void archive_again(const fleet::Target& target, fleet::HostState& host) {
    try {
      const fs::path result = file(target.name, ".json");
      if (command_.archive.wanted()) {
        archive(target, read_result_json(read_whole_file(result), result.string()));
      }
    } catch (const Error& error) {
      host.message = error.what();
      return;
    }
    host.status = host.exit_code == exit_code(ErrorKind::gate) ? Status::gate : Status::ok;
    host.stage.clear();
    host.message.clear();
  }

  void archive(const fleet::Target& target, const Result& result) {
    struct stat status {};
    if (::stat(file(target.name, ".json").c_str(), &status) != 0) return;
    command_.archive.put_of_board(
        program_, result,
        std::int64_t{status.st_mtim.tv_sec} * 1'000'000 + status.st_mtim.tv_nsec / 1000,
        target.address);
  }

  // One at a time, from whichever thread the host was run in.
  void take(fleet::Outcome outcome) {
    try {
      keep(outcome);
    } catch (const Error& error) {
      outcome.status = Status::failed;
      if (outcome.stage.empty()) outcome.stage = "result";
      outcome.message = error.what();
    }
    fleet::HostState& host = *state_.find(outcome.target.name);
    host.status = outcome.status;
    host.stage = outcome.stage;
    host.exit_code = outcome.exit_code;
    host.message = outcome.message;
    host.seconds = outcome.seconds;
    print_note(program_, fmt::format("{}: {}{}{}", host.host, to_string(host.status),
                                     host.stage.empty() ? "" : " at " + host.stage,
                                     host.message.empty() ? "" : ": " + host.message));
    save();
  }

  void keep(fleet::Outcome& outcome) {
    const std::string& name = outcome.target.name;
    // Of an earlier attempt.
    std::error_code ignored;
    for (const char* ending : {".log", ".json.partial"}) fs::remove(file(name, ending), ignored);
    if (!outcome.log.empty()) {
      write_whole_file(file(name, ".log"), [&](std::ostream& out) { out << outcome.log; });
    }
    if (!outcome.result) return;
    const bool whole = outcome.status == Status::ok || outcome.status == Status::gate;
    // What an interrupted run came to is kept, under a name that no pattern for results matches.
    write_whole_file(file(name, whole ? ".json" : ".json.partial"),
                     [&](std::ostream& out) { out << outcome.json; });
    if (!whole || !command_.archive.wanted()) return;
    try {
      archive(outcome.target, *outcome.result);
    } catch (const Error&) {
      outcome.stage = "archive";
      throw;
    }
  }

  void save() {
    try {
      write_whole_file(directory_ / fleet::kStateFile,
                       [&](std::ostream& out) { fleet::write_state(out, state_); });
    } catch (const Error& error) {
      print_warning(program_, {"state", error.what(), "--retry-failed will not know of this run"});
    }
  }

  void report() {
    if (command_.json == "-") return fleet::write_state(program_.out, state_);
    Grid grid;
    // Stage, exit code and words stay where room is short.
    grid.columns = {
        {"host", "", false, 0},    {"status", "", false, 0}, {"stage", "", false, 0},
        {"exit", "", true, 0},     {"took", "s", true, 2},   {"latency", "ms", true, 1},
        {"energy", "mJ", true, 0}, {"power", "", false, 0},  {"what it said", "", false, 0, true}};
    for (const fleet::HostState& host : state_.hosts) grid.rows.push_back(row(host));
    // In a file or a log what a host said is not cut as it is on a terminal.
    constexpr std::size_t kInAFile = 200;
    const std::size_t width =
        ::isatty(STDOUT_FILENO) == 1 ? terminal_width(STDOUT_FILENO) : kInAFile;
    for (const std::string& line : render(grid, width, 30, use_color(program_, STDOUT_FILENO))) {
      program_.out << line << '\n';
    }
    if (command_.json.empty()) return;
    write_whole_file(command_.json, [&](std::ostream& out) { fleet::write_state(out, state_); });
  }

  GridRow row(const fleet::HostState& host) const {
    const Style style = host.status == Status::ok     ? Style::plain
                        : host.status == Status::gate ? Style::warning
                                                      : Style::alarm;
    std::string latency = "–";
    std::string energy = "–";
    std::string power = "–";
    if (has_result(host.name)) {
      try {
        const fs::path path = file(host.name, ".json");
        const Result result = read_result_json(read_whole_file(path), path.string());
        if (result.total.time_ms) latency = fmt::format("{:.3f}", result.total.time_ms->mean);
        if (result.total.energy_mj) energy = fmt::format("{:.1f}", result.total.energy_mj->mean);
        power = result.sensor.measured ? "measured" : "NOT MEASURED";
      } catch (const Error&) {  // the file is another's now
        energy = "?";
      }
    }
    return {{{printable(host.host)},
             {to_string(host.status), style},
             {host.stage.empty() ? "–" : printable(host.stage)},
             {host.exit_code ? std::to_string(*host.exit_code) : "–"},
             {fmt::format("{:.1f}", host.seconds)},
             {latency},
             {energy},
             {power},
             {printable(host.message)}}};
  }

  int verdict() const {
    const auto any = [&](Status status) {
      return std::any_of(targets_.begin(), targets_.end(), [&](const fleet::Target& target) {
        for (const fleet::HostState& host : state_.hosts) {
          if (host.name == target.name) return host.status == status;
        }
        return false;
      });
    };
    if (any(Status::failed) || any(Status::unfinished)) return 1;
    return any(Status::gate) ? exit_code(ErrorKind::gate) : 0;
  }

  const Program& program_;
  const FleetCommand& command_;
  const fs::path directory_;
  std::vector<fleet::Target> targets_;
  fleet::RunOptions options_;
  fleet::State state_;
};

}  // namespace

void add_fleet(CLI::App& app, Program& program) {
  const Help help("fleet");
  CLI::App& sub = *app.add_subcommand("fleet", help.description());
  sub.require_subcommand(1);
  CLI::App& run = *sub.add_subcommand("run", help.option("run"));
  const auto command = std::make_shared<FleetCommand>();
  run.add_option("HOSTS", command->hosts, help.option("HOSTS"))->required();
  run.add_option("CMD", command->words, help.option("CMD"))->required();
  run.add_option("-o,--output", command->directory, help.option("--output"))
      ->required()
      ->type_name("DIR");
  run.add_option("--jobs", command->jobs, help.option("--jobs"))
      ->check(CLI::Range(std::size_t{1}, std::size_t{1000}))
      ->type_name("N");
  run.add_option("--timeout", command->timeout_s, help.option("--timeout"))
      ->check(positive())
      ->type_name("S");
  run.add_option("--copy", command->copy, help.option("--copy"))
      ->type_size(1)
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->allow_extra_args(false)  // else a -- behind it is taken for the end of its list
      ->type_name("FILE");
  run.add_flag("--retry-failed", command->retry_failed, help.option("--retry-failed"));
  run.add_option("--ssh-option", command->ssh_options, help.option("--ssh-option"))
      ->type_size(1)
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->allow_extra_args(false)  // else a -- behind it is taken for the end of its list
      ->type_name("NAME=VALUE");
  run.add_option("--ssh", command->ssh, help.option("--ssh"))->type_name("PROGRAM");
  run.add_option("--remote-program", command->remote_program, help.option("--remote-program"))
      ->type_name("PATH");
  run.add_option("--json", command->json, help.option("--json"))->type_name("F");
  command->archive.add_to_fleet(run);
  run.callback([&program, command] {
    program.run = [&program, command] { return FleetRun(program, *command).run(); };
  });
}

}  // namespace layerwatt::cli
