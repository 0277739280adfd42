#include "cli/archive_flags.hpp"

#include <CLI/CLI.hpp>
#include <ostream>
#include <sstream>
#include <utility>

#include "archive/names.hpp"
#include "archive/schema.hpp"
#include "cli/terminal.hpp"
#include "layerwatt/error.hpp"
#include "layerwatt/registry.hpp"
#include "layerwatt/report.hpp"

namespace layerwatt::cli {
namespace {

std::string json_of(const Result& result) {
  std::ostringstream text;
  find_report("json").write(text, result, Recording{}, ReportOptions{});
  return text.str();
}

}  // namespace

void ArchiveFlags::add_to_fleet(CLI::App& command) {
  const Help help("archive");
  command.add_option("--archive", options_.archive, help.option("--archive"))->type_name("URI");
  command.add_option("--commit", options_.commit, help.option("--commit"))->type_name("ID");
  command.add_flag("--board-names", options_.board_names, help.option("--board-names"));
  command.add_option("--model-name", options_.model, help.option("--model-name"))
      ->type_name("NAME");
}

void ArchiveFlags::add_to(CLI::App& command) {
  add_to_fleet(command);
  const Help help("archive");
  command.add_option("--board", options_.board, help.option("--board"))->type_name("NAME");
  command.add_flag("--samples", samples_, help.option("--samples"));
}

void ArchiveFlags::add_to_import(CLI::App& command) {
  add_to(command);
  const Help help("archive");
  command.get_option("--archive")->required();
  command.add_option("--time", time_, help.option("--time"))->type_name("TIME");
}

void ArchiveFlags::check(const Program& program) const {
  if (!wanted()) return;
  if (!time_.empty() && !archive::parse_time_us(time_)) {
    throw Error(ErrorKind::usage, "'" + time_ + "' is no time", "--time",
                "2026-11-24T12:00:00Z, or a day");
  }
  archive::check_archive(program.host, options_);
}

void ArchiveFlags::put(const Program& program, const Result& result, const Recording& recording,
                       bool measured_here) const {
  if (!wanted()) return;
  archive::RunToAdd run{result, {}, 0, "recording", samples_ ? &recording.power : nullptr};
  if (const auto created = archive::parse_time_us(recording.manifest.created)) {
    run.recorded_us = *created;
  } else if (recording.iterations.size() > 0) {
    run.recorded_us = recording.iterations.start_ns.front() / 1000;
  } else if (recording.power.size() > 0) {
    run.recorded_us = recording.power.time_ns.front() / 1000;
  }
  put(program, result, std::move(run), measured_here);
}

void ArchiveFlags::put_result(const Program& program, const Result& result,
                              std::int64_t file_us) const {
  if (samples_) {
    throw Error(ErrorKind::usage, "a result has no samples", "--samples",
                "give the recording's folder (profile --save)");
  }
  put(program, result, {result, {}, file_us, "file", nullptr}, false);
}

void ArchiveFlags::put_of_board(const Program& program, const Result& result, std::int64_t file_us,
                                const std::string& board) const {
  ArchiveFlags of_board = *this;
  of_board.options_.board = board;
  of_board.put_result(program, result, file_us);
}

void ArchiveFlags::put(const Program& program, const Result& result, archive::RunToAdd run,
                       bool measured_here) const {
  run.json = json_of(result);
  if (!time_.empty()) {
    run.recorded_us = archive::parse_time_us(time_).value();
    run.time_source = "given";
  }
  archive::AddOptions options = options_;
  if (!options.commit) options.commit = program.host.sys.env("LAYERWATT_COMMIT");
  if (!options.board && measured_here && !archive::is_simulated(result)) {
    options.board = archive::machine_name(program.host.sys);
    options.board_names = false;  // a serial number is nobody's choice of a name
  }
  const archive::Added added = archive::add_run(program.host, options, run);
  print_note(program, added.known ? "run " + added.run_id + " is in the archive already"
                                  : "archived as run " + added.run_id);
}

}  // namespace layerwatt::cli
