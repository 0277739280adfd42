#include "attribution/excite.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <span>
#include <utility>

#include "attribution/excite_bursts.hpp"
#include "attribution/excite_cache.hpp"
#include "attribution/excite_doubt.hpp"
#include "attribution/excite_fit.hpp"
#include "attribution/excite_half_passes.hpp"
#include "attribution/excite_warnings.hpp"
#include "attribution/excite_windows.hpp"
#include "attribution/statistics.hpp"
#include "layerwatt/units.hpp"

namespace layerwatt {
namespace {

using Eigen::Index;

constexpr double kNegligibleShare = 0.02;  // of a pass
// Where layers do not add up to the pass: how much of it any of them may be off, as a multiple of
// how much they are together. Which ones it is, is not known; twice is as if half of them were.
constexpr double kUnevenly = 2.0;

Index index(std::size_t i) { return static_cast<Index>(i); }

Estimate with_interval(double mean, double half) {
  return {mean, Interval{std::max(0.0, mean - half), mean + half}};
}

class Excited {
 public:
  Excited(const Recording& recording, const SlotTimes& times, const ObservedWindows& observed,
          const ExciteFit& fit)
      : recording_(recording),
        times_(times),
        observed_(observed),
        layers_(recording.iterations.layers.size()),
        rails_(recording.power.rails.size()),
        t_(student_t(std::max<std::size_t>(1, fit.degrees))),
        part_of_(layers_ + 1) {
    // Time between two passes is outside layers too: passes run back to back.
    outside_ms_ = fit.pass_ms;
    for (std::size_t j = 0; j < layers_; ++j) outside_ms_ -= times.mean_ms[j];
    outside_ms_ = std::max(0.0, outside_ms_);
    std::vector<double> place_ms = times.mean_ms;
    place_ms.resize(layers_ + 1);
    place_ms[layers_] = outside_ms_;
    std::vector<double> half_mw;
    for (Index i = 0; i < index(fit.parts.size()); ++i) half_mw.push_back(t_ * fit.power_std(i, 0));
    doubtful_ = doubtful_parts(fit, place_ms, half_mw);
    fit_ = without_parts(fit, doubtful_);
    for (std::size_t i = 0; i < fit_.parts.size(); ++i) {
      if (fit_.parts[i] <= layers_) part_of_[fit_.parts[i]] = i;
    }
  }

  Excitation operator()() {
    put_total();
    for (std::size_t j = 0; j < layers_; ++j) {
      out_.estimates.layers.push_back(part_of_[j] ? measured(j, times_.mean_ms[j]) : unknown());
    }
    put_outside();
    put_rest();
    out_.estimates.warnings = excite_warnings(recording_, times_, observed_, fit_, doubtful_);
    widen();
    return std::move(out_);
  }

 private:
  // Its time's own scatter between batches of iterations, as the half width of an interval.
  double time_half_ms(std::size_t slot) const {
    const auto n = static_cast<double>(times_.batches.items);
    const std::span<const double> batches = times_.slot(slot);
    std::vector<double> influence(batches.size());
    for (std::size_t b = 0; b < batches.size(); ++b) {
      influence[b] =
          (batches[b] - times_.mean_ms[slot] * static_cast<double>(times_.batches.length(b))) / n;
    }
    return half_width(influence, influence.size()).value_or(0.0);
  }

  ColumnPower column(std::size_t part, std::size_t channel, double ms, double ms_half) const {
    const double mw = fit_.power_mw(index(part), index(channel));
    const double mw_half = t_ * fit_.power_std(index(part), index(channel));
    const double mj = (Milliwatts{mw} * Milliseconds{ms}).value;
    const double mj_half = std::hypot((Milliwatts{mw_half} * Milliseconds{ms}).value,
                                      (Milliwatts{mw} * Milliseconds{ms_half}).value);
    return {with_interval(std::max(0.0, mw), mw_half), with_interval(std::max(0.0, mj), mj_half)};
  }

  std::uint64_t readings_of(std::size_t slot) const {
    std::uint64_t readings = 0;
    for (const ObservedWindow& window : observed_.windows) {
      if (window.extra[slot] > 0) readings += window.readings;
    }
    return readings;
  }

  LayerPower measured(std::size_t slot, double ms) const {
    const double ms_half = slot < layers_ ? time_half_ms(slot) : 0.0;
    LayerPower layer;
    layer.samples = readings_of(slot);
    layer.total = column(*part_of_[slot], 0, ms, ms_half);
    for (std::size_t r = 0; r < rails_; ++r) {
      layer.rails.push_back(column(*part_of_[slot], r + 1, ms, ms_half));
    }
    return layer;
  }

  LayerPower unknown() const {
    LayerPower layer;
    layer.total = {Missing{"not_repeated"}, Missing{"not_repeated"}};
    layer.rails.assign(rails_, {Missing{"not_repeated"}, Missing{"not_repeated"}});
    layer.reason = "not_repeated";
    return layer;
  }

  ColumnPower pass(std::size_t channel) const {
    const double mj = fit_.pass_mj(index(channel));
    const double half = t_ * fit_.pass_mj_std(index(channel));
    const Milliseconds ms{fit_.pass_ms};
    return {with_interval((Millijoules{mj} / ms).value, (Millijoules{half} / ms).value),
            with_interval(mj, half)};
  }

  void put_total() {
    out_.total = pass(0);
    for (std::size_t r = 0; r < rails_; ++r) out_.rails.push_back(pass(r + 1));
  }

  void put_outside() {
    LayerPower& outside = out_.estimates.outside;
    if (part_of_[layers_]) {
      outside = measured(layers_, outside_ms_);
      return;
    }
    outside = unknown();
    if (outside_ms_ > kNegligibleShare * fit_.pass_ms) return;  // see put_rest
    put_mean_power(outside, outside_ms_);
  }

  // Give or take all of it.
  void put_mean_power(LayerPower& layer, double ms) const {
    const auto at_mean_power = [&](std::size_t channel) -> ColumnPower {
      const Milliwatts mw = Millijoules{fit_.pass_mj(index(channel))} / Milliseconds{fit_.pass_ms};
      const double mj = (mw * Milliseconds{ms}).value;
      return {with_interval(mw.value, mw.value), with_interval(mj, mj)};
    };
    layer.total = at_mean_power(0);
    for (std::size_t r = 0; r < rails_; ++r) layer.rails[r] = at_mean_power(r + 1);
    layer.reason = "at_the_mean_power";
  }

  // Variance of the pass less all parts that were measured, mJ².
  double rest_variance() const {
    double variance = fit_.pass_mj_std(0) * fit_.pass_mj_std(0);
    const double outside_mw = part_of_[layers_] ? fit_.power_mw(index(*part_of_[layers_]), 0) : 0.0;
    for (const std::size_t slot : fit_.parts) {
      if (slot >= layers_) continue;
      // What a layer's time is off, the time outside layers is off the other way.
      const double more_mw = fit_.power_mw(index(*part_of_[slot]), 0) - outside_mw;
      const double std_mj = more_mw * time_half_ms(slot) / 1e3 / t_;
      variance += std_mj * std_mj;
    }
    for (std::size_t a = 0; a < fit_.parts.size(); ++a) {
      const double ms = slot_ms(fit_.parts[a]);
      variance -= 2.0 * ms / 1e3 * fit_.pass_covariance(index(a));
      for (std::size_t b = 0; b < fit_.parts.size(); ++b) {
        variance += ms * slot_ms(fit_.parts[b]) / 1e6 * fit_.covariance(index(a), index(b));
      }
    }
    return std::max(0.0, variance);
  }

  double slot_ms(std::size_t slot) const {
    return slot < layers_ ? times_.mean_ms[slot] : outside_ms_;
  }

  bool is_doubtful(std::size_t slot) const {
    return std::find(doubtful_.begin(), doubtful_.end(), slot) != doubtful_.end();
  }

  void put_rest() {
    std::vector<std::size_t> rest;
    double rest_ms = 0.0;
    for (std::size_t j = 0; j < layers_; ++j) {
      if (part_of_[j] || times_.mean_ms[j] <= 0.0) continue;
      rest.push_back(j);
      rest_ms += times_.mean_ms[j];
    }
    LayerPower& outside = out_.estimates.outside;
    const bool with_outside = !outside.total.energy_mj;
    if (with_outside) rest_ms += outside_ms_;
    if (rest_ms <= 0.0) return;
    if (!with_outside && rest_ms <= kNegligibleShare * fit_.pass_ms) {
      // What is left of the pass would be all that went wrong elsewhere.
      for (const std::size_t j : rest) {
        put_mean_power(out_.estimates.layers[j], times_.mean_ms[j]);
        assumed_mj_ += out_.estimates.layers[j].total.energy_mj->mean;
      }
      return;
    }
    const double half = std::hypot(t_ * std::sqrt(rest_variance()), repeat_errors_mj());
    const auto left = [&](std::size_t channel) {
      double mj = fit_.pass_mj(index(channel));
      for (std::size_t i = 0; i < fit_.parts.size(); ++i) {
        mj -= fit_.power_mw(index(i), index(channel)) * slot_ms(fit_.parts[i]) / 1e3;
      }
      if (!with_outside && !part_of_[layers_]) {
        mj -= channel == 0 ? outside.total.energy_mj->mean
                           : outside.rails[channel - 1].energy_mj->mean;
      }
      return std::max(0.0, mj);
    };
    const auto share = [&](LayerPower& layer, double ms) {
      const auto split = [&](std::size_t channel) -> ColumnPower {
        const Milliwatts mw = Millijoules{left(channel)} / Milliseconds{rest_ms};
        return {Estimate{mw.value, std::nullopt},
                Estimate{(mw * Milliseconds{ms}).value, std::nullopt}};
      };
      layer.total = split(0);
      for (std::size_t r = 0; r < rails_; ++r) layer.rails[r] = split(r + 1);
    };
    if (with_outside) {
      share(outside, outside_ms_);
      if (rest.empty()) {
        outside.total.energy_mj = with_interval(left(0), half);
        const double mw_half = (Millijoules{half} / Milliseconds{outside_ms_}).value;
        outside.total.power_mw = with_interval(outside.total.power_mw->mean, mw_half);
      }
      outside.reason = "what_is_left";
      out_.outside_is_rest = true;
    }
    if (rest.empty()) return;
    double group_mj = 0.0;
    for (const std::size_t j : rest) {
      LayerPower& layer = out_.estimates.layers[j];
      share(layer, times_.mean_ms[j]);
      layer.group = 0;
      layer.reason = is_doubtful(j) ? "not_separable" : "not_repeated";
      group_mj += layer.total.energy_mj->mean;
    }
    // How it splits between these layers and what is outside is not known.
    const double outside_mj = with_outside ? outside.total.energy_mj->mean : 0.0;
    out_.estimates.groups.push_back({rest, with_interval(group_mj, half + outside_mj)});
    out_.outside_is_rest = true;
  }

  // By how much a repeat's energy may differ from that of the layer in its place: as much as its
  // time makes of it.
  double repeat_error_mj(std::size_t slot) const {
    const auto row = index(*part_of_[slot]);
    return std::abs(fit_.power_mw(row, 0) * (times_.mean_ms[slot] - fit_.extra_ms(row))) / 1e3;
  }

  double repeat_errors_mj() const {
    double sum_mj = 0.0;
    for (const std::size_t slot : fit_.parts) {
      if (slot < layers_) sum_mj += repeat_error_mj(slot);
    }
    return sum_mj;
  }

  ExciteSum sum() const {
    ExciteSum sum{out_.estimates.outside.total.energy_mj->mean, fit_.pass_mj(0), 0.0};
    for (const LayerPower& layer : out_.estimates.layers) {
      if (layer.total.energy_mj) sum.sum_mj += layer.total.energy_mj->mean;
    }
    const double assumed_mj =
        assumed_mj_ + (part_of_[layers_] ? 0.0 : out_.estimates.outside.total.energy_mj->mean);
    sum.half_mj = std::hypot(t_ * std::sqrt(rest_variance()), assumed_mj);
    return sum;
  }

  static void widen(ColumnPower& column, double relative) {
    for (Known<Estimate>* value : {&column.power_mw, &column.energy_mj}) {
      if (!*value || !(*value)->ci95) continue;
      const double half = (*value)->ci95->hi - (*value)->mean;
      *value = with_interval((*value)->mean, std::hypot(half, relative * (*value)->mean));
    }
  }

  // By what the sum shows to be wrong; where there is none, by what may be.
  void widen() {
    double relative = 0.0;
    if (!out_.outside_is_rest) {
      const ExciteSum all = sum();
      relative = kUnevenly * all.excess();
      for (Warning& warning : closure_warning(all, recording_.manifest.half_passes)) {
        out_.estimates.warnings.push_back(std::move(warning));
      }
    }
    for (const std::size_t slot : fit_.parts) {
      LayerPower& layer = slot < layers_ ? out_.estimates.layers[slot] : out_.estimates.outside;
      if (out_.outside_is_rest) {
        const double mj = layer.total.energy_mj->mean;
        relative = slot < layers_ && mj > 0.0 ? repeat_error_mj(slot) / mj : 0.0;
      }
      widen(layer.total, relative);
      for (ColumnPower& rail : layer.rails) widen(rail, relative);
    }
  }

  const Recording& recording_;
  const SlotTimes& times_;
  const ObservedWindows& observed_;
  ExciteFit fit_;
  std::vector<std::size_t> doubtful_;
  const std::size_t layers_;
  const std::size_t rails_;
  const double t_;
  std::vector<std::optional<std::size_t>> part_of_;  // by slot: its row in the fit
  double outside_ms_ = 0.0;
  double assumed_mj_ = 0.0;  // of layers that were not repeated and count at the mean power
  Excitation out_;
};

// split: of layers into kinds of repeats, where the recording has several.
template <class Split>
BurstFitOutcome fit_split(const Recording& recording, const SlotTimes& times,
                          const ObservedWindows& observed, const Split& split) {
  const auto split_all = [&](auto& windows) {
    if (!split.any()) return;
    for (auto& window : windows) window.extra = split.split(window.extra);
  };
  if (has_bursts(recording)) {
    BurstRecording bursts = observe_bursts(recording);
    split_all(bursts.windows);
    return fit_bursts(std::move(bursts),
                      split.any() ? split.place_ms(times.mean_ms) : times.mean_ms);
  }
  std::vector<ObservedWindow> windows = observed.windows;
  split_all(windows);
  return {fit_excitation(windows), {}};
}

// words: of what several kinds of repeats say of each other.
BurstFitOutcome fit_windows(const Recording& recording, const SlotTimes& times,
                            const ObservedWindows& observed, std::string& words) {
  if (const HalfPassSplit halves(recording); halves.any()) {
    BurstFitOutcome found = fit_split(recording, times, observed, halves);
    if (!found.outcome.fit) return found;
    const auto place_ms = std::span(times.mean_ms).first(recording.iterations.layers.size());
    const auto context = in_context(*found.outcome.fit, place_ms);
    if (context) words = in_words(*context);
    found.outcome.fit = halves.merge(*found.outcome.fit, place_ms);
    return found;
  }
  const CacheSplit cache(recording);
  BurstFitOutcome found = fit_split(recording, times, observed, cache);
  if (cache.any() && found.outcome.fit) {
    found.outcome.fit = cache.merge(*found.outcome.fit, times.mean_ms);
  }
  return found;
}

Excitation without_fit(const Recording& recording, const char* code, const std::string& why) {
  Excitation out;
  const Missing missing{code};
  LayerPower layer;
  layer.total = {missing, missing};
  layer.rails.assign(recording.power.rails.size(), {missing, missing});
  layer.reason = code;
  out.estimates.layers.assign(recording.iterations.layers.size(), layer);
  out.estimates.outside = layer;
  out.total = layer.total;
  out.rails = layer.rails;
  out.power_draw_mw = plain_draw_mw(recording);
  out.reason = "excite: " + why;
  out.estimates.warnings.push_back({code, why, "measure for longer: --max-time"});
  return out;
}

}  // namespace

Excitation excite(const Recording& recording, const SlotTimes& times) {
  if (!recording.power.has_total()) {
    return without_fit(recording, "unknown_rail_set",
                       "it is not known which rails make up the total");
  }
  const ObservedWindows observed = observe_windows(recording);
  std::string words;
  const BurstFitOutcome found = fit_windows(recording, times, observed, words);
  const ExciteFitOutcome& outcome = found.outcome;
  if (!outcome.fit) return without_fit(recording, "too_few_windows", outcome.refused);
  Excitation out = Excited(recording, times, observed, *outcome.fit)();
  out.reason =
      excite_reason(observed, *outcome.fit, found.adaptation, recording.manifest.half_passes) +
      words;
  out.power_draw_mw = plain_draw_mw(recording);
  return out;
}

}  // namespace layerwatt
