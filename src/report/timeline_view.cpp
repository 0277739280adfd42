#include "report/timeline_view.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "layerwatt/units.hpp"

namespace layerwatt {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t kFewestInferences = 3;
// Fewer readings a piece than this, and most pieces would say nothing that its neighbour does not.
constexpr std::size_t kReadingsAPiece = 2;

class Filling {
 public:
  explicit Filling(std::size_t pieces) : sums_(pieces, 0.0), counts_(pieces, 0) {
    pieces_.min.assign(pieces, kNaN);
    pieces_.max.assign(pieces, kNaN);
  }

  void add(std::size_t piece, double value) {
    if (std::isnan(value)) return;
    double& low = pieces_.min[piece];
    double& high = pieces_.max[piece];
    if (!(value >= low)) low = value;
    if (!(value <= high)) high = value;
    sums_[piece] += value;
    ++counts_[piece];
  }

  Pieces take() {
    pieces_.mean.resize(sums_.size());
    for (std::size_t i = 0; i < sums_.size(); ++i) {
      pieces_.mean[i] = counts_[i] == 0 ? kNaN : sums_[i] / static_cast<double>(counts_[i]);
    }
    return std::move(pieces_);
  }

 private:
  Pieces pieces_;
  std::vector<double> sums_;
  std::vector<std::size_t> counts_;
};

std::pair<std::size_t, std::size_t> readings_between(const PowerSamples& power, std::int64_t begin,
                                                     std::int64_t end) {
  const auto& times = power.time_ns;
  const auto first = std::lower_bound(times.begin(), times.end(), begin);
  const auto last = std::upper_bound(first, times.end(), end);
  return {static_cast<std::size_t>(first - times.begin()),
          static_cast<std::size_t>(last - times.begin())};
}

}  // namespace

RunOverview run_overview(const Recording& recording, std::size_t most) {
  RunOverview view;
  const PowerSamples& power = recording.power;
  const Iterations& iterations = recording.iterations;
  view.pieces = std::min(most, power.size() / kReadingsAPiece);
  if (view.pieces == 0 || power.time_ns.back() == power.time_ns.front()) {
    view.pieces = 0;
    return view;
  }
  view.begin_ns = power.time_ns.front();
  const double span = static_cast<double>(power.time_ns.back() - view.begin_ns);
  view.step_ms = span / static_cast<double>(view.pieces) / kNsPerMs;
  const auto piece_of = [&](std::int64_t time_ns) {
    const double share = static_cast<double>(time_ns - view.begin_ns) / span;
    const auto piece = static_cast<std::size_t>(share * static_cast<double>(view.pieces));
    return std::min(piece, view.pieces - 1);
  };

  Filling total(view.pieces);
  std::vector<Filling> rails(power.rails.size(), Filling(view.pieces));
  const bool has_total = power.has_total();
  for (std::size_t i = 0; i < power.size(); ++i) {
    const std::size_t piece = piece_of(power.time_ns[i]);
    const auto row = power.row(i);
    for (std::size_t rail = 0; rail < row.size(); ++rail) rails[rail].add(piece, row[rail]);
    if (has_total) total.add(piece, power.total_mw(i));
  }
  Filling latency(view.pieces);
  for (std::size_t i = 0; i < iterations.size(); ++i) {
    const std::int64_t end = iterations.end_ns[i];
    if (end < view.begin_ns || end > power.time_ns.back()) continue;
    latency.add(piece_of(end), milliseconds_between(iterations.start_ns[i], end).value);
  }
  for (Filling& rail : rails) view.rails_mw.push_back(rail.take());
  view.total_mw = total.take();
  view.latency_ms = latency.take();
  return view;
}

CloseUp close_up(const Recording& recording, std::size_t wanted, std::size_t most_slices) {
  const Iterations& iterations = recording.iterations;
  if (iterations.size() == 0 || recording.power.size() == 0) return {};
  const std::size_t by_slices = most_slices / std::max<std::size_t>(iterations.layers.size(), 1);
  const std::size_t most = std::clamp<std::size_t>(by_slices, 1, iterations.size());
  CloseUp view;
  for (std::size_t count = std::min(kFewestInferences, most);; ++count) {
    const std::size_t first = (iterations.size() - count) / 2;
    view.inferences = {first, first + count};
    view.readings = readings_between(recording.power, iterations.start_ns[first],
                                     iterations.end_ns[first + count - 1]);
    if (count >= most || view.readings.second - view.readings.first >= wanted) return view;
  }
}

}  // namespace layerwatt
