#include "attribution/excite_cache.hpp"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <set>
#include <utility>

#include "core/cache_sweep.hpp"

namespace layerwatt {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

// Of a time in place, relative: between events, less what events cost on the mean of all layers.
constexpr double kPlaceError = 0.01;
// Of a share that may be anything from 0 to 1.
const double kNothingKnown = 1.0 / std::sqrt(12.0);

Index index(std::size_t i) { return static_cast<Index>(i); }

bool repeats_layers(const ExcitationWindow& window, std::size_t sweep) {
  for (std::size_t j = 0; j + 1 < window.extra.size(); ++j) {
    if (j != sweep && window.extra[j] > 0) return true;
  }
  return false;
}

// A part of the merged fit as a mix of parts of the split one.
struct Mix {
  std::size_t part = 0;
  std::vector<std::pair<Index, double>> of;  // t = Σ weight × t, and so is e
  double share_std = 0.0;
  Index warm = 0;  // where share_std counts
  Index cold = 0;
};

}  // namespace

std::optional<std::size_t> cache_sweep_of(const Manifest& manifest) {
  for (std::size_t j = 0; j < manifest.layers.size(); ++j) {
    if (is_cache_sweep(manifest.layers[j])) return j;
  }
  return std::nullopt;
}

CacheShare cache_share(double place_ms, double warm_ms, double cold_ms, double std_ms) {
  const double slower_ms = cold_ms - warm_ms;
  if (!(slower_ms > 0.0)) return {0.5, kNothingKnown};
  return {std::clamp((place_ms - warm_ms) / slower_ms, 0.0, 1.0),
          std::min(kNothingKnown, std_ms / slower_ms)};
}

CacheSplit::CacheSplit(const Recording& recording) : layers_(recording.iterations.layers.size()) {
  const auto sweep = cache_sweep_of(recording.manifest);
  if (!sweep) return;
  bool warm = false;
  bool cold = false;
  for (const ExcitationWindow& window : recording.excitation) {
    if (window.round == 0 || !repeats_layers(window, *sweep)) continue;
    (window.extra[*sweep] > 0 ? cold : warm) = true;
  }
  if (warm && cold) sweep_ = sweep;
  // Emptied as often each time, what it costs once and what it costs each time cannot be told
  // apart.
  std::set<std::uint32_t> alone;
  for (const ExcitationWindow& window : recording.excitation) {
    if (window.round == 0 || repeats_layers(window, *sweep) || window.extra[*sweep] == 0) continue;
    alone.insert(window.extra[*sweep]);
  }
  once_ = alone.size() > 1;
}

std::vector<double> CacheSplit::split(const std::vector<double>& extra) const {
  std::vector<double> parts(2 * layers_ + 2, 0.0);
  const bool emptied = extra[*sweep_] > 0.0;
  for (std::size_t j = 0; j < layers_; ++j) {
    parts[emptied && j != *sweep_ ? layers_ + j : j] = extra[j];
  }
  parts[2 * layers_] = emptied && once_ ? 1.0 : 0.0;
  parts.back() = extra.back();
  return parts;
}

std::vector<double> CacheSplit::place_ms(std::span<const double> layers_ms) const {
  std::vector<double> place(2 * layers_ + 1, 0.0);
  for (std::size_t j = 0; j < layers_; ++j) place[j] = place[layers_ + j] = layers_ms[j];
  return place;
}

ExciteFit CacheSplit::merge(const ExciteFit& fit, std::span<const double> place_ms) const {
  const auto time_variance = [&](Index row) {
    return fit.time_covariance.size() > 0 ? fit.time_covariance(row, row) : 0.0;
  };
  std::vector<Mix> mixes;
  for (std::size_t j = 0; j < layers_; ++j) {
    const auto warm = fit.row_of(j);
    const auto cold = fit.row_of(layers_ + j);
    if (!warm && !cold) continue;
    Mix mix{j, {}, 0.0, 0, 0};
    if (warm && cold) {
      const double off_ms = std::hypot(kPlaceError * place_ms[j],
                                       std::sqrt(time_variance(*warm) + time_variance(*cold)));
      const CacheShare share =
          cache_share(place_ms[j], fit.extra_ms(*warm), fit.extra_ms(*cold), off_ms);
      mix.of = {{*warm, 1.0 - share.cold}, {*cold, share.cold}};
      mix.share_std = share.std;
      mix.warm = *warm;
      mix.cold = *cold;
    } else {
      mix.of = {{warm ? *warm : *cold, 1.0}};
    }
    mixes.push_back(std::move(mix));
  }
  if (const auto outside = fit.row_of(2 * layers_ + 1)) {
    mixes.push_back({layers_, {{*outside, 1.0}}, 0.0, 0, 0});
  }

  ExciteFit out = fit;
  const Index parts = index(mixes.size());
  const Index channels = fit.power_mw.cols();
  MatrixXd times = MatrixXd::Zero(parts, fit.extra_ms.size());
  for (Index i = 0; i < parts; ++i) {
    for (const auto& [row, weight] : mixes[static_cast<std::size_t>(i)].of) times(i, row) = weight;
  }
  out.extra_ms = times * fit.extra_ms;
  if (fit.time_covariance.size() > 0) {
    out.time_covariance = times * fit.time_covariance * times.transpose();
  }
  // p = Σ weight × t p / t of the mix.
  const VectorXd per_ms = out.extra_ms.cwiseInverse();
  const MatrixXd powers = per_ms.asDiagonal() * times * fit.extra_ms.asDiagonal();
  out.power_mw = powers * fit.power_mw;
  out.covariance = powers * fit.covariance * powers.transpose();
  out.pass_covariance = powers * fit.pass_covariance;
  out.power_std.resize(parts, channels);
  out.parts.clear();
  out.windows.clear();
  out.disagreement.clear();
  const VectorXd total_std = fit.covariance.diagonal().cwiseMax(0.0).cwiseSqrt();
  for (Index i = 0; i < parts; ++i) {
    const Mix& mix = mixes[static_cast<std::size_t>(i)];
    out.parts.push_back(mix.part);
    // Another share moves time and energy along the line between the two kinds.
    const auto per_share = [&](Index c) {
      if (!(mix.share_std > 0.0)) return 0.0;
      const double warm_uj = fit.power_mw(mix.warm, c) * fit.extra_ms(mix.warm);
      const double cold_uj = fit.power_mw(mix.cold, c) * fit.extra_ms(mix.cold);
      const double longer_ms = fit.extra_ms(mix.cold) - fit.extra_ms(mix.warm);
      return mix.share_std * (cold_uj - warm_uj - out.power_mw(i, c) * longer_ms) * per_ms(i);
    };
    for (Index c = 0; c < channels; ++c) {
      // The rails' errors go together as the total's do.
      double variance = 0.0;
      for (const auto& [a, weight_a] : mix.of) {
        for (const auto& [b, weight_b] : mix.of) {
          const double both = total_std(a) * total_std(b);
          const double together = a == b ? 1.0 : both > 0.0 ? fit.covariance(a, b) / both : 0.0;
          variance +=
              powers(i, a) * powers(i, b) * together * fit.power_std(a, c) * fit.power_std(b, c);
        }
      }
      out.power_std(i, c) = std::hypot(std::sqrt(std::max(0.0, variance)), per_share(c));
    }
    out.covariance(i, i) += std::pow(per_share(0), 2);
    if (fit.windows.empty()) continue;
    std::size_t windows = 0;
    double disagreement = 1.0;
    for (const auto& [row, weight] : mix.of) {
      const auto part = static_cast<std::size_t>(row);
      windows += fit.windows[part];
      if (weight > 0.0) disagreement = std::max(disagreement, fit.disagreement[part]);
    }
    out.windows.push_back(windows);
    out.disagreement.push_back(disagreement);
  }
  return out;
}

}  // namespace layerwatt
