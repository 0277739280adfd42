#include "cli/progress.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <ostream>

#include "cli/terminal.hpp"
#include "report/display.hpp"

namespace layerwatt::cli {
namespace {

constexpr std::size_t kBarWidth = 24;
constexpr std::size_t kIndent = 2;
constexpr double kPlainPeriodS = 10.0;

double fraction_done(const Progress& progress, double left_s) {
  if (progress.iterations_wanted && *progress.iterations_wanted > 0) {
    return static_cast<double>(progress.iterations) /
           static_cast<double>(*progress.iterations_wanted);
  }
  const double whole = progress.elapsed_s + left_s;
  return left_s < 0.0 || !(whole > 0.0) ? 0.0 : progress.elapsed_s / whole;
}

std::string bar(double fraction) {
  const auto full = static_cast<std::size_t>(
      std::lround(std::clamp(fraction, 0.0, 1.0) * static_cast<double>(kBarWidth)));
  return "[" + std::string(full, '#') + std::string(kBarWidth - full, '-') + "]";
}

// ", expected in about 23 s", and whether the limit comes first.
std::string prediction(const Progress& progress) {
  const double left_s = *progress.predicted_s;
  if (!(left_s > 0.0)) return {};
  std::string text = fmt::format(", expected in about {:.0f} s", std::ceil(left_s));
  if (progress.limit_s > 0.0 && progress.elapsed_s + left_s > progress.limit_s) {
    text += fmt::format(" (the time limit ends the run in {:.0f} s)",
                        std::ceil(std::max(0.0, progress.limit_s - progress.elapsed_s)));
  }
  return text;
}

}  // namespace

double seconds_left(const Progress& progress, double target_ci_pct) {
  if (progress.iterations_wanted) {
    if (progress.iterations == 0) return -1.0;
    const std::size_t wanted = std::max(*progress.iterations_wanted, progress.iterations);
    return progress.elapsed_s * static_cast<double>(wanted - progress.iterations) /
           static_cast<double>(progress.iterations);
  }
  const double until_limit =
      progress.limit_s > 0.0 ? std::max(0.0, progress.limit_s - progress.elapsed_s) : -1.0;
  if (progress.predicted_s) {
    return until_limit < 0.0 ? *progress.predicted_s : std::min(until_limit, *progress.predicted_s);
  }
  if (!progress.worst_ci_pct) return until_limit;
  const double ratio = *progress.worst_ci_pct / target_ci_pct;
  const double until_target = std::max(0.0, progress.elapsed_s * (ratio * ratio - 1.0));
  return until_limit < 0.0 ? until_target : std::min(until_limit, until_target);
}

std::string progress_line(const Progress& progress, double target_ci_pct, std::size_t width) {
  const double left_s = seconds_left(progress, target_ci_pct);
  std::string line = bar(fraction_done(progress, left_s));
  line += progress.iterations_wanted
              ? fmt::format("  {}/{}", progress.iterations, *progress.iterations_wanted)
              : fmt::format("  {} inferences", progress.iterations);
  if (progress.elapsed_s > 0.0) {
    line += fmt::format("  {:.1f} inf/s",
                        static_cast<double>(progress.iterations) / progress.elapsed_s);
  }
  if (left_s >= 0.0) line += fmt::format("  ETA {:.0f} s", std::ceil(left_s));
  if (progress.power_mw) line += fmt::format("  {:.2f} W", *progress.power_mw / 1000.0);
  if (progress.worst_ci_pct) line += fmt::format("  worst CI {:.1f} %", *progress.worst_ci_pct);
  return line.substr(0, width);
}

std::vector<std::string> live_lines(const Progress& progress, double target_ci_pct,
                                    std::size_t width, std::size_t height) {
  std::vector<std::string> lines{progress_line(progress, target_ci_pct, width)};
  const auto add = [&](const std::string& text) {
    for (const std::string& line : wrap(text, width - kIndent)) {
      lines.push_back(std::string(kIndent, ' ') + line);
    }
  };
  std::string rails;
  for (const RailNow& rail : progress.rails) {
    rails += fmt::format("{}{} {:.2f} W", rails.empty() ? "now: " : ", ", harmless(rail.name),
                         rail.mw / 1000.0);
  }
  if (!rails.empty()) add(rails);
  if (progress.worst_ci_pct && !progress.iterations_wanted) {
    std::string precision = fmt::format("precision: ±{:.1f} % reached, ±{:g} % wanted",
                                        *progress.worst_ci_pct, target_ci_pct);
    if (progress.predicted_s) precision += prediction(progress);
    add(precision);
  }
  if (!progress.top_layers.empty()) add("longest layers so far:");
  for (const LayerNow& layer : progress.top_layers) {
    const std::string figures =
        fmt::format("{:9.4f} ms {:5.1f} %  ", layer.time_ms, 100.0 * layer.share);
    const std::size_t taken = figures.size() + 2 * kIndent;
    const std::size_t room = width > taken ? width - taken : 0;
    lines.push_back(std::string(2 * kIndent, ' ') + figures +
                    shorten_middle(harmless(layer.name), room));
  }
  // On a low terminal a view that scrolls would fill the screen with copies of itself.
  if (lines.size() > height) lines.resize(std::max<std::size_t>(height, 1));
  return lines;
}

std::string plain_progress(const Progress& progress) {
  std::string line = fmt::format("{} inferences", progress.iterations);
  if (progress.iterations_wanted) line += fmt::format(" of {}", *progress.iterations_wanted);
  line += fmt::format(" in {:.0f} s", progress.elapsed_s);
  if (progress.power_mw) line += fmt::format(", {:.2f} W", *progress.power_mw / 1000.0);
  if (progress.worst_ci_pct) line += fmt::format(", worst CI {:.1f} %", *progress.worst_ci_pct);
  if (progress.predicted_s) line += prediction(progress);
  return line;
}

ProgressBar::ProgressBar(Program& program, double target_ci_pct)
    : program_(program), target_ci_pct_(target_ci_pct), next_plain_s_(kPlainPeriodS) {
  const bool wanted = !program.globals.quiet && &program.err == &std::cerr;
  const bool terminal =
      ::isatty(STDERR_FILENO) == 1 && program.host.sys.env("TERM").value_or("") != "dumb";
  live_ = wanted && terminal;
  plain_ = wanted && !terminal;
}

void ProgressBar::show(const Progress& progress) {
  if (plain_ && progress.elapsed_s >= next_plain_s_) {
    next_plain_s_ = (std::floor(progress.elapsed_s / kPlainPeriodS) + 1.0) * kPlainPeriodS;
    program_.err << "layerwatt: " << plain_progress(progress) << '\n' << std::flush;
  }
  if (!live_) return;
  // One column and one line less than there are: a full line would scroll on some terminals.
  const std::size_t width = terminal_width(STDERR_FILENO) - 1;
  const std::size_t height = terminal_height(STDERR_FILENO) - 1;
  const std::vector<std::string> lines = live_lines(progress, target_ci_pct_, width, height);
  std::string drawing = drawn_lines_ > 1 ? fmt::format("\r\033[{}A", drawn_lines_ - 1) : "\r";
  for (std::size_t i = 0; i < lines.size(); ++i) {
    drawing += (i == 0 ? "" : "\n") + lines[i] + "\033[K";
  }
  program_.err << drawing << "\033[J" << std::flush;
  drawn_lines_ = lines.size();
}

void ProgressBar::clear() {
  if (drawn_lines_ == 0) return;
  if (drawn_lines_ > 1) program_.err << fmt::format("\033[{}A", drawn_lines_ - 1);
  program_.err << "\r\033[J" << std::flush;
  drawn_lines_ = 0;
}

}  // namespace layerwatt::cli
