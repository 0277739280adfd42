#include "layerwatt/compare.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <ostream>
#include <string>
#include <system_error>
#include <vector>

#include "cli/command.hpp"
#include "cli/help.hpp"
#include "cli/output_files.hpp"
#include "cli/sensor_flags.hpp"
#include "cli/terminal.hpp"
#include "core/whole_file.hpp"
#include "layerwatt/attribution.hpp"
#include "layerwatt/error.hpp"
#include "layerwatt/recording.hpp"
#include "report/comparison_reports.hpp"

namespace layerwatt::cli {
namespace {

namespace fs = std::filesystem;

struct CompareCommand {
  std::vector<std::string> results;
  std::vector<std::string> gates;
  std::string method = "auto";
  std::string json;
  std::string html;
  std::string markdown;
  double min_change_pct = 1.0;
  std::size_t top = 20;
};

Result load_result(const std::string& path, const AttributionOptions& options) {
  std::error_code failed;
  if (!fs::exists(path, failed)) {
    throw Error(ErrorKind::bad_input, "no such file or folder", path,
                "give a result (profile --json F) or a recording's folder (profile --save DIR)");
  }
  if (fs::is_directory(path, failed)) return attribute(load_recording(path), options);
  return read_result_json(read_whole_file(path), path);
}

std::vector<Gate> parse_gates(const std::vector<std::string>& texts) {
  std::vector<Gate> gates;
  for (const std::string& text : texts) gates.push_back(parse_gate(text));
  return gates;
}

void judge_all(ComparisonReport& report, const std::vector<Gate>& gates) {
  for (const auto& [other, comparison] : report.others) {
    for (const Gate& gate : gates) {
      report.gates.push_back({gate.text, other.label, judge(gate, comparison)});
    }
  }
}

using Write = std::function<void(std::ostream&)>;

void write_to(const Program& program, const std::string& file, const Write& write) {
  if (file.empty()) return;
  if (file == "-") return write(program.out);
  write_whole_file(file, write);
}

// Exit code 3 is for a gate that the measurement failed; one that cannot be judged is told, since a
// gate that silently lets everything through is worse than none.
int end_of_gates(const Program& program, const ComparisonReport& report) {
  std::string failed;
  for (const JudgedGate& gate : report.gates) {
    const std::string line = fmt::format("{}: {}", gate.text, gate.outcome.why);
    if (gate.outcome.state == GateState::failed) failed += (failed.empty() ? "" : "; ") + line;
    if (gate.outcome.state == GateState::undecided) {
      print_warning(program, {"gate_undecided", "the gate cannot be judged: " + line,
                              "only a difference with an interval can be significant"});
    }
  }
  if (!failed.empty()) {
    throw Error(ErrorKind::gate, "the gate was not met: " + failed, {},
                "the change is significant; see the report for the layers behind it");
  }
  return 0;
}

int run_compare(Program& program, const CompareCommand& command) {
  const std::vector<Gate> gates = parse_gates(command.gates);
  int at_stdout = 0;
  for (const std::string* file : {&command.json, &command.html, &command.markdown}) {
    if (*file == "-") ++at_stdout;
    if (!file->empty() && *file != "-") check_writable(*file);
  }
  if (at_stdout > 1) {
    throw Error(ErrorKind::usage, "two reports want stdout", {}, "give one of them a file");
  }
  AttributionOptions attribution;
  attribution.method = method_of_flag(command.method);
  CompareOptions options;
  options.min_change = command.min_change_pct / 100.0;

  ComparisonReport report;
  report.baseline = {command.results.front(), load_result(command.results.front(), attribution)};
  for (std::size_t i = 1; i < command.results.size(); ++i) {
    ComparedResult other{command.results[i], load_result(command.results[i], attribution)};
    Comparison comparison = compare(report.baseline.result, other.result, options);
    report.others.emplace_back(std::move(other), std::move(comparison));
  }
  judge_all(report, gates);

  write_to(program, command.json, [&](std::ostream& out) { write_comparison_json(out, report); });
  write_to(program, command.html, [&](std::ostream& out) { write_comparison_html(out, report); });
  write_to(program, command.markdown,
           [&](std::ostream& out) { write_comparison_markdown(out, report, command.top); });
  if (at_stdout == 0) {
    ReportOptions table;
    table.color = use_color(program, STDOUT_FILENO);
    table.width = terminal_width(STDOUT_FILENO);
    table.verbosity = program.globals.verbosity;
    table.top = command.top;
    write_comparison_table(program.out, report, table);
  } else {
    for (const auto& [other, comparison] : report.others) {
      for (const Warning& warning : comparison.warnings) print_warning(program, warning);
    }
  }
  return end_of_gates(program, report);
}

}  // namespace

void add_compare(CLI::App& app, Program& program) {
  const Help help("compare");
  CLI::App& sub = *app.add_subcommand("compare", help.description());
  const auto command = std::make_shared<CompareCommand>();
  sub.add_option("RESULT", command->results, help.option("RESULT"))
      ->required()
      ->expected(2, 1000)
      ->type_name("A B…");
  sub.add_option("--fail-if", command->gates, help.option("--fail-if"))
      ->type_size(1)
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->type_name("GATE");
  sub.add_option("--min-change", command->min_change_pct, help.option("--min-change"))
      ->check(CLI::Range(0.0, 1000.0))
      ->type_name("PCT");
  sub.add_option("--method", command->method, help.option("--method"))
      ->check(CLI::IsMember({"auto", "overlap", "deconvolve"}))
      ->type_name("NAME");
  sub.add_option("--json", command->json, help.option("--json"))->type_name("F");
  sub.add_option("--html", command->html, help.option("--html"))->type_name("F");
  sub.add_option("--markdown", command->markdown, help.option("--markdown"))->type_name("F");
  sub.add_option("--top", command->top, help.option("--top"))
      ->check(CLI::Range(std::size_t{0}, std::size_t{1'000'000'000}))
      ->type_name("N");
  sub.callback([&program, command] {
    program.run = [&program, command] { return run_compare(program, *command); };
  });
}

}  // namespace layerwatt::cli
