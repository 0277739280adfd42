// The fields of a layer, in one list: the table, the CSV and docs/result.md are made from it, so
// that a header cannot disagree with its rows and a new field cannot be left out of one of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "layerwatt/result.hpp"

namespace layerwatt {

// What a field holds for one layer. Missing with an empty reason: there is nothing to explain (a
// layer that belongs to no group).
using Cell = std::variant<Missing, std::string, std::uint64_t, double>;

struct Column {
  const char* name;   // unit included: "energy_mj"
  const char* title;  // over the column of a table: "energy"
  const char* unit;   // "mJ"; empty for text and counts
  const char* doc;    // one sentence for docs/result.md
  int digits;         // significant digits a person sees; programs get the exact shortest form
  Cell (*get)(const LayerResult&);
};

struct RailColumn {
  const char* suffix;  // after the rail's name: "power_mw"
  const char* title;
  const char* unit;
  const char* doc;
  int digits;
  Cell (*get)(const RailResult&);
};

// One member of Metric, by the name it has in JSON.
struct MetricField {
  const char* name;
  double Metric::*member;
};

std::span<const Column> layer_columns();
std::span<const RailColumn> rail_columns();
// Beside layer_columns() where idle power was measured.
std::span<const Column> idle_columns();
std::span<const MetricField> metric_fields();

// Throws std::out_of_range: the name is ours, so a wrong one is a bug.
const Column& layer_column(std::string_view name);

// Every rail that a layer, or the total, has a result for: the order in which they first appear.
std::vector<std::string> rail_names(const Result& result);
// nullptr where there is none.
const RailResult* find_rail(const std::vector<RailResult>& rails, std::string_view name);

// The rows that are not layers, so that the same getters read them. Their index means nothing.
LayerResult group_row(const Result& result, std::size_t group);
LayerResult outside_row(const OutsideLayers& outside);
LayerResult total_row(const Total& total);

// Reasons that only a report can find.
inline constexpr const char* kNotFinite = "not_finite";    // NaN or infinite: never printed
inline constexpr const char* kNoInterval = "no_interval";  // a mean without a confidence interval
std::string no_interval_reason(const Metric& metric);

// A value that a report can print, or why it cannot: a number that is not finite is missing.
Cell number_cell(double value);

}  // namespace layerwatt
