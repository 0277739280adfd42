// Comparisons for a person at a terminal, and as Markdown for a pull request.
#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "report/comparison_reports.hpp"
#include "report/display.hpp"
#include "report/figures.hpp"
#include "report/footnotes.hpp"
#include "report/grid.hpp"
#include "report/markdown.hpp"
#include "report/stream.hpp"
#include "report/table_cells.hpp"
#include "report/words.hpp"

namespace layerwatt {
namespace {

constexpr std::size_t kEnoughForAName = 24;
constexpr std::size_t kLabelWidth = 9;

Style style_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::better:
      return Style::accent;
    case Verdict::worse:
      return Style::alarm;
    default:
      return Style::faint;
  }
}

// What is shown as zero has no sign: "-0.0" says that something fell.
std::string signed_share(double share) {
  const std::string text = fmt::format("{:+.1f}", 100.0 * share);
  return text.find_first_not_of("+-0.") == std::string::npos ? text.substr(1) : text;
}

std::string signed_percent(const std::optional<double>& relative) {
  return relative ? signed_share(*relative) : "";
}

std::string signed_figure(double value, const Scale& scale) {
  return (value > 0.0 ? "+" : "") + figure(value, scale);
}

// A row of one figure: before, after, change, its interval, per cent, verdict.
std::vector<GridCell> cells_of(const Change& change, const Scale& scale, Footnotes& notes) {
  const auto mean = [&](const Known<Estimate>& estimate) {
    return estimate ? figure(estimate->mean, scale) : notes.dash(estimate.reason());
  };
  std::vector<GridCell> cells{{mean(change.before), Style::plain},
                              {mean(change.after), Style::plain}};
  if (change.difference) {
    const Estimate& difference = *change.difference;
    cells.push_back({signed_figure(difference.mean, scale), Style::strong});
    cells.push_back({difference.ci95 ? figure(half_width(difference.mean, *difference.ci95), scale)
                                     : notes.dash("no_interval"),
                     Style::faint});
  } else {
    cells.resize(4);
  }
  cells.push_back({signed_percent(change.relative), Style::plain});
  cells.push_back(
      {change.difference ? verdict_words(change.verdict) : "", style_of(change.verdict)});
  return cells;
}

Grid change_grid(const std::string& label, const std::string& unit) {
  Grid grid;
  grid.columns = {{label, "", false}, {"before", unit}, {"after", unit},       {"change", unit},
                  {"±", unit},        {"change", "%"},  {"verdict", "", false}};
  grid.columns.front().gives_way = true;
  return grid;
}

// One unit for a column, by its largest value.
Scale scale_of_rows(const std::vector<const CompareRow*>& rows, const ComparedFigure& which) {
  double largest = 0.0;
  for (const CompareRow* row : rows) {
    const Change& change = row->changes.*which.change;
    for (const Known<Estimate>* side : {&change.before, &change.after}) {
      if (*side) largest = std::max(largest, (*side)->mean);
    }
  }
  return scale_for(which.unit, largest, 4);
}

std::string name_of(const CompareRow& row) {
  // In front, since long names are cut in their middle.
  const std::string name = row.name.empty() ? "(no name)" : harmless(row.name);
  if (row.kind == MatchKind::only_before) return "gone: " + name;
  if (row.kind == MatchKind::only_after) return "new: " + name;
  if (row.kind == MatchKind::nodes) {
    return fmt::format("{} → {}: {}", row.before.size(), row.after.size(), name);
  }
  return name;
}

bool is_news(const CompareRow& row) {
  return std::any_of(std::begin(kComparedFigures), std::end(kComparedFigures),
                     [&](const ComparedFigure& figure) {
                       const Verdict verdict = (row.changes.*figure.change).verdict;
                       return verdict == Verdict::better || verdict == Verdict::worse;
                     });
}

const ComparedFigure& leading_figure(const Comparison& comparison) {
  const bool energies = std::any_of(
      comparison.rows.begin(), comparison.rows.end(),
      [](const CompareRow& row) { return row.changes.energy_mj.difference.has_value(); });
  return kComparedFigures[energies ? 1 : 0];
}

class Printer {
 public:
  Printer(std::ostream& out, const ReportOptions& options) : out_(out), options_(options) {}

  void grid(const Grid& grid, const Footnotes& notes) {
    for (const std::string& line : render(grid, options_.width, kEnoughForAName, options_.color)) {
      out_ << line << '\n';
    }
    for (const std::string& note : notes.lines()) paragraph(note);
    out_ << '\n';
  }

  void paragraph(const std::string& text, Style style = Style::faint) {
    for (const std::string& line : wrap(text, options_.width)) {
      out_ << painted(line, style, options_.color) << '\n';
    }
  }

  void labelled(const std::string& label, const std::string& text, Style style) {
    if (text.empty()) return;
    std::string start = painted(label, style, options_.color) +
                        std::string(kLabelWidth - std::min(kLabelWidth, display_width(label)), ' ');
    for (const std::string& line : wrap(text, options_.width - kLabelWidth)) {
      out_ << start << line << '\n';
      start = std::string(kLabelWidth, ' ');
    }
  }

  void totals(const Comparison& comparison) {
    Footnotes notes;
    Grid table = change_grid("one inference", "");
    for (const ComparedFigure& which : kComparedFigures) {
      const Change& change = comparison.total.*which.change;
      const double largest = std::max(change.before ? change.before->mean : 0.0,
                                      change.after ? change.after->mean : 0.0);
      const Scale scale = scale_for(which.unit, largest, 4);
      GridRow row;
      row.cells.push_back({fmt::format("{}, {}", which.name, scale.unit), Style::plain});
      for (GridCell& cell : cells_of(change, scale, notes)) row.cells.push_back(std::move(cell));
      table.rows.push_back(std::move(row));
    }
    grid(table, notes);
  }

  void layers(const Comparison& comparison) {
    const std::vector<const CompareRow*> rows = ranked_rows(comparison);
    if (rows.empty()) return;
    const ComparedFigure& which = leading_figure(comparison);
    const Scale scale = scale_of_rows(rows, which);
    const bool all = options_.verbosity > 0 || options_.top == 0;
    const std::size_t top = all ? rows.size() : std::min(options_.top, rows.size());
    Footnotes notes;
    Grid table = change_grid("layer", scale.unit);
    table.columns.insert(table.columns.end() - 1, GridColumn{"time", "%"});
    table.columns[table.columns.size() - 2].leaves_at = 1;
    for (std::size_t i = 0; i < top; ++i) {
      const CompareRow& compared = *rows[i];
      GridRow row;
      row.cells.push_back({name_of(compared), Style::plain});
      for (GridCell& cell : cells_of(compared.changes.*which.change, scale, notes)) {
        row.cells.push_back(std::move(cell));
      }
      row.cells.insert(row.cells.end() - 1,
                       GridCell{signed_percent(compared.changes.time_ms.relative), Style::faint});
      table.rows.push_back(std::move(row));
    }
    grid(table, notes);
    paragraph(fmt::format(
        "By change of {}; {} of {} rows{}. ±: 95 % interval of one change (Welch); verdicts are "
        "corrected for all rows together (Holm, {:g} %), and a change below {:g} % is negligible.",
        which.name, top, rows.size(), top < rows.size() ? " (--top 0 shows all)" : "",
        100.0 * comparison.options.alpha, 100.0 * comparison.options.min_change));
  }

 private:
  std::ostream& out_;
  const ReportOptions& options_;
};

std::string markdown_change(const Change& change, const Scale& scale) {
  const auto side = [&](const Known<Estimate>& estimate) {
    return estimate ? figure(estimate->mean, scale) : std::string("–");
  };
  std::string text = fmt::format("{} | {} | ", side(change.before), side(change.after));
  if (!change.difference)
    return text + "– | " + markdown_text(reason_words(change.difference.reason()));
  text += signed_figure(change.difference->mean, scale);
  if (change.difference->ci95) {
    text += " ± " + figure(half_width(change.difference->mean, *change.difference->ci95), scale);
  }
  if (change.relative) text += fmt::format(" ({} %)", signed_share(*change.relative));
  const bool loud = change.verdict == Verdict::better || change.verdict == Verdict::worse;
  const char* mark = loud ? "**" : "";
  return text + " | " + mark + verdict_words(change.verdict) + mark;
}

void markdown_rows(std::ostream& out, const std::vector<const CompareRow*>& rows,
                   const ComparedFigure& which, const Scale& scale) {
  out << fmt::format("| layer | before, {0} | after, {0} | change, {0} | verdict |\n", scale.unit)
      << "|---|---:|---:|---:|---|\n";
  for (const CompareRow* row : rows) {
    out << "| " << markdown_text(name_of(*row)) << " | "
        << markdown_change(row->changes.*which.change, scale) << " |\n";
  }
  out << '\n';
}

}  // namespace

void write_comparison_table(std::ostream& out, const ComparisonReport& report,
                            const ReportOptions& options) {
  Printer print(out, options);
  for (const auto& [other, comparison] : report.others) {
    print.labelled("before", harmless(report.baseline.label), Style::faint);
    print.labelled("after", harmless(other.label), Style::faint);
    print.labelled("power", harmless(power_source_words(other.result.sensor)), Style::faint);
    out << '\n';
    print.totals(comparison);
    print.layers(comparison);
    if (!comparison.warnings.empty()) out << '\n';
    for (const Warning& warning : comparison.warnings) {
      print.labelled("warning", harmless(fmt::format("{} ({})", warning.message, warning.code)),
                     Style::warning);
      print.labelled("", harmless(warning.hint), Style::faint);
    }
    out << '\n';
  }
  for (const JudgedGate& gate : report.gates) {
    print.labelled("gate",
                   harmless(fmt::format("{} {}: {}", gate.text, to_string(gate.outcome.state),
                                        gate.outcome.why)),
                   gate.outcome.state == GateState::failed ? Style::alarm : Style::faint);
  }
  finish(out, "table");
}

void write_comparison_markdown(std::ostream& out, const ComparisonReport& report, std::size_t top) {
  for (const auto& [other, comparison] : report.others) {
    out << "### " << markdown_text(report.baseline.label) << " → " << markdown_text(other.label)
        << "\n\n";
    if (!other.result.sensor.measured) {
      out << "**" << markdown_text(power_source_words(other.result.sensor)) << "**\n\n";
    }
    out << "| one inference | before | after | change | verdict |\n|---|---:|---:|---:|---|\n";
    for (const ComparedFigure& which : kComparedFigures) {
      const Change& change = comparison.total.*which.change;
      const Scale scale = scale_for(which.unit,
                                    std::max(change.before ? change.before->mean : 0.0,
                                             change.after ? change.after->mean : 0.0),
                                    4);
      out << fmt::format("| {}, {} | {} |\n", which.name, scale.unit,
                         markdown_change(change, scale));
    }
    out << '\n';
    const ComparedFigure& which = leading_figure(comparison);
    const std::vector<const CompareRow*> rows = ranked_rows(comparison);
    const Scale scale = scale_of_rows(rows, which);
    std::vector<const CompareRow*> news;
    std::copy_if(rows.begin(), rows.end(), std::back_inserter(news),
                 [](const CompareRow* row) { return is_news(*row); });
    if (top > 0 && news.size() > top) news.resize(top);
    if (news.empty()) {
      out << "No layer changed beyond what the measurements scatter.\n\n";
    } else {
      markdown_rows(out, news, which, scale);
    }
    out << "<details><summary>all " << rows.size() << " rows</summary>\n\n";
    markdown_rows(out, rows, which, scale);
    out << "</details>\n\n";
    for (const Warning& warning : comparison.warnings) {
      out << "- ⚠ " << markdown_text(warning.message) << " – " << markdown_text(warning.hint)
          << '\n';
    }
    if (!comparison.warnings.empty()) out << '\n';
  }
  for (const JudgedGate& gate : report.gates) {
    out << fmt::format("- {} {}: {}\n",
                       gate.outcome.state == GateState::failed   ? "❌"
                       : gate.outcome.state == GateState::passed ? "✅"
                                                                 : "❔",
                       markdown_text(gate.text), markdown_text(gate.outcome.why));
  }
  finish(out, "Markdown");
}

}  // namespace layerwatt
