// The line that says how a run goes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "layerwatt/profile.hpp"

namespace layerwatt::cli {

// Seconds to go: from the rate where the number of inferences is known; else until the widest
// interval, which narrows with the square root of time, meets the target, or the time limit. A
// negative number where nothing can be said.
double seconds_left(const Progress& progress, double target_ci_pct);

// One line, at most `width` columns:
// "[#####-----]  512/1000  102.4 inf/s  ETA 5 s  7.25 W  worst CI 6.1 %".
std::string progress_line(const Progress& progress, double target_ci_pct, std::size_t width);

// The line, and below it the rails, how precise the run is, and the layers that take longest: at
// most `height` lines of `width` columns. Names are harmless().
std::vector<std::string> live_lines(const Progress& progress, double target_ci_pct,
                                    std::size_t width, std::size_t height);

// "512 inferences in 5.0 s, 7.25 W, worst CI 6.1 %": what a log gets.
std::string plain_progress(const Progress& progress);

// A view that draws over itself on a terminal; elsewhere a plain line every ten seconds, so that a
// log shows life; nothing with --quiet.
class ProgressBar {
 public:
  ProgressBar(Program& program, double target_ci_pct);
  ~ProgressBar() { clear(); }
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void show(const Progress& progress);
  // Takes the view away, before anything else is written.
  void clear();

 private:
  Program& program_;
  double target_ci_pct_;
  bool live_;
  bool plain_;
  std::size_t drawn_lines_ = 0;
  double next_plain_s_;
};

}  // namespace layerwatt::cli
