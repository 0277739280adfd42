// layerwatt archive add | list | gc | query.
#include <fmt/core.h>
#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <string>
#include <system_error>
#include <vector>

#include "archive/format.hpp"
#include "archive/names.hpp"
#include "archive/store.hpp"
#include "cli/archive_flags.hpp"
#include "cli/archive_query.hpp"
#include "cli/command.hpp"
#include "cli/help.hpp"
#include "cli/terminal.hpp"
#include "cli/validators.hpp"
#include "core/whole_file.hpp"
#include "layerwatt/attribution.hpp"
#include "layerwatt/error.hpp"
#include "layerwatt/report.hpp"
#include "report/display.hpp"

namespace layerwatt::cli {
namespace {

namespace fs = std::filesystem;

// A thousand years: what does not fit into 64 bits of microseconds once made every run too old.
constexpr double kLongestDays = 365'000.0;

struct AddCommandOptions {
  std::vector<std::string> results;
  ArchiveFlags archive;
};

std::int64_t written_us(const std::string& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return 0;
  return std::int64_t{status.st_mtim.tv_sec} * 1'000'000 + status.st_mtim.tv_nsec / 1000;
}

void add_one(const Program& program, const AddCommandOptions& command, const std::string& path) {
  std::error_code failed;
  if (fs::is_directory(path, failed)) {
    const Recording recording = load_recording(path);
    command.archive.put(program, attribute(recording, {}), recording, false);
  } else {
    command.archive.put_result(program, read_result_json(read_whole_file(path), path),
                               written_us(path));
  }
}

// One file that cannot be read is no reason to leave the others out.
int run_add(const Program& program, const AddCommandOptions& command) {
  if (!command.archive.wanted()) {
    throw Error(ErrorKind::usage, "which archive?", "--archive", "--archive DIR");
  }
  command.archive.check(program);
  std::optional<Error> failure;
  std::size_t failures = 0;
  for (const std::string& path : command.results) {
    try {
      add_one(program, command, path);
    } catch (const Error& error) {
      if (command.results.size() == 1) throw;
      print_warning(program, {"not_archived", path + ": " + error.problem(), error.hint()});
      if (!failure) failure = error;
      ++failures;
    }
  }
  if (failure) {
    throw Error(failure->kind(),
                fmt::format("{} of {} were not archived", failures, command.results.size()),
                failure->where(), failure->problem());
  }
  return 0;
}

archive::Store open_store(const std::string& archive) {
  check_is_folder(archive);
  return archive::Store::open(archive);
}

struct ListCommand {
  std::string archive;
  bool json = false;
};

int run_list(const Program& program, const ListCommand& command) {
  const auto store = open_store(command.archive);
  const std::vector<archive::StoredFile> runs = store.files("runs");
  for (const archive::StoredFile& run : runs) {
    if (command.json) {
      // Names of folders, which others may have made.
      const nlohmann::ordered_json line{{"run_id", run.run_id},
                                        {"date", run.date},
                                        {"device", run.device},
                                        {"model", run.model},
                                        {"bytes", run.bytes}};
      program.out << line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    } else {
      program.out << harmless(
          fmt::format("{}  {}  {}  {}", run.date, run.run_id, run.device, run.model));
    }
    program.out << '\n';
  }
  if (!command.json) print_note(program, fmt::format("{} runs", runs.size()));
  return 0;
}

struct GcCommand {
  std::string archive;
  std::optional<double> older_than_days;
  double unfinished_hours = 24.0;
  bool remove = false;
};

int run_gc(const Program& program, const GcCommand& command) {
  // A range lets NaN pass.
  if (!std::isfinite(command.unfinished_hours)) {
    throw Error(ErrorKind::usage, "that is no number of hours", "--unfinished-for",
                "--unfinished-for 24");
  }
  const auto store = open_store(command.archive);
  archive::GarbageLimits limits;
  limits.unfinished_for = std::chrono::seconds(std::llround(command.unfinished_hours * 3600));
  if (command.older_than_days) {
    const auto now = std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::system_clock::now().time_since_epoch());
    limits.runs_before =
        archive::day_of(now.count() - std::llround(*command.older_than_days * 86400e6));
  }
  const std::vector<archive::Garbage> garbage = store.garbage(limits);
  std::uintmax_t bytes = 0;
  for (const archive::Garbage& item : garbage) {
    bytes += item.bytes;
    program.out << harmless(item.path.string()) << ": " << item.why << '\n';
  }
  const std::size_t removed = command.remove ? store.remove(garbage) : 0;
  print_note(program, command.remove
                          ? fmt::format("removed {} of {} files", removed, garbage.size())
                          : fmt::format("{} files, {} bytes, would be removed: give --delete",
                                        garbage.size(), bytes));
  if (command.remove && removed != garbage.size()) {
    throw Error(ErrorKind::io,
                fmt::format("{} files could not be removed", garbage.size() - removed),
                command.archive, "may you write to the archive's folders?");
  }
  return 0;
}

}  // namespace

void add_archive(CLI::App& app, Program& program) {
  const Help help("archive");
  CLI::App& sub = *app.add_subcommand("archive", help.description());
  sub.require_subcommand(1);

  CLI::App& add = *sub.add_subcommand("add", help.option("add"));
  const auto adding = std::make_shared<AddCommandOptions>();
  add.add_option("RESULT", adding->results, help.option("RESULT"))->required();
  adding->archive.add_to_import(add);
  add.callback([&program, adding] {
    program.run = [&program, adding] { return run_add(program, *adding); };
  });

  CLI::App& list = *sub.add_subcommand("list", help.option("list"));
  const auto listing = std::make_shared<ListCommand>();
  list.add_option("--archive", listing->archive, help.option("--archive"))
      ->required()
      ->type_name("DIR");
  list.add_flag("--lines", listing->json, help.option("--lines"));
  list.callback([&program, listing] {
    program.run = [&program, listing] { return run_list(program, *listing); };
  });

  CLI::App& gc = *sub.add_subcommand("gc", help.option("gc"));
  const auto collecting = std::make_shared<GcCommand>();
  gc.add_option("--archive", collecting->archive, help.option("--archive"))
      ->required()
      ->type_name("DIR");
  gc.add_option("--older-than", collecting->older_than_days, help.option("--older-than"))
      ->check(positive())
      ->check(CLI::Range(0.0, kLongestDays))
      ->type_name("DAYS");
  gc.add_option("--unfinished-for", collecting->unfinished_hours, help.option("--unfinished-for"))
      ->check(CLI::Range(0.0, 24.0 * kLongestDays))
      ->type_name("HOURS");
  gc.add_flag("--delete", collecting->remove, help.option("--delete"));
  gc.callback([&program, collecting] {
    program.run = [&program, collecting] { return run_gc(program, *collecting); };
  });

  add_archive_query(sub, program);
}

}  // namespace layerwatt::cli
