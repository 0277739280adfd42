// Writes comparisons of results for a reader: a person, a pull request, a browser, a program.
#pragma once

#include <iosfwd>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "layerwatt/compare.hpp"
#include "layerwatt/report.hpp"
#include "layerwatt/result.hpp"

namespace layerwatt {

struct ComparedResult {
  std::string label;  // the file or folder it came from
  Result result;
};

struct JudgedGate {
  std::string text;   // as the user wrote it
  std::string label;  // of the result that was held against the baseline
  GateOutcome outcome;
};

// A baseline, and each other result against it.
struct ComparisonReport {
  ComparedResult baseline;
  std::vector<std::pair<ComparedResult, Comparison>> others;
  std::vector<JudgedGate> gates;
};

// The three figures of a comparison, in the order of every report.
struct ComparedFigure {
  const char* name;  // "energy"
  const char* key;   // "energy_mj"
  const char* unit;
  Change Changes::*change;
};
inline constexpr ComparedFigure kComparedFigures[] = {
    {"latency", "time_ms", "ms", &Changes::time_ms},
    {"energy", "energy_mj", "mJ", &Changes::energy_mj},
    {"power", "power_mw", "mW", &Changes::power_mw},
};

// "no evidence": as people read it.
std::string verdict_words(Verdict verdict);
const char* to_string(GateState state) noexcept;

// Rows with a difference first, the largest energies (times without them) first.
std::vector<const CompareRow*> ranked_rows(const Comparison& comparison);

// layerwatt.comparison/1.
nlohmann::ordered_json comparison_json(const ComparisonReport& report);

// All throw Error(io) when the stream fails.
void write_comparison_json(std::ostream& out, const ComparisonReport& report);
void write_comparison_table(std::ostream& out, const ComparisonReport& report,
                            const ReportOptions& options);
void write_comparison_markdown(std::ostream& out, const ComparisonReport& report, std::size_t top);
void write_comparison_html(std::ostream& out, const ComparisonReport& report);

}  // namespace layerwatt
