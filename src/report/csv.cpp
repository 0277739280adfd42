// RFC 4180, one row a layer, then the groups, the time outside layers and the whole inference.
#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "layerwatt/report.hpp"
#include "report/columns.hpp"
#include "report/spreadsheet.hpp"
#include "report/stream.hpp"
#include "report/words.hpp"

namespace layerwatt {
namespace {

using Row = std::vector<std::string>;

std::string quoted(const std::string& cell) {
  if (cell.find_first_of(",\"\r\n") == std::string::npos) return cell;
  std::string out = "\"";
  for (const char c : cell) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

void write_row(std::ostream& out, const Row& row) {
  const char* separator = "";
  for (const std::string& cell : row) {
    out << separator << quoted(cell);
    separator = ",";
  }
  out << "\r\n";
}

// Collects why cells are empty, each reason once.
class Reasons {
 public:
  void add(const std::string& reason) {
    if (!reason.empty() && std::find(all_.begin(), all_.end(), reason) == all_.end()) {
      all_.push_back(reason);
    }
  }
  std::string text() const { return neutralised(fmt::format("{}", fmt::join(all_, "; "))); }

 private:
  std::vector<std::string> all_;
};

std::string cell_text(const Cell& cell, Reasons& reasons) {
  struct Visitor {
    Reasons& reasons;
    std::string operator()(const Missing& missing) const {
      reasons.add(missing.reason);
      return "";
    }
    std::string operator()(const std::string& text) const { return neutralised(text); }
    std::string operator()(std::uint64_t count) const { return fmt::format("{}", count); }
    std::string operator()(double value) const { return fmt::format("{}", value); }
  };
  return std::visit(Visitor{reasons}, cell);
}

class CsvRows {
 public:
  explicit CsvRows(const Result& result)
      : columns_(layer_columns().begin(), layer_columns().end()),
        rails_(rail_names(result)),
        sensor_(neutralised(result.sensor.kind)),
        scope_(neutralised(result.sensor.scope)),
        measured_(result.sensor.measured ? "true" : "false"),
        source_(neutralised(power_source_words(result.sensor))) {
    if (result.idle) columns_.insert(columns_.end(), idle_columns().begin(), idle_columns().end());
  }

  Row header() const {
    Row row = {"row"};
    for (const Column& column : columns_) row.push_back(column.name);
    for (const std::string& rail : rails_) {
      for (const RailColumn& column : rail_columns()) {
        row.push_back(neutralised(rail + "_" + column.suffix));
      }
    }
    row.insert(row.end(), {"reason", "sensor", "scope", "measured", "power_source"});
    return row;
  }

  Row values(const std::string& kind, const LayerResult& layer) const {
    Row row = {kind};
    Reasons reasons;
    if (layer.reason) reasons.add(*layer.reason);
    for (const Column& column : columns_) {
      const std::string_view name = column.name;
      // Only a layer has a place in the execution order and samples of its own.
      const bool empty = kind != "layer" && (name == "index" || name == "samples");
      row.push_back(empty ? "" : cell_text(column.get(layer), reasons));
    }
    for (const std::string& name : rails_) add_rail(row, layer, name, reasons);
    row.insert(row.end(), {reasons.text(), sensor_, scope_, measured_, source_});
    return row;
  }

 private:
  // A rail's reason names the rail: a layer whose energy is known must not read "no_samples".
  static void add_rail(Row& row, const LayerResult& layer, const std::string& name,
                       Reasons& reasons) {
    const RailResult* rail = find_rail(layer.rails, name);
    Reasons own;
    for (const RailColumn& column : rail_columns()) {
      row.push_back(rail != nullptr ? cell_text(column.get(*rail), own) : "");
    }
    if (rail == nullptr) {
      reasons.add(layer.rails.empty() ? "no_rail_result" : name + ": no_rail_result");
    } else if (!own.text().empty()) {
      reasons.add(name + ": " + own.text());
    }
  }

  std::vector<Column> columns_;
  std::vector<std::string> rails_;
  std::string sensor_;
  std::string scope_;
  std::string measured_;
  std::string source_;
};

void write_csv(std::ostream& out, const Result& result, const Recording&, const ReportOptions&) {
  const CsvRows rows(result);
  write_row(out, rows.header());
  for (const LayerResult& layer : result.layers) write_row(out, rows.values("layer", layer));
  for (std::size_t group = 0; group < result.groups.size(); ++group) {
    write_row(out, rows.values("group", group_row(result, group)));
  }
  write_row(out, rows.values("outside_layers", outside_row(result.outside_layers)));
  write_row(out, rows.values("total", total_row(result.total)));
  finish(out, "CSV");
}

}  // namespace

ReportBackend csv_report() { return {"csv", "one row a layer, for spreadsheets", write_csv}; }

}  // namespace layerwatt
