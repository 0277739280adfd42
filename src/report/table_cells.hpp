// How the grids of the table print a cell.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "layerwatt/result.hpp"
#include "report/columns.hpp"
#include "report/figures.hpp"
#include "report/footnotes.hpp"

namespace layerwatt {

std::optional<double> number_of(const Cell& cell);

// What is missing becomes a dash whose footnote says why; nothing where there is nothing to say.
std::string cell_text(const Cell& cell, const Scale& scale, Footnotes& notes);

// The larger side of an interval: a single ± must not promise too much.
double half_width(double mean, const Interval& interval);

// The scale of a column, by its largest layer; by the whole inference where no layer has a value.
Scale scale_of(const Result& result, std::string_view unit, int digits,
               const std::function<Cell(const LayerResult&)>& get);

// harmless(), and never empty.
std::string name_of(const LayerResult& layer);

}  // namespace layerwatt
