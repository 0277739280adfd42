// The report for a person at a terminal.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>

#include "layerwatt/report.hpp"
#include "report/columns.hpp"
#include "report/display.hpp"
#include "report/figures.hpp"
#include "report/stream.hpp"
#include "report/table_layers.hpp"
#include "report/table_rails.hpp"
#include "report/table_summary.hpp"
#include "report/words.hpp"

namespace layerwatt {
namespace {

constexpr std::size_t kNarrowestTerminal = 60;
constexpr std::size_t kLabelWidth = 9;
constexpr std::size_t kNoteIndent = 2;
constexpr std::size_t kEnoughForAName = 24;

// "tensorrt 8.6.2, precision fp16": the name and version as they are, everything else by its key.
// Nested values and lists are for programs. `except` is shown elsewhere.
std::string described(const nlohmann::ordered_json& object, const std::string& except) {
  std::string head;
  std::string rest;
  for (const auto& [key, value] : object.items()) {
    if (key == except || value.is_structured() || value.is_null()) continue;
    const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
    if (text.empty()) continue;
    if (key == "name" || key == "version") {
      head += (head.empty() ? "" : " ") + text;
    } else {
      std::string words = key;
      for (char& c : words) c = c == '_' ? ' ' : c;
      rest += (rest.empty() ? "" : ", ") + words + " " + text;
    }
  }
  return harmless(head + (head.empty() || rest.empty() ? "" : ", ") + rest);
}

nlohmann::ordered_json parsed_object(const std::string& text) {
  auto object = nlohmann::ordered_json::parse(text, nullptr, false);
  return object.is_object() ? object : nlohmann::ordered_json::object();
}

class Table {
 public:
  Table(std::ostream& out, const ReportOptions& options)
      : out_(out), options_(options), width_(std::max(options.width, kNarrowestTerminal)) {}

  void write(const Result& result, const Recording& recording) {
    banner(result.sensor);
    header(result, recording);
    layers(result);
    summary(result);
    warnings(result);
    if (!result.sensor.measured) out_ << '\n';
    banner(result.sensor);
  }

 private:
  void banner(const ResultSensor& sensor) {
    if (sensor.measured) return;
    paragraph(harmless(power_source_words(sensor)), Style::alarm);
  }

  void paragraph(const std::string& text, Style style) {
    for (const std::string& line : wrap(text, width_)) {
      out_ << painted(line, style, options_.color) << '\n';
    }
  }

  // "label    text", the text wrapped beside its label.
  void labelled(const std::string& label, const std::string& text, Style style = Style::faint) {
    if (text.empty()) return;
    std::string start = painted(label, style, options_.color) +
                        std::string(kLabelWidth - display_width(label), ' ');
    for (const std::string& line : wrap(text, width_ - kLabelWidth)) {
      out_ << start << line << '\n';
      start = std::string(kLabelWidth, ' ');
    }
  }

  void header(const Result& result, const Recording& recording) {
    const auto engine = parsed_object(result.engine_json);
    if (engine.contains("model") && engine["model"].is_string()) {
      labelled("model", harmless(engine["model"].get<std::string>()));
    }
    labelled("engine", described(engine, "model"));
    labelled("device", described(parsed_object(result.device_json), ""));
    std::string power = power_source_words(result.sensor);
    if (!result.sensor.calibrated.empty()) power += ", calibrated on " + result.sensor.calibrated;
    labelled("power", harmless(power));
    if (options_.verbosity > 0) labelled("", harmless(result.sensor.notes));
    labelled("method",
             harmless(fmt::format("{}{}{}", to_string(result.method),
                                  result.method_reason.empty() ? "" : ": ", result.method_reason)));
    std::string run =
        fmt::format("{} inference{}", result.iterations, result.iterations == 1 ? "" : "s");
    if (!recording.manifest.created.empty()) run += ", recorded " + recording.manifest.created;
    const std::string stopped = recording.manifest.stopped.value_or("done");
    if (stopped != "done") run += ", " + stopped;
    labelled("run", harmless(run));
    out_ << '\n';
  }

  void grid(const Grid& table) {
    for (const std::string& line : render(table, width_, kEnoughForAName, options_.color)) {
      out_ << line << '\n';
    }
  }

  void footnotes(const Footnotes& notes) {
    for (const std::string& note : notes.lines()) {
      std::string indent;
      for (const std::string& line : wrap(note, width_ - kNoteIndent)) {
        out_ << indent << painted(line, Style::faint, options_.color) << '\n';
        indent = std::string(kNoteIndent, ' ');
      }
    }
  }

  void layers(const Result& result) {
    if (result.layers.empty()) {
      out_ << "No layers were reported.\n\n";
      return;
    }
    const std::size_t top = options_.verbosity > 0 ? 0 : options_.top;
    const Ranking ranking = rank_layers(result, top);
    Footnotes notes;
    grid(layer_grid(result, ranking, notes));
    if (!has_power(result)) {
      const std::string reason = result.total.energy_mj.reason();
      paragraph(fmt::format("No power and no energy: {} ({}).", harmless(reason_words(reason)),
                            harmless(reason)),
                Style::plain);
    }
    paragraph(legend(result, ranking), Style::faint);
    footnotes(notes);
    out_ << '\n';
    if (options_.verbosity > 0) rails(result, ranking);
  }

  static std::string legend(const Result& result, const Ranking& ranking) {
    const char* quantity = ranking.by_energy ? "energy" : "time";
    return fmt::format("By {}; share: of one inference's {}{}.", quantity, quantity,
                       has_power(result) ? "; ±: 95 % interval of the energy" : "");
  }

  // As many rails side by side as the terminal holds, the rest below.
  void rails(const Result& result, const Ranking& ranking) {
    const std::vector<std::string> names = rail_names(result);
    for (std::size_t at = 0; at < names.size();) {
      for (std::size_t count = names.size() - at; count > 0; --count) {
        const auto first = names.begin() + static_cast<std::ptrdiff_t>(at);
        Footnotes notes;
        const Grid table =
            rail_grid(result, ranking, {first, first + static_cast<std::ptrdiff_t>(count)}, notes);
        if (count > 1 && !fits(table)) continue;
        grid(table);
        footnotes(notes);
        out_ << '\n';
        at += count;
        break;
      }
    }
  }

  bool fits(const Grid& table) const {
    const std::vector<std::string> lines = render(table, width_, kEnoughForAName, false);
    return std::all_of(lines.begin(), lines.end(),
                       [&](const std::string& line) { return display_width(line) <= width_; });
  }

  void summary(const Result& result) {
    Footnotes notes;
    grid(summary_grid(result, notes));
    footnotes(notes);
    out_ << '\n';
    const std::optional<double> energy = known_mean(result.total.energy_mj)
                                             ? known_mean(result.total.energy_mj)
                                             : known_mean(result.energy_mj);
    if (energy && *energy > 0.0) {
      labelled("energy", fmt::format("{:.4g} J an inference, {:.4g} inferences a joule",
                                     *energy / 1000.0, 1000.0 / *energy));
    }
    if (result.idle) active(result);
    if (result.closure) {
      const Closure& closure = *result.closure;
      labelled("closure",
               fmt::format("layers + outside {}, the sensor saw {}: {} %",
                           figure_with_unit(closure.layers_plus_outside_mj, "mJ"),
                           figure_with_unit(closure.measured_mj, "mJ"), percent(closure.ratio)));
    } else {
      labelled("closure",
               fmt::format("not known: {} ({})", harmless(reason_words(result.closure.reason())),
                           harmless(result.closure.reason())));
    }
  }

  static std::string with_half(const Estimate& estimate, const char* unit) {
    std::string text = figure_with_unit(estimate.mean, unit);
    if (estimate.ci95) {
      text += " ± " + figure_with_unit(0.5 * (estimate.ci95->hi - estimate.ci95->lo), unit);
    }
    return text;
  }

  void active(const Result& result) {
    const Known<Estimate>& energy = result.total.active_energy_mj;
    const IdleBaseline& idle = *result.idle;
    if (!energy || !idle.power_mw) {
      const std::string reason = energy ? idle.power_mw.reason() : energy.reason();
      labelled("active",
               fmt::format("not known: {} ({})", harmless(reason_words(reason)), harmless(reason)));
      return;
    }
    std::string text = fmt::format("{} an inference beyond the idle device, which draws {}",
                                   with_half(*energy, "mJ"), with_half(*idle.power_mw, "mW"));
    if (idle.drift_mw) {
      text += fmt::format(" (before {}, after {})", figure_with_unit(idle.before_mw->mean, "mW"),
                          figure_with_unit(idle.after_mw->mean, "mW"));
    }
    labelled("active", text);
  }

  void warnings(const Result& result) {
    if (!result.warnings.empty()) out_ << '\n';
    for (const Warning& warning : result.warnings) {
      labelled("warning", harmless(fmt::format("{} ({})", warning.message, warning.code)),
               Style::warning);
      labelled("", harmless(warning.hint));
    }
  }

  std::ostream& out_;
  const ReportOptions& options_;
  std::size_t width_;
};

void write_table(std::ostream& out, const Result& result, const Recording& recording,
                 const ReportOptions& options) {
  Table(out, options).write(result, recording);
  finish(out, "table");
}

}  // namespace

ReportBackend table_report() {
  return {"table", "layers, totals and warnings for a person at a terminal", write_table};
}

}  // namespace layerwatt
