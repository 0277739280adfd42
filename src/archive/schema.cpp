#include "archive/schema.hpp"

#include <cmath>
#include <cstddef>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <variant>
#include <vector>

#include "layerwatt/version.hpp"
#include "recording/csv_cells.hpp"

namespace layerwatt::archive {
namespace {

using Json = nlohmann::json;
using Cell = std::variant<std::monostate, std::string, std::int64_t, double, bool>;

template <class Row>
struct Field {
  const char* name;
  ColumnType type;
  Cell (*get)(const RunFacts& facts, const Result& result, const Row& row);
};

Cell number(double value) {
  if (!std::isfinite(value)) return {};
  return value;
}

Cell text(const std::optional<std::string>& value) {
  if (!value || value->empty()) return {};
  // A name that is no UTF-8 would make the whole file unreadable.
  return recording::to_utf8(*value);
}

Cell count(std::size_t value) { return static_cast<std::int64_t>(value); }

template <class T>
Cell mean(const Known<T>& known) {
  return known ? number(known->mean) : Cell{};
}

template <class T>
Cell low(const Known<T>& known) {
  return known && known->ci95 ? number(known->ci95->lo) : Cell{};
}

template <class T>
Cell high(const Known<T>& known) {
  return known && known->ci95 ? number(known->ci95->hi) : Cell{};
}

Cell metric(const Known<Metric>& known, double Metric::*member) {
  return known ? number((*known).*member) : Cell{};
}

Json described(const std::string& document) {
  Json value = Json::parse(document, nullptr, false);
  return value.is_object() ? value : Json::object();
}

std::optional<std::string> member(const std::string& document, const char* key) {
  const Json value = described(document);
  const auto found = value.find(key);
  if (found == value.end() || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

Cell warning_codes(const Result& result) {
  std::string codes;
  for (const Warning& warning : result.warnings) {
    codes += (codes.empty() ? "" : ",") + warning.code;
  }
  return text(codes);
}

Cell condition(const Result& result, const std::string& name) {
  for (const Condition& candidate : result.conditions) {
    if (candidate.name == name) return number(candidate.mean);
  }
  return {};
}

using C = ColumnType;
using F = const RunFacts&;
using R = const Result&;

template <class Row>
using Fields = std::vector<Field<Row>>;

// Both tables begin with these, so that a question about layers needs no join.
template <class Row>
Fields<Row> with_common(Fields<Row> own) {
  Fields<Row> all = {
      {"run_id", C::text, [](F f, R, const Row&) { return Cell(f.run_id); }},
      {"recorded", C::timestamp, [](F f, R, const Row&) { return Cell(f.recorded_us); }},
      {"board", C::text, [](F f, R, const Row&) { return text(f.board); }},
      {"commit_id", C::text, [](F f, R, const Row&) { return text(f.commit); }},
      {"measured", C::boolean, [](F, R r, const Row&) { return Cell(r.sensor.measured); }},
      {"simulated", C::boolean, [](F, R r, const Row&) { return Cell(is_simulated(r)); }},
  };
  all.insert(all.end(), own.begin(), own.end());
  return all;
}

const Fields<Result>& run_fields() {
  static const Fields<Result> fields = with_common<Result>({
      {"schema_version", C::integer, [](F, R, R) { return Cell(std::int64_t{kSchemaVersion}); }},
      {"layerwatt_version", C::text, [](F, R, R) { return Cell(std::string(LAYERWATT_VERSION)); }},
      {"time_source", C::text, [](F f, R, R) { return Cell(f.time_source); }},
      {"archived", C::timestamp, [](F f, R, R) { return Cell(f.archived_us); }},
      {"model_name", C::text, [](F f, R, R) { return text(f.model); }},
      {"device_name", C::text, [](F f, R, R) { return text(f.device); }},
      {"l4t", C::text, [](F, R r, R) { return text(member(r.device_json, "l4t")); }},
      {"engine", C::text, [](F, R r, R) { return text(member(r.engine_json, "name")); }},
      {"engine_version", C::text, [](F, R r, R) { return text(member(r.engine_json, "version")); }},
      {"engine_precision", C::text,
       [](F, R r, R) { return text(member(r.engine_json, "precision")); }},
      {"sensor", C::text, [](F, R r, R) { return text(r.sensor.kind); }},
      {"scope", C::text, [](F, R r, R) { return text(r.sensor.scope); }},
      {"method", C::text, [](F, R r, R) { return Cell(std::string(to_string(r.method))); }},
      {"iterations", C::integer, [](F, R r, R) { return count(r.iterations); }},
      {"layers", C::integer, [](F, R r, R) { return count(r.layers.size()); }},
      {"latency_mean_ms", C::number, [](F, R r, R) { return mean(r.total.time_ms); }},
      {"latency_ci_low_ms", C::number, [](F, R r, R) { return low(r.total.time_ms); }},
      {"latency_ci_high_ms", C::number, [](F, R r, R) { return high(r.total.time_ms); }},
      {"latency_median_ms", C::number,
       [](F, R r, R) { return metric(r.total.time_ms, &Metric::median); }},
      {"latency_p99_ms", C::number,
       [](F, R r, R) { return metric(r.total.time_ms, &Metric::p99); }},
      {"power_mw", C::number, [](F, R r, R) { return mean(r.total.power_mw); }},
      {"energy_mj", C::number, [](F, R r, R) { return mean(r.total.energy_mj); }},
      {"energy_ci_low_mj", C::number, [](F, R r, R) { return low(r.total.energy_mj); }},
      {"energy_ci_high_mj", C::number, [](F, R r, R) { return high(r.total.energy_mj); }},
      {"active_energy_mj", C::number, [](F, R r, R) { return mean(r.total.active_energy_mj); }},
      {"outside_time_ms", C::number, [](F, R r, R) { return mean(r.outside_layers.time_ms); }},
      {"outside_energy_mj", C::number, [](F, R r, R) { return mean(r.outside_layers.energy_mj); }},
      {"closure_ratio", C::number,
       [](F, R r, R) { return r.closure ? number(r.closure->ratio) : Cell{}; }},
      {"gpu_clock_mhz", C::number, [](F, R r, R) { return condition(r, "GPU clock"); }},
      {"warnings", C::text, [](F, R r, R) { return warning_codes(r); }},
  });
  return fields;
}

using L = const LayerResult&;
const Fields<LayerResult>& layer_fields() {
  static const Fields<LayerResult> fields = with_common<LayerResult>({
      {"layer_index", C::integer, [](F, R, L l) { return count(l.index); }},
      {"layer", C::text, [](F, R, L l) { return Cell(recording::to_utf8(l.name)); }},
      {"type", C::text, [](F, R, L l) { return text(l.type); }},
      {"layer_precision", C::text, [](F, R, L l) { return text(l.precision); }},
      {"time_mean_ms", C::number, [](F, R, L l) { return mean(l.time_ms); }},
      {"time_ci_low_ms", C::number, [](F, R, L l) { return low(l.time_ms); }},
      {"time_ci_high_ms", C::number, [](F, R, L l) { return high(l.time_ms); }},
      {"time_median_ms", C::number, [](F, R, L l) { return metric(l.time_ms, &Metric::median); }},
      {"time_std_ms", C::number, [](F, R, L l) { return metric(l.time_ms, &Metric::std); }},
      {"time_p90_ms", C::number, [](F, R, L l) { return metric(l.time_ms, &Metric::p90); }},
      {"time_p99_ms", C::number, [](F, R, L l) { return metric(l.time_ms, &Metric::p99); }},
      {"power_mw", C::number, [](F, R, L l) { return mean(l.power_mw); }},
      {"power_ci_low_mw", C::number, [](F, R, L l) { return low(l.power_mw); }},
      {"power_ci_high_mw", C::number, [](F, R, L l) { return high(l.power_mw); }},
      {"energy_mj", C::number, [](F, R, L l) { return mean(l.energy_mj); }},
      {"energy_ci_low_mj", C::number, [](F, R, L l) { return low(l.energy_mj); }},
      {"energy_ci_high_mj", C::number, [](F, R, L l) { return high(l.energy_mj); }},
      {"active_energy_mj", C::number, [](F, R, L l) { return mean(l.active_energy_mj); }},
      {"samples", C::integer, [](F, R, L l) { return count(l.samples); }},
      {"group_index", C::integer, [](F, R, L l) { return l.group ? count(*l.group) : Cell{}; }},
      {"reason", C::text,
       [](F, R, L l) { return text(l.reason ? *l.reason : l.energy_mj.reason()); }},
  });
  return fields;
}

constexpr std::pair<const char*, ColumnType> kSamples[] = {{"run_id", C::text},
                                                           {"time_ns", C::integer},
                                                           {"rail", C::text},
                                                           {"in_total", C::boolean},
                                                           {"power_mw", C::number}};

template <class T>
void append(Column& column, const Cell& cell) {
  auto& list = std::get<Values<T>>(column.values);
  if (const T* value = std::get_if<T>(&cell)) {
    list.emplace_back(*value);
  } else {
    list.emplace_back(std::nullopt);
  }
}

Column empty_column(const std::string& name, ColumnType type) {
  Column column{name, type, {}};
  if (type == C::text) column.values = Values<std::string>();
  if (type == C::integer || type == C::timestamp) column.values = Values<std::int64_t>();
  if (type == C::number) column.values = Values<double>();
  if (type == C::boolean) column.values = Values<bool>();
  return column;
}

void append(Column& column, const Cell& cell) {
  if (column.type == C::text) append<std::string>(column, cell);
  if (column.type == C::integer || column.type == C::timestamp) append<std::int64_t>(column, cell);
  if (column.type == C::number) append<double>(column, cell);
  if (column.type == C::boolean) append<bool>(column, cell);
}

template <class Row>
Table empty_table(const char* name, const Fields<Row>& fields) {
  Table table{name, {}};
  for (const Field<Row>& field : fields) {
    table.columns.push_back(empty_column(field.name, field.type));
  }
  return table;
}

template <class Row>
void append_row(Table& table, const Fields<Row>& fields, const RunFacts& facts,
                const Result& result, const Row& row) {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    append(table.columns[i], fields[i].get(facts, result, row));
  }
}

Table empty_samples() {
  Table table{"samples", {}};
  for (const auto& [name, type] : kSamples) table.columns.push_back(empty_column(name, type));
  return table;
}

}  // namespace

Table runs_table(const RunFacts& facts, const Result& result) {
  Table table = empty_table("runs", run_fields());
  append_row(table, run_fields(), facts, result, result);
  return table;
}

Table layers_table(const RunFacts& facts, const Result& result) {
  Table table = empty_table("layers", layer_fields());
  for (const LayerResult& layer : result.layers)
    append_row(table, layer_fields(), facts, result, layer);
  return table;
}

Table samples_table(const RunFacts& facts, const PowerSamples& samples) {
  Table table = empty_samples();
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const auto row = samples.row(i);
    for (std::size_t rail = 0; rail < row.size(); ++rail) {
      if (!std::isfinite(row[rail])) continue;
      append(table.columns[0], facts.run_id);
      append(table.columns[1], samples.time_ns[i]);
      append(table.columns[2], recording::to_utf8(samples.rails[rail].name));
      append(table.columns[3], samples.rails[rail].in_total);
      append(table.columns[4], row[rail]);
    }
  }
  return table;
}

std::vector<std::pair<std::string, ColumnType>> columns_of(const std::string& table) {
  const Table empty = table == "runs"     ? empty_table("runs", run_fields())
                      : table == "layers" ? empty_table("layers", layer_fields())
                                          : empty_samples();
  std::vector<std::pair<std::string, ColumnType>> columns;
  for (const Column& column : empty.columns) columns.emplace_back(column.name, column.type);
  return columns;
}

std::string device_name(const Result& result) {
  // `layerwatt record` calls the device by its host name, which is nobody's business.
  if (member(result.engine_json, "name") == "command") return "unknown";
  return member(result.device_json, "name").value_or("unknown");
}

std::string model_name(const Result& result) {
  std::optional<std::string> name = member(result.engine_json, "model");
  if (!name || name->empty()) name = member(result.engine_json, "spec");
  if (!name || name->empty()) return "unknown";
  // A folder may hold a user's name, or a customer's.
  return std::filesystem::path(*name).filename().string();
}

bool is_simulated(const Result& result) {
  if (result.sensor.kind.rfind("sim", 0) == 0) return true;
  for (const std::string& document : {result.engine_json, result.device_json}) {
    const Json value = described(document);
    const auto found = value.find("simulated");
    if (found != value.end() && found->is_boolean() && found->get<bool>()) return true;
  }
  return false;
}

}  // namespace layerwatt::archive
