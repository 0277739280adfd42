#include "cli/archive_query.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "archive/duckdb.hpp"
#include "archive/plot.hpp"
#include "archive/question.hpp"
#include "cli/help.hpp"
#include "cli/stop_signals.hpp"
#include "cli/terminal.hpp"
#include "core/whole_file.hpp"
#include "layerwatt/error.hpp"
#include "recording/csv_cells.hpp"
#include "report/display.hpp"
#include "report/grid.hpp"
#include "report/spreadsheet.hpp"

namespace layerwatt::cli {
namespace {

using Json = nlohmann::ordered_json;

struct QueryCommand {
  std::string archive;
  std::string sql;
  std::string question;
  std::vector<std::string> values;
  std::string json;
  std::string csv;
  std::string plot;
  std::string axes;
};

struct CompactCommand {
  std::string archive;
  std::string output;
};

std::string words(const nlohmann::json& value) {
  if (value.is_null()) return "";
  return value.is_string() ? value.get<std::string>() : value.dump();
}

// Programs get every digit (--json, --csv).
std::string for_people(const nlohmann::json& value) {
  if (value.is_null()) return "–";
  if (value.is_number_float()) return fmt::format("{:.6g}", value.get<double>());
  return harmless(words(value));
}

void write_table(const Program& program, const archive::Answer& answer) {
  Grid grid;
  for (std::size_t i = 0; i < answer.columns.size(); ++i) {
    GridColumn column;
    column.title = harmless(answer.columns[i]);
    column.right = answer.types[i] != "VARCHAR" && answer.types[i] != "DATE";
    grid.columns.push_back(column);
  }
  for (const auto& row : answer.rows) {
    GridRow cells;
    for (const auto& value : row) cells.cells.push_back({for_people(value), Style::plain});
    grid.rows.push_back(std::move(cells));
  }
  for (const std::string& line :
       render(grid, terminal_width(STDOUT_FILENO), 8, use_color(program, STDOUT_FILENO))) {
    program.out << line << '\n';
  }
}

// Only what is a number to DuckDB is one here: text is any.
void write_csv(std::ostream& out, const archive::Answer& answer) {
  std::string line;
  for (const std::string& column : answer.columns) {
    if (!line.empty()) line += ',';
    recording::append_cell(line, neutralised(column));
  }
  out << line << '\n';
  for (const auto& row : answer.rows) {
    line.clear();
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i > 0) line += ',';
      recording::append_cell(line, row[i].is_string() ? neutralised(words(row[i])) : words(row[i]));
    }
    out << line << '\n';
  }
}

void write_json(std::ostream& out, const archive::Answer& answer) {
  Json root{{"schema", "layerwatt.answer/1"},
            {"columns", answer.columns},
            {"types", answer.types},
            {"rows", Json::array()}};
  for (const auto& row : answer.rows) root["rows"].push_back(Json(row));
  out << root.dump() << '\n';
}

void write_to(const Program& program, const std::string& file,
              const std::function<void(std::ostream&)>& write) {
  if (file.empty()) return;
  if (file == "-") {
    write(program.out);
  } else {
    write_whole_file(file, write);
  }
}

std::map<std::string, std::string> given_values(const std::vector<std::string>& texts) {
  std::map<std::string, std::string> values;
  for (const std::string& text : texts) {
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw Error(ErrorKind::usage, "'" + text + "' is not NAME=VALUE", "--set",
                  "--set layer=conv1");
    }
    values[text.substr(0, equals)] = text.substr(equals + 1);
  }
  return values;
}

int list_questions(const Program& program) {
  for (const archive::Question& question : archive::questions()) {
    program.out << question.name << ": " << question.title << '\n';
    for (const auto& [name, value] : question.parameters) {
      program.out << "    --set " << name << "="
                  << (value ? *value + "  (unless given)" : "…  (needed)") << '\n';
    }
  }
  return 0;
}

archive::Question asked(const QueryCommand& command) {
  if (command.sql.empty() == command.question.empty()) {
    throw Error(ErrorKind::usage, "either SQL or --question is expected", {},
                "layerwatt archive query --question list shows what is ready");
  }
  if (!command.question.empty()) return archive::find_question(command.question);
  archive::Question question;
  question.title = "archive query";
  question.sql = command.sql;
  return question;
}

int run_query(const Program& program, const QueryCommand& command) {
  if (command.question == "list") return list_questions(program);
  const archive::Question question = asked(command);
  if (command.archive.empty()) {
    throw Error(ErrorKind::usage, "which archive?", "--archive", "--archive DIR");
  }
  check_is_folder(command.archive);
  const std::string axes_text = command.axes.empty() ? question.axes : command.axes;
  std::optional<archive::PlotAxes> axes;
  if (!command.plot.empty()) axes = archive::parse_axes(axes_text);
  for (const std::string& file : {command.json, command.csv, command.plot}) {
    if (!file.empty() && file != "-") check_writable(file);
  }
  std::map<std::string, std::string> values = given_values(command.values);
  for (const auto& [name, value] : question.parameters) {
    if (value) values.try_emplace(name, *value);
  }
  const StopSignals signals;
  const archive::Answer answer =
      archive::ask(program.host, command.archive, question.sql, values, signals.flag());
  if (command.json != "-" && command.csv != "-") write_table(program, answer);
  write_to(program, command.json, [&](std::ostream& out) { write_json(out, answer); });
  write_to(program, command.csv, [&](std::ostream& out) { write_csv(out, answer); });
  if (axes) {
    write_to(program, command.plot,
             [&](std::ostream& out) { archive::write_svg(out, answer, *axes, question.title); });
  }
  print_note(program, fmt::format("{} rows from {} files in {:.2f} s", answer.rows.size(),
                                  answer.files, answer.seconds));
  return 0;
}

int run_compact(const Program& program, const CompactCommand& command) {
  check_is_folder(command.archive);
  check_is_folder(command.output);
  const StopSignals signals;
  write_table(program,
              archive::compact(program.host, command.archive, command.output, signals.flag()));
  return 0;
}

}  // namespace

void check_is_folder(const std::string& archive) {
  if (archive.find("://") == std::string::npos) return;
  throw Error(ErrorKind::usage, "only an archive in a folder is understood here", archive,
              "mount or copy it, or ask Spark (docs/fleet.md)");
}

void add_archive_query(CLI::App& archive, Program& program) {
  const Help help("archive");
  CLI::App& query = *archive.add_subcommand("query", help.option("query"));
  const auto asking = std::make_shared<QueryCommand>();
  query.add_option("SQL", asking->sql, help.option("SQL"));
  query.add_option("--archive", asking->archive, help.option("--archive"))->type_name("DIR");
  query.add_option("--question", asking->question, help.option("--question"))->type_name("NAME");
  query.add_option("--set", asking->values, help.option("--set"))
      ->type_size(1)
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->type_name("NAME=VALUE");
  query.add_option("--json", asking->json, help.option("--json"))->type_name("F");
  query.add_option("--csv", asking->csv, help.option("--csv"))->type_name("F");
  query.add_option("--plot", asking->plot, help.option("--plot"))->type_name("F");
  query.add_option("--axes", asking->axes, help.option("--axes"))->type_name("TEXT");
  query.callback([&program, asking] {
    program.run = [&program, asking] { return run_query(program, *asking); };
  });

  CLI::App& compact = *archive.add_subcommand("compact", help.option("compact"));
  const auto compacting = std::make_shared<CompactCommand>();
  compact.add_option("--archive", compacting->archive, help.option("--archive"))
      ->required()
      ->type_name("DIR");
  compact.add_option("-o,--output", compacting->output, help.option("--output"))
      ->required()
      ->type_name("DIR");
  compact.callback([&program, compacting] {
    program.run = [&program, compacting] { return run_compact(program, *compacting); };
  });
}

}  // namespace layerwatt::cli
