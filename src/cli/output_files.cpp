#include "cli/output_files.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <functional>
#include <iostream>
#include <optional>
#include <ostream>
#include <set>
#include <utility>

#include "cli/help.hpp"
#include "cli/terminal.hpp"
#include "layerwatt/error.hpp"
#include "layerwatt/registry.hpp"
#include "layerwatt/report.hpp"

namespace layerwatt::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTable = "table";
constexpr const char* kStdout = "-";

// Whether stdout and stderr end at the same terminal, file or pipe (`2>&1`).
bool one_reader(const Program& program) {
  if (&program.out != &std::cout || &program.err != &std::cerr) return false;
  struct stat out {};
  struct stat err {};
  return ::fstat(STDOUT_FILENO, &out) == 0 && ::fstat(STDERR_FILENO, &err) == 0 &&
         out.st_dev == err.st_dev && out.st_ino == err.st_ino;
}

void write_stdout(const Program& program, const std::function<void(std::ostream&)>& write) {
  write(program.out);
  program.out.flush();
  if (!program.out) {
    throw Error(ErrorKind::io, "cannot be written", "standard output",
                "is the program that reads it still running?");
  }
}

}  // namespace

void OutputFiles::add_to(CLI::App& command) {
  const Help help("outputs");
  for (const ReportBackend& report : reports()) {
    if (report.name == kTable) continue;
    const std::string flag = "--" + report.name;
    command.add_option(flag, files_[report.name], help.option(flag))->type_name("F");
  }
  command.add_option("--top", top_, help.option("--top"))
      ->check(CLI::Range(std::size_t{0}, std::size_t{1'000'000'000}))
      ->type_name("N");
}

void OutputFiles::check() const {
  std::string at_stdout;
  std::set<fs::path> seen;
  for (const auto& [name, file] : files_) {
    if (file.empty()) continue;
    if (file != kStdout) {
      check_writable(file);
      if (!seen.insert(fs::weakly_canonical(link_target(file))).second) {
        throw Error(ErrorKind::usage, "two reports would be written to it", file,
                    "give each report a file of its own");
      }
      continue;
    }
    if (!at_stdout.empty()) {
      throw Error(ErrorKind::usage, "--" + at_stdout + " and --" + name + " both want stdout", {},
                  "give one of them a file");
    }
    at_stdout = name;
  }
}

bool OutputFiles::table_wanted() const {
  return std::none_of(files_.begin(), files_.end(),
                      [](const auto& entry) { return entry.second == kStdout; });
}

void OutputFiles::write(const Program& program, const Result& result,
                        const Recording& recording) const {
  // The table shows them as well: who sees both streams need not read them twice.
  if (!table_wanted() || !one_reader(program)) {
    std::set<std::pair<std::string, std::string>> told;
    for (const Warning& warning : result.warnings) {
      if (told.insert({warning.code, warning.message}).second) print_warning(program, warning);
    }
  }
  ReportOptions options;
  options.verbosity = program.globals.verbosity;
  options.top = top_;
  std::optional<Error> failure;
  // One report that cannot be written is no reason to withhold the others.
  const auto attempt = [&](const std::function<void()>& write_one) {
    try {
      write_one();
    } catch (const Error& error) {
      if (!failure) failure = error;
    }
  };
  for (const auto& [name, file] : files_) {
    if (file.empty()) continue;
    const ReportBackend& report = find_report(name);
    const auto write_report = [&](std::ostream& stream) {
      report.write(stream, result, recording, options);
    };
    // clang 14 captures no structured binding by reference.
    attempt([&, &to = file] {
      if (to == kStdout) return write_stdout(program, write_report);
      write_whole_file(to, write_report);
    });
  }
  if (table_wanted()) {
    ReportOptions for_people = options;
    for_people.color = use_color(program, STDOUT_FILENO);
    for_people.width = terminal_width(STDOUT_FILENO);
    attempt([&] {
      write_stdout(program, [&](std::ostream& stream) {
        find_report(kTable).write(stream, result, recording, for_people);
      });
    });
  }
  if (failure) throw *failure;
}

}  // namespace layerwatt::cli
