#include "report/table_cells.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "report/display.hpp"

namespace layerwatt {

std::optional<double> number_of(const Cell& cell) {
  if (const double* value = std::get_if<double>(&cell)) return *value;
  return std::nullopt;
}

std::string cell_text(const Cell& cell, const Scale& scale, Footnotes& notes) {
  struct Visitor {
    const Scale& scale;
    Footnotes& notes;
    std::string operator()(const Missing& missing) const {
      return missing.reason.empty() ? "" : notes.dash(missing.reason);
    }
    std::string operator()(const std::string& text) const { return harmless(text); }
    std::string operator()(std::uint64_t count) const { return fmt::format("{}", count); }
    std::string operator()(double value) const { return figure(value, scale); }
  };
  return std::visit(Visitor{scale, notes}, cell);
}

// The larger side of an interval: a single ± must not promise too much.
double half_width(double mean, const Interval& interval) {
  return std::max(interval.hi - mean, mean - interval.lo);
}

Scale scale_of(const Result& result, std::string_view unit, int digits,
               const std::function<Cell(const LayerResult&)>& get) {
  double largest = 0.0;
  for (const LayerResult& layer : result.layers) {
    largest = std::max(largest, number_of(get(layer)).value_or(0.0));
  }
  if (largest == 0.0) largest = number_of(get(total_row(result.total))).value_or(0.0);
  return scale_for(unit, largest, digits);
}

std::string name_of(const LayerResult& layer) {
  return layer.name.empty() ? "(no name)" : harmless(layer.name);
}

}  // namespace layerwatt
