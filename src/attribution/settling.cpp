#include "attribution/settling.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "attribution/statistics.hpp"
#include "attribution/timeline.hpp"

namespace layerwatt {
namespace {

constexpr double kPieceMs = 50.0;
constexpr std::size_t kFewestPieces = 20;
constexpr double kHidden = 3.0;         // robust standard deviations between pieces
constexpr double kCertain = 6.0;        // of the first piece
constexpr double kLeastScatter = 1e-3;  // of the level: readings are rounded
constexpr double kMargin = 1.5;
constexpr double kLongestMs = 10e3;
constexpr double kLongestShare = 0.2;

struct Piece {
  double end_ms = 0.0;  // from the first start
  double mw = 0.0;
};

// The mean of the readings in each 50 ms of the run, or single readings where they are farther
// apart.
std::vector<Piece> pieces_of(const Iterations& iterations, const PowerSamples& power) {
  std::vector<Piece> pieces;
  Piece piece{kPieceMs, 0.0};
  double count = 0.0;
  const auto finish = [&] {
    if (count > 0.0) pieces.push_back({piece.end_ms, piece.mw / count});
    piece.mw = 0.0;
    count = 0.0;
  };
  for (std::size_t k = 0; k < power.size(); ++k) {
    const double mw = power.total_mw(k);
    if (power.time_ns[k] < iterations.start_ns.front() || std::isnan(mw)) continue;
    if (power.time_ns[k] > iterations.end_ns.back()) break;
    const double ms = milliseconds_between(iterations.start_ns.front(), power.time_ns[k]).value;
    if (ms >= piece.end_ms) {
      finish();
      piece.end_ms = kPieceMs * (std::floor(ms / kPieceMs) + 1.0);
    }
    piece.mw += mw;
    count += 1.0;
  }
  finish();
  return pieces;
}

}  // namespace

double settling_ms(const Iterations& iterations, const PowerSamples& power) {
  const std::vector<Piece> pieces = pieces_of(iterations, power);
  if (pieces.size() < kFewestPieces) return 0.0;
  std::vector<double> later;
  for (std::size_t i = pieces.size() / 4; i < pieces.size(); ++i) later.push_back(pieces[i].mw);
  const double level_mw = percentile(later, 0.5);
  for (double& mw : later) mw = std::abs(mw - level_mw);
  const double scatter_mw =
      std::max(kMadToStd * percentile(later, 0.5), kLeastScatter * std::abs(level_mw));

  const double first_mw = pieces.front().mw - level_mw;
  if (std::abs(first_mw) <= kCertain * scatter_mw) return 0.0;
  double until_ms = 0.0;
  for (const Piece& piece : pieces) {
    if ((piece.mw - level_mw) / first_mw <= kHidden * scatter_mw / std::abs(first_mw)) break;
    until_ms = piece.end_ms;
  }
  const double settled_ms = kMargin * until_ms;
  const double run_ms =
      milliseconds_between(iterations.start_ns.front(), iterations.end_ns.back()).value;
  return settled_ms <= std::min(kLongestMs, kLongestShare * run_ms) ? settled_ms : 0.0;
}

}  // namespace layerwatt
