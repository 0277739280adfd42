// `layerwatt benchmark`: whole inferences of one or several engines.
#include "layerwatt/benchmark.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "cli/help.hpp"
#include "cli/named_values.hpp"
#include "cli/output_files.hpp"
#include "cli/sensor_flags.hpp"
#include "cli/stop_signals.hpp"
#include "cli/terminal.hpp"
#include "layerwatt/error.hpp"
#include "report/grid.hpp"
#include "report/stream.hpp"

namespace layerwatt::cli {
namespace {

using Json = nlohmann::ordered_json;

struct BenchmarkCommand {
  BenchmarkOptions options;
  std::vector<std::string> models;
  std::vector<std::string> shapes;
  std::vector<std::string> inputs;
  std::string json;
};

std::string name_of(const BenchmarkResult& result) {
  std::string name;
  for (const auto& model : result.models) {
    name += (name.empty() ? "" : " + ") + model.filename().string();
  }
  return name;
}

Json estimate_json(const Known<Estimate>& value) {
  if (!value) return nullptr;
  Json json{{"mean", value->mean}, {"ci95", nullptr}};
  if (value->ci95) json["ci95"] = {value->ci95->lo, value->ci95->hi};
  return json;
}

Json to_json(const BenchmarkResult& result) {
  Json json{{"models", Json::array()}, {"iterations", result.iterations}};
  for (const auto& model : result.models) json["models"].push_back(model.string());
  json["latency_ms"] = nullptr;
  if (result.latency_ms) {
    const Metric& ms = *result.latency_ms;
    json["latency_ms"] = {{"mean", ms.mean}, {"median", ms.median}, {"min", ms.min},
                          {"max", ms.max},   {"std", ms.std},       {"p90", ms.p90},
                          {"p99", ms.p99},   {"ci95", nullptr}};
    if (ms.ci95) json["latency_ms"]["ci95"] = {ms.ci95->lo, ms.ci95->hi};
  }
  json["throughput_per_s"] = result.throughput_per_s;
  json["batch"] = result.batch ? Json(*result.batch) : Json();
  json["power_mw"] = estimate_json(result.power_mw);
  json["energy_mj"] = estimate_json(result.energy_mj);
  json["energy_mj_per_frame"] = nullptr;
  if (result.energy_mj && result.batch) {
    json["energy_mj_per_frame"] = result.energy_mj->mean / static_cast<double>(*result.batch);
  }
  json["reason"] = result.energy_mj ? Json() : Json(result.energy_mj.reason());
  json["sensor"] = {{"kind", result.sensor.kind},
                    {"measured", result.sensor.measured},
                    {"scope", result.sensor.scope}};
  json["warnings"] = Json::array();
  for (const Warning& warning : result.warnings) {
    json["warnings"].push_back(
        {{"code", warning.code}, {"message", warning.message}, {"hint", warning.hint}});
  }
  return json;
}

void write_json(std::ostream& out, const std::vector<BenchmarkResult>& results) {
  Json json{{"schema", "layerwatt.benchmark/1"}, {"results", Json::array()}};
  for (const BenchmarkResult& result : results) json["results"].push_back(to_json(result));
  out << json.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
}

GridCell number(double value) { return {fmt::format("{:.4g}", value)}; }

void write_table(const Program& program, const std::vector<BenchmarkResult>& results) {
  Grid grid;
  grid.columns = {{"engine", "", false}, {"latency", "ms"}, {"median", "ms"},
                  {"p99", "ms"},         {"rate", "1/s"},   {"power", "W"},
                  {"energy", "mJ"},      {"±", "mJ"},       {"a frame", "mJ"}};
  grid.columns.front().gives_way = true;
  for (const BenchmarkResult& result : results) {
    GridRow row;
    row.cells.push_back({name_of(result), Style::strong});
    if (result.latency_ms) {
      for (const double ms :
           {result.latency_ms->mean, result.latency_ms->median, result.latency_ms->p99}) {
        row.cells.push_back(number(ms));
      }
    } else {
      row.cells.resize(row.cells.size() + 3);
    }
    row.cells.push_back(number(result.throughput_per_s));
    row.cells.push_back(result.power_mw ? number(result.power_mw->mean / 1000.0) : GridCell{"–"});
    row.cells.push_back(result.energy_mj ? number(result.energy_mj->mean) : GridCell{"–"});
    const bool has_ci = result.energy_mj && result.energy_mj->ci95;
    row.cells.push_back(
        has_ci ? number((result.energy_mj->ci95->hi - result.energy_mj->ci95->lo) / 2.0)
               : GridCell{"–"});
    row.cells.push_back(result.energy_mj && result.batch
                            ? number(result.energy_mj->mean / static_cast<double>(*result.batch))
                            : GridCell{"–"});
    grid.rows.push_back(std::move(row));
  }
  const bool color = use_color(program, STDOUT_FILENO);
  for (const std::string& line : render(grid, terminal_width(STDOUT_FILENO), 20, color)) {
    program.out << line << '\n';
  }
  const ResultSensor& sensor = results.front().sensor;
  if (sensor.kind == "none") return;
  program.out << fmt::format(
      "power: {}, {}{}\n", sensor.kind, sensor.scope.empty() ? "no total" : sensor.scope,
      sensor.measured ? "" : " — NOT MEASURED, from a model or a simulation");
}

int run_benchmark(Program& program, BenchmarkCommand& command) {
  BenchmarkOptions& options = command.options;
  for (const std::string& text : command.shapes) {
    options.engine_options.shapes.push_back(parse_shape(text));
  }
  for (const std::string& text : command.inputs) {
    options.engine_options.inputs.push_back(parse_input(text));
  }
  options.engine_options.device = options.sensor_options.device;
  if (!command.json.empty() && command.json != "-") check_writable(command.json);
  StopSignals signals;
  options.stop = &signals.flag();
  options.on_note = [&](const std::string& note) { print_note(program, note); };
  const std::vector<std::filesystem::path> models(command.models.begin(), command.models.end());
  const std::vector<BenchmarkResult> results = benchmark(program.host, models, options);
  for (const BenchmarkResult& result : results) {
    for (const Warning& warning : result.warnings) print_warning(program, warning);
  }
  if (command.json == "-") {
    write_json(program.out, results);
  } else {
    write_table(program, results);
    if (!command.json.empty()) {
      write_whole_file(command.json, [&](std::ostream& out) { write_json(out, results); });
    }
  }
  finish(program.out, "benchmark");
  return results.back().interrupted ? exit_code(ErrorKind::interrupted) : 0;
}

}  // namespace

void add_benchmark(CLI::App& app, Program& program) {
  const Help help("benchmark");
  CLI::App& sub = *app.add_subcommand("benchmark", help.description());
  const auto command = std::make_shared<BenchmarkCommand>();
  BenchmarkOptions& options = command->options;
  EngineOptions& engine = options.engine_options;
  sub.add_option("MODEL", command->models, help.option("MODEL"))->required();
  sub.add_option("--engine", options.engine, help.option("--engine"))->type_name("NAME");
  sub.add_flag("--parallel", options.parallel, help.option("--parallel"));
  sub.add_option("--iterations", options.iterations, help.option("--iterations"))
      ->check(CLI::Range(std::size_t{1}, std::size_t{1'000'000'000}))
      ->type_name("N");
  sub.add_option("--warmup", options.warmup, help.option("--warmup"))
      ->check(CLI::Range(std::size_t{0}, std::size_t{1'000'000'000}))
      ->type_name("N");
  sub.add_option("--dla-core", engine.dla_core, help.option("--dla-core"))
      ->check(CLI::NonNegativeNumber)
      ->type_name("N");
  // Not by its value: CLI11 sets a flag that was not given to false.
  sub.add_flag_function(
      "--cuda-graph,!--no-cuda-graph",
      [&engine](std::int64_t given) { engine.cuda_graph = given > 0; },
      help.option("--cuda-graph"));
  sub.add_option("--profile-index", engine.profile_index, help.option("--profile-index"))
      ->check(CLI::NonNegativeNumber)
      ->type_name("N");
  sub.add_option("--shape", command->shapes, help.option("--shape"))
      ->type_size(1)
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->type_name("NAME:1x3x224x224");
  sub.add_option("--input", command->inputs, help.option("--input"))
      ->type_size(1)
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->type_name("NAME:FILE.npy");
  sub.add_option("--plugin", engine.plugins, help.option("--plugin"))
      ->type_size(1)
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->type_name("FILE");
  add_sensor_flags(sub, help, options.sensor, options.sensor_options);
  sub.add_option("--json", command->json, help.option("--json"))->type_name("F");
  sub.callback([&program, command] {
    program.run = [&program, command] { return run_benchmark(program, *command); };
  });
}

}  // namespace layerwatt::cli
