// `layerwatt doctor`: runs the checks and shows what they found.
#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>
#include <system_error>
#include <utility>
#include <vector>

#include "cli/command.hpp"
#include "cli/doctor_checks.hpp"
#include "cli/help.hpp"
#include "report/display.hpp"
#include "report/grid.hpp"
#include "report/stream.hpp"

namespace layerwatt::cli {
namespace {

using Json = nlohmann::ordered_json;
using Found = std::vector<std::pair<const char*, Finding>>;

constexpr std::size_t kWidth = 100;

Found examine(const Host& host) {
  DoctorView view{host, std::nullopt};
  std::error_code failed;
  const std::filesystem::space_info space = std::filesystem::space(".", failed);
  if (!failed) view.free_bytes = space.available;
  Found found;
  for (const DoctorCheck& check : doctor_checks()) {
    if (auto finding = check.run(view)) found.emplace_back(check.name, std::move(*finding));
  }
  return found;
}

std::size_t problems_in(const Found& found) {
  std::size_t problems = 0;
  for (const auto& [name, finding] : found) problems += finding.health == Health::problem ? 1 : 0;
  return problems;
}

void print_json(std::ostream& out, const Found& found) {
  Json json{{"schema", "layerwatt.doctor/1"},
            {"problems", problems_in(found)},
            {"checks", Json::array()}};
  for (const auto& [name, finding] : found) {
    json["checks"].push_back({{"name", name},
                              {"state", to_string(finding.health)},
                              {"message", finding.message},
                              {"fix", finding.fix.empty() ? Json() : Json(finding.fix)}});
  }
  out << json.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
}

Style style_of(Health health) {
  switch (health) {
    case Health::ok:
      return Style::accent;
    case Health::note:
      return Style::warning;
    case Health::problem:
      break;
  }
  return Style::alarm;
}

void print_table(std::ostream& out, const Found& found, bool color) {
  constexpr std::size_t kState = 9;
  constexpr std::size_t kName = 17;
  const std::string indent(kState + kName, ' ');
  for (const auto& [name, finding] : found) {
    std::string start = painted(to_string(finding.health), style_of(finding.health), color);
    start += std::string(kState - std::string(to_string(finding.health)).size(), ' ');
    start += pad_right(name, kName);
    for (const std::string& line : wrap(harmless(finding.message), kWidth - indent.size())) {
      out << start << line << '\n';
      start = indent;
    }
    start = indent + "fix: ";
    if (finding.fix.empty()) continue;
    for (const std::string& line : wrap(harmless(finding.fix), kWidth - start.size())) {
      out << start << line << '\n';
      start.assign(start.size(), ' ');
    }
  }
  const std::size_t problems = problems_in(found);
  out << '\n';
  if (problems == 0) {
    out << "Nothing is in the way of a good measurement.\n";
  } else {
    out << problems << (problems == 1 ? " problem.\n" : " problems.\n");
  }
}

}  // namespace

void add_doctor(CLI::App& app, Program& program) {
  const Help help("doctor");
  auto as_json = std::make_shared<bool>(false);
  CLI::App* command = app.add_subcommand("doctor", help.description());
  command->add_flag("--json", *as_json, help.option("--json"));
  command->callback([&program, as_json] {
    program.run = [&program, as_json] {
      const Found found = examine(program.host);
      if (*as_json) {
        print_json(program.out, found);
      } else {
        print_table(program.out, found, use_color(program, 1));
      }
      finish(program.out, "findings");
      return 0;
    };
  });
}

}  // namespace layerwatt::cli
