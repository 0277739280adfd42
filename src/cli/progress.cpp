#include "cli/progress.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <ostream>

#include "cli/terminal.hpp"

namespace layerwatt::cli {
namespace {

constexpr std::size_t kBarWidth = 24;

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

ProgressBar::ProgressBar(Program& program, double target_ci_pct)
    : program_(program),
      target_ci_pct_(target_ci_pct),
      enabled_(!program.globals.quiet && &program.err == &std::cerr &&
               ::isatty(STDERR_FILENO) == 1) {}

void ProgressBar::show(const Progress& progress) {
  if (!enabled_) return;
  // One column less than there are: a full line would scroll on some terminals.
  const std::size_t width = terminal_width(STDERR_FILENO) - 1;
  program_.err << '\r' << progress_line(progress, target_ci_pct_, width) << "\033[K" << std::flush;
  drawn_ = true;
}

void ProgressBar::clear() {
  if (!drawn_) return;
  program_.err << "\r\033[K" << std::flush;
  drawn_ = false;
}

}  // namespace layerwatt::cli
