#include "attribution/excite_half_passes.hpp"

#include <fmt/format.h>

#include <Eigen/Core>
#include <Eigen/QR>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <set>
#include <utility>

#include "attribution/shrinkage.hpp"
#include "core/half_pass.hpp"

namespace layerwatt {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr std::size_t kLeastLayers = 6;
// So many half passes whose 4 f (1 − f) is that much below the most: those of an eighth and of
// seven have 0.44 where halves have 1.
constexpr double kUnlike = 0.15;
constexpr Index kLeastUnlike = 8;

Index index(std::size_t i) { return static_cast<Index>(i); }

Index rank_of(const MatrixXd& rows) { return Eigen::ColPivHouseholderQR<MatrixXd>(rows).rank(); }

// A layer that has both.
struct Pair {
  Index half = 0;
  Index place = 0;
  double above = 0.0;     // half over place, less 1
  double variance = 0.0;  // of it
  double weight = 0.0;    // in the mean
};

std::vector<Pair> pairs_of(const ExciteFit& fit, std::size_t layers) {
  std::vector<Pair> pairs;
  for (std::size_t j = 0; j < layers; ++j) {
    const auto half = fit.row_of(j);
    const auto place = fit.row_of(layers + j);
    if (!half || !place || !(fit.power_mw(*place, 0) > 0.0)) continue;
    const double place_mw = fit.power_mw(*place, 0);
    const double ratio = fit.power_mw(*half, 0) / place_mw;
    const double variance = fit.covariance(*half, *half) +
                            ratio * ratio * fit.covariance(*place, *place) -
                            2.0 * ratio * fit.covariance(*half, *place);
    if (!(variance > 0.0)) continue;
    pairs.push_back({*half, *place, ratio - 1.0, variance / (place_mw * place_mw), 0.0});
  }
  return pairs;
}

// Sets the weights.
std::optional<InContext> context_of(std::vector<Pair>& pairs) {
  if (pairs.size() < kLeastLayers) return std::nullopt;
  VectorXd above(index(pairs.size()));
  VectorXd variance(index(pairs.size()));
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    above(index(i)) = pairs[i].above;
    variance(index(i)) = pairs[i].variance;
  }
  const Scatter scatter = scatter_of(above, variance);
  InContext out{0.0, 0.0, scatter.std_mw};
  double sum = 0.0;
  for (Pair& pair : pairs) {
    pair.weight = 1.0 / (pair.variance + out.scatter * out.scatter);
    sum += pair.weight;
  }
  for (Pair& pair : pairs) {
    pair.weight /= sum;
    out.mean += pair.weight * pair.above;
  }
  out.mean_std = 1.0 / std::sqrt(sum);
  return out;
}

// The split fit with powers that are energies over times in place: of half passes, and of repeats
// in place as well if `all`. Elsewhere it is what was drawn while they ran.
ExciteFit over_place(const ExciteFit& fit, std::span<const double> place_ms, bool all) {
  const std::size_t layers = place_ms.size();
  ExciteFit out = fit;
  const Index rows = index(fit.parts.size());
  // e = p t: without the errors of t.
  MatrixXd energies = fit.extra_ms.asDiagonal() * fit.covariance * fit.extra_ms.asDiagonal();
  const VectorXd mw = fit.power_mw.col(0);
  if (fit.time_covariance.size() > 0) {
    energies -= MatrixXd(mw.asDiagonal() * fit.time_covariance * mw.asDiagonal());
  }
  // By row, the time that e is over, and whether t counts.
  VectorXd over_ms = fit.extra_ms;
  std::vector<bool> drawn(fit.parts.size(), true);
  for (std::size_t i = 0; i < fit.parts.size(); ++i) {
    const std::size_t part = fit.parts[i];
    if (part >= (all ? 2 : 1) * layers || !(place_ms[part % layers] > 0.0)) continue;
    drawn[i] = false;
    over_ms(index(i)) = place_ms[part % layers];
  }
  for (Index i = 0; i < rows; ++i) {
    const bool own = drawn[static_cast<std::size_t>(i)];
    for (Index k = 0; k < rows; ++k) {
      if (own && drawn[static_cast<std::size_t>(k)]) continue;
      out.covariance(i, k) = energies(i, k) / (over_ms(i) * over_ms(k));
    }
    if (own) continue;
    const double ratio = fit.extra_ms(i) / over_ms(i);
    const double time_std =
        fit.time_covariance.size() > 0 ? std::sqrt(std::max(0.0, fit.time_covariance(i, i))) : 0.0;
    for (Index c = 0; c < fit.power_mw.cols(); ++c) {
      const double by_time = fit.power_mw(i, c) * time_std / over_ms(i);
      const double std = fit.power_std(i, c) * ratio;
      out.power_mw(i, c) *= ratio;
      out.power_std(i, c) = std::sqrt(std::max(0.0, std * std - by_time * by_time));
    }
    out.pass_covariance(i) *= ratio;
    out.extra_ms(i) = over_ms(i);
  }
  return out;
}

struct Counted {
  ExciteFit fit;
  std::vector<Pair> pairs;
  std::optional<InContext> context;
};

// Repeats in place as power × time in place, or as what they take, whichever scatters less.
Counted better_counted(const ExciteFit& fit, std::span<const double> place_ms) {
  std::optional<Counted> best;
  for (const bool all : {false, true}) {
    Counted counted{over_place(fit, place_ms, all), {}, std::nullopt};
    counted.pairs = pairs_of(counted.fit, place_ms.size());
    counted.context = context_of(counted.pairs);
    const bool better = best && counted.context && best->context &&
                        counted.context->scatter < best->context->scatter;
    if (!best || better) best = std::move(counted);
  }
  return std::move(*best);
}

// A part of the merged fit.
struct Merged {
  std::size_t part = 0;
  Index times = 0;  // the row that its time and count of windows come from
  std::optional<Index> half;
  std::optional<Index> place;
  double by_place = 0.0;  // the weight of what was repeated in place
};

}  // namespace

std::optional<InContext> in_context(const ExciteFit& fit, std::span<const double> place_ms) {
  return better_counted(fit, place_ms).context;
}

std::string in_words(const InContext& context) {
  return fmt::format(
      "; layers draw {:.1f} % {} there than repeated in their place (± {:.1f} %; {:.1f} % from "
      "layer "
      "to layer), which repeats are brought up or down by",
      100.0 * std::abs(context.mean), context.mean < 0.0 ? "less" : "more",
      196.0 * context.mean_std, 100.0 * context.scatter);
}

HalfPassSplit::HalfPassSplit(const Recording& recording)
    : layers_(recording.iterations.layers.size()) {
  if (!recording.manifest.half_passes) return;
  std::set<std::vector<std::uint32_t>> rows;
  for (const ExcitationWindow& window : recording.excitation) {
    if (window.round > 0 && is_half_pass(std::span(window.extra))) rows.insert(window.extra);
  }
  if (rows.empty()) return;
  MatrixXd layers(index(rows.size()), index(layers_));
  Index row = 0;
  for (const std::vector<std::uint32_t>& extra : rows) {
    for (std::size_t j = 0; j < layers_; ++j) layers(row, index(j)) = extra[j];
    ++row;
  }
  const Index used = (layers.colwise().sum().array() > 0.0).count();
  used_ = static_cast<std::size_t>(used);
  split_ = rank_of(layers) == used;
  MatrixXd more(layers.rows(), used + 2);
  Index column = 0;
  for (Index j = 0; j < layers.cols(); ++j) {
    if (layers.col(j).sum() > 0.0) more.col(column++) = layers.col(j);
  }
  more.col(column++).setOnes();
  for (Index i = 0; i < layers.rows(); ++i) more(i, column) = beyond(layers.row(i).sum());
  const double most = more.col(column).maxCoeff();
  const auto unlike = (more.col(column).array() < most - kUnlike).count();
  sizes_differ_ = split_ && unlike >= kLeastUnlike && rank_of(more) == more.cols();
}

// Of so many layers, 4 f (1 − f).
double HalfPassSplit::beyond(double layers) const {
  const double share = layers / static_cast<double>(used_);
  return 4.0 * share * (1.0 - share);
}

std::vector<double> HalfPassSplit::split(const std::vector<double>& extra) const {
  std::vector<double> parts(2 * layers_ + 3, 0.0);
  const bool half = is_half_pass(std::span(extra));
  double count = 0.0;
  for (std::size_t j = 0; j < layers_; ++j) {
    parts[(half ? 0 : layers_) + j] = extra[j];
    count += extra[j] > 0.0 ? 1.0 : 0.0;
  }
  if (half && sizes_differ_) {
    parts[2 * layers_] = 1.0;
    parts[2 * layers_ + 1] = beyond(count);
  }
  parts.back() = extra.back();
  return parts;
}

std::vector<double> HalfPassSplit::place_ms(std::span<const double> layers_ms) const {
  std::vector<double> place(2 * layers_ + 2, 0.0);
  for (std::size_t j = 0; j < layers_; ++j) place[j] = place[layers_ + j] = layers_ms[j];
  return place;
}

ExciteFit HalfPassSplit::merge(const ExciteFit& split, std::span<const double> place_ms) const {
  const auto [fit, pairs, context] = better_counted(split, place_ms);
  const double mean = context ? context->mean : 0.0;
  const double scatter = context ? context->scatter : 0.0;
  std::vector<Merged> merged;
  for (std::size_t j = 0; j < layers_; ++j) {
    Merged part{j, 0, fit.row_of(j), fit.row_of(layers_ + j), 0.0};
    if (!part.half && !part.place) continue;
    part.times = part.half ? *part.half : *part.place;
    if (!part.half) part.by_place = 1.0;
    if (part.half && part.place && context) {
      const double half = fit.covariance(*part.half, *part.half);
      const double place = fit.covariance(*part.place, *part.place) * (1.0 + mean) * (1.0 + mean);
      const double off_mw = scatter * fit.power_mw(*part.place, 0);
      const double sum = half + place + off_mw * off_mw;
      part.by_place = sum > 0.0 ? half / sum : 0.0;
    }
    merged.push_back(part);
  }
  if (const auto outside = fit.row_of(2 * layers_ + 2)) {
    merged.push_back({layers_, *outside, *outside, std::nullopt, 0.0});
  }

  ExciteFit out = fit;
  const Index parts = index(merged.size());
  const Index channels = fit.power_mw.cols();
  // Of what comes out, by what goes in: the mean's errors are in it.
  MatrixXd change = MatrixXd::Zero(parts, fit.power_mw.rows());
  VectorXd scattered = VectorXd::Zero(parts);  // mW
  out.extra_ms.resize(parts);
  out.power_mw.resize(parts, channels);
  out.power_std.resize(parts, channels);
  out.parts.clear();
  out.windows.clear();
  out.disagreement.clear();
  for (Index i = 0; i < parts; ++i) {
    const Merged& part = merged[static_cast<std::size_t>(i)];
    const double by_place = part.by_place;
    out.parts.push_back(part.part);
    out.extra_ms(i) = fit.extra_ms(part.times);
    for (Index c = 0; c < channels; ++c) {
      const double half_mw = part.half ? fit.power_mw(*part.half, c) : 0.0;
      const double place_mw = part.place ? fit.power_mw(*part.place, c) * (1.0 + mean) : 0.0;
      const double half_std = part.half ? fit.power_std(*part.half, c) : 0.0;
      const double place_std = part.place ? fit.power_std(*part.place, c) * (1.0 + mean) : 0.0;
      out.power_mw(i, c) = (1.0 - by_place) * half_mw + by_place * place_mw;
      out.power_std(i, c) = std::hypot((1.0 - by_place) * half_std,
                                       by_place * std::hypot(place_std, scatter * place_mw));
    }
    if (part.half) change(i, *part.half) += 1.0 - by_place;
    if (part.place && by_place > 0.0) {
      const double place_mw = fit.power_mw(*part.place, 0);
      change(i, *part.place) += by_place * (1.0 + mean);
      scattered(i) = by_place * scatter * place_mw;
      for (const Pair& pair : pairs) {
        if (!context) break;
        const double per = by_place * place_mw * pair.weight / fit.power_mw(pair.place, 0);
        change(i, pair.half) += per;
        change(i, pair.place) -= per * (1.0 + pair.above);
      }
    }
    if (fit.windows.empty()) continue;
    std::size_t windows = 0;
    if (part.half) windows += fit.windows[static_cast<std::size_t>(*part.half)];
    if (part.place) windows += fit.windows[static_cast<std::size_t>(*part.place)];
    const Index most = part.place && by_place > 0.5 ? *part.place : part.times;
    out.windows.push_back(windows);
    out.disagreement.push_back(fit.disagreement[static_cast<std::size_t>(most)]);
  }
  out.covariance = change * fit.covariance * change.transpose();
  out.covariance.diagonal() += scattered.cwiseAbs2();
  out.pass_covariance = change * fit.pass_covariance;
  out.power_std.col(0) = out.covariance.diagonal().cwiseMax(0.0).cwiseSqrt();
  out.time_covariance = MatrixXd();
  return out;
}

}  // namespace layerwatt
