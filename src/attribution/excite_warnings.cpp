#include "attribution/excite_warnings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "layerwatt/units.hpp"

namespace layerwatt {
namespace {

using Eigen::Index;

constexpr const char* kHalfPasses =
    "behind each pass half of its layers ran once more, in each window another half";
constexpr double kCacheEffect = 0.05;   // relative, of a layer's time
constexpr double kNotableLayer = 0.01;  // of a pass
constexpr double kDisagree = 2.0;       // times what their scatter explains

class Said {
 public:
  Said(const Recording& recording, const SlotTimes& times, const ObservedWindows& observed,
       const ExciteFit& fit, const std::vector<std::size_t>& doubtful)
      : recording_(recording),
        times_(times),
        observed_(observed),
        fit_(fit),
        doubtful_(doubtful),
        layers_(recording.iterations.layers.size()) {}

  std::vector<Warning> operator()() {
    about_windows();
    about_repeats();
    about_agreement();
    return std::move(out_);
  }

 private:
  void warn(std::string code, std::string message, std::string hint) {
    out_.push_back({std::move(code), std::move(message), std::move(hint)});
  }

  std::string names(const std::vector<std::size_t>& slots) const {
    constexpr std::size_t kNamed = 3;
    std::string names;
    for (std::size_t i = 0; i < std::min(kNamed, slots.size()); ++i) {
      names += (i > 0 ? ", " : "") + (slots[i] < layers_ ? recording_.iterations.layers[slots[i]]
                                                         : std::string("outside layers"));
    }
    return slots.size() > kNamed ? fmt::format("{} and {} more", names, slots.size() - kNamed)
                                 : names;
  }

  bool notable(std::size_t slot) const {
    return slot < layers_ && times_.mean_ms[slot] >= kNotableLayer * fit_.pass_ms;
  }

  void about_windows() {
    if (observed_.disturbed > 0) {
      warn("windows_disturbed",
           fmt::format("{} windows were left out: the clock or a power limit moved while they ran",
                       observed_.disturbed),
           "a device that holds its clock measures faster");
    }
    if (fit_.outliers > 0) {
      warn("outliers",
           fmt::format("{} {} are far off the fit and were left out", fit_.outliers,
                       fit_.windows.empty() ? "windows" : "steps of the counter"),
           "something else may have used power during the run");
    }
    if (!observed_.slowed.empty()) {
      warn("clock_differs",
           fmt::format("repeating {} lowers the clock by more than 1.5 %: its power is that at the "
                       "lower clock",
                       names(observed_.slowed)),
           "a power limit is near; the figures of these layers are too low by about as much");
    }
  }

  void about_repeats() {
    std::vector<std::size_t> quicker;
    double most = 0.0;
    for (std::size_t i = 0; i < fit_.parts.size(); ++i) {
      if (!notable(fit_.parts[i])) continue;
      const double effect =
          1.0 - fit_.extra_ms(static_cast<Index>(i)) / times_.mean_ms[fit_.parts[i]];
      if (effect <= kCacheEffect) continue;
      quicker.push_back(fit_.parts[i]);
      most = std::max(most, effect);
    }
    if (quicker.empty()) return;
    if (recording_.manifest.half_passes) {
      warn("repeats_run_faster",
           fmt::format("{} run up to {:.0f} % quicker in half a pass than in a whole one; their "
                       "energy is their power there × their time in place",
                       names(quicker), 100.0 * most),
           "half a pass leaves more of their data in the cache; closure says how much that is");
      return;
    }
    warn("repeats_run_faster",
         fmt::format("{} run up to {:.0f} % quicker when repeated, since their data is in the "
                     "cache by then; their energy is their power then × their time in place",
                     names(quicker), 100.0 * most),
         "what they draw while they wait for memory is not seen; closure says how much it is in "
         "all, and on a GPU --empty-cache=auto repeats them without it, too");
  }

  void about_agreement() {
    if (!doubtful_.empty()) {
      warn("layers_doubtful",
           fmt::format("what was measured of {} is not worth a figure: not known to within half of "
                       "it, or not between nothing and the whole pass; it counts as what is left",
                       names(doubtful_)),
           "measure for longer: --max-time");
    }
    std::vector<std::size_t> once;
    std::vector<std::size_t> differing;
    for (std::size_t i = 0; i < fit_.windows.size(); ++i) {
      if (!notable(fit_.parts[i])) continue;
      if (fit_.windows[i] < 2) {
        once.push_back(fit_.parts[i]);
      } else if (fit_.disagreement[i] > kDisagree) {
        differing.push_back(fit_.parts[i]);
      }
    }
    if (!once.empty()) {
      warn("repeated_once",
           fmt::format("{} have one usable window each, so that nothing shows how well it repeats; "
                       "intervals are half as wide again",
                       names(once)),
           "measure for longer: --max-time");
    }
    if (!differing.empty()) {
      warn("windows_disagree",
           fmt::format("windows that repeat {} differ by more than twice what the scatter of "
                       "readings explains; intervals are as much wider",
                       names(differing)),
           "a power limit may act in some of them; measure for longer: --max-time");
    }
  }

  const Recording& recording_;
  const SlotTimes& times_;
  const ObservedWindows& observed_;
  const ExciteFit& fit_;
  const std::vector<std::size_t>& doubtful_;
  const std::size_t layers_;
  std::vector<Warning> out_;
};

}  // namespace

double ExciteSum::excess() const {
  if (!(pass_mj > 0.0)) return 0.0;
  const double off_mj = sum_mj - pass_mj;
  return std::sqrt(std::max(0.0, off_mj * off_mj - half_mj * half_mj)) / pass_mj;
}

std::vector<Warning> excite_warnings(const Recording& recording, const SlotTimes& times,
                                     const ObservedWindows& observed, const ExciteFit& fit,
                                     const std::vector<std::size_t>& doubtful) {
  return Said(recording, times, observed, fit, doubtful)();
}

std::vector<Warning> closure_warning(const ExciteSum& sum, bool half_passes) {
  if (!(sum.excess() > 0.0)) return {};
  const double off_pct = 100.0 * (sum.sum_mj / sum.pass_mj - 1.0);
  return {{"closure_off",
           fmt::format("layers and outside add up to {:.3g} % {} than the pass, which the scatter "
                       "(± {:.2g} %) does not explain; all intervals are wider for it",
                       std::abs(off_pct), off_pct < 0.0 ? "less" : "more",
                       100.0 * sum.half_mj / sum.pass_mj),
           half_passes
               ? "half a pass leaves more or less in the cache than a whole one; which layers "
                 "the difference belongs to is not known"
           : off_pct < 0.0
               ? "a repeat finds in the cache what the layer in its place fetches from "
                 "memory; which layers the difference belongs to is not known"
               : "a layer may draw more when it is repeated than in its place; which ones is "
                 "not known"}};
}

std::string excite_reason(const ObservedWindows& observed, const ExciteFit& fit,
                          const Adaptation& adaptation, bool half_passes) {
  const double mean_mw = (Millijoules{fit.pass_mj(0)} / Milliseconds{fit.pass_ms}).value;
  if (adaptation.steps > 0) {
    return fmt::format(
        "{}; {} steps of the counter, whose scatter is {:.2g} % of the power, {:.0f} ms behind{}",
        half_passes ? kHalfPasses
                    : "layers were repeated in place, in bursts right behind plain passes",
        adaptation.steps, 100.0 * fit.residual_mw(0) / mean_mw, adaptation.lag_ms,
        adaptation.time_constant_ms > 0.0
            ? fmt::format("; the device adapts to repeats within {:.0f} ms, and what it draws "
                          "before that is what counts",
                          adaptation.time_constant_ms)
            : "");
  }
  return fmt::format(
      "{}, so that {} windows are each another mix of them; the scatter of a window is {:.2g} % of "
      "the power",
      half_passes ? kHalfPasses : "layers were repeated in place", observed.windows.size(),
      100.0 * fit.residual_mw(0) / mean_mw);
}

}  // namespace layerwatt
