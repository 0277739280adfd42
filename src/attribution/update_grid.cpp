#include "attribution/update_grid.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace layerwatt {
namespace {

constexpr double kShortestGrid = 1.1;  // in gaps: a finer grid hardly shows repeats
// By how much, in gaps, two trials may differ at the end of the time base; a bracket is as much
// wider, or a true period between two trials would be missed.
constexpr double kCoarseStep = 0.1;
constexpr double kFineSteps[] = {0.2, 0.04, 0.008};  // of the coarse step, at last
constexpr double kLeastCovered = 0.99;               // stamps may be late now and then
// That so many brackets share a phase has a probability of about (gap / period)^n; e^-16 after a
// search over some ten thousand periods is still one in a thousand.
constexpr double kLogChance = 16.0;
constexpr std::size_t kFewestChanges = 12;

double wrap(double x, double period) { return x - period * std::floor(x / period); }

struct Cover {
  double share = 0.0;     // of the brackets that hold the best phase
  double phase_ms = 0.0;  // middle of the phases that are in that many
  double width_ms = 0.0;  // of them
};

// The phase that lies in the most brackets: a sweep around the circle.
class Coverage {
 public:
  explicit Coverage(std::span<const ChangeBracket> changes) : changes_(changes) {}

  Cover operator()(std::size_t count, double period_ms, double slack_ms) {
    events_.clear();
    int open = 0;
    int always = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const double length = changes_[i].end_ms - changes_[i].begin_ms + 2.0 * slack_ms;
      if (length >= period_ms) {
        ++always;
        continue;
      }
      const double begin = wrap(changes_[i].begin_ms - slack_ms, period_ms);
      const double end = begin + length;
      events_.push_back({begin, 1});
      if (end >= period_ms) {
        ++open;
        events_.push_back({end - period_ms, -1});
      } else {
        events_.push_back({end, -1});
      }
    }
    if (events_.empty()) return {1.0, 0.0, period_ms};
    std::sort(events_.begin(), events_.end(), [](const Event& a, const Event& b) {
      return a.at < b.at || (a.at == b.at && a.change > b.change);
    });
    int best = -1;
    Cover cover;
    // The stretch after the last event goes on at the circle's start.
    int inside = open;
    for (std::size_t i = 0; i < events_.size(); ++i) {
      inside += events_[i].change;
      if (inside <= best) continue;
      best = inside;
      const double next =
          i + 1 < events_.size() ? events_[i + 1].at : events_.front().at + period_ms;
      cover.width_ms = next - events_[i].at;
      cover.phase_ms = wrap(0.5 * (events_[i].at + next), period_ms);
    }
    cover.share = static_cast<double>(best + always) / static_cast<double>(count);
    return cover;
  }

 private:
  struct Event {
    double at;
    int change;
  };
  std::span<const ChangeBracket> changes_;
  std::vector<Event> events_;
};

// The share of the changes that have an update of their own. Readings exactly as far apart as half
// of a period meet at its phase, so that any two of them hold it.
double own_updates(std::span<const ChangeBracket> changes, double period_ms, double phase_ms) {
  std::size_t own = 0;
  double last = -std::numeric_limits<double>::infinity();
  for (const ChangeBracket& change : changes) {
    const double index =
        std::round((0.5 * (change.begin_ms + change.end_ms) - phase_ms) / period_ms);
    own += index != last ? 1 : 0;
    last = index;
  }
  return static_cast<double>(own) / static_cast<double>(changes.size());
}

struct Range {
  double lo = 0.0;
  double hi = 0.0;
};

// The periods from lo to hi that fit the first `count` changes, the longest first: a period that
// fits makes half of it and a third fit as well.
std::vector<Range> fitting(Coverage& coverage, std::span<const ChangeBracket> changes,
                           std::size_t count, Range among, double tolerance_ms, double slack_ms) {
  const double base_ms = std::max(changes[count - 1].end_ms - changes[0].begin_ms, tolerance_ms);
  std::vector<Range> found;
  bool inside = false;
  double period = among.hi;
  while (period >= among.lo) {
    const double step = tolerance_ms * period / base_ms;
    const Cover cover = coverage(count, period, slack_ms + 0.5 * tolerance_ms);
    const bool fits = cover.share >= kLeastCovered &&
                      own_updates(changes.first(count), period, cover.phase_ms) >= kLeastCovered;
    if (fits && !inside) found.push_back({period, period + step});
    if (fits) found.back().lo = period - step;
    inside = fits;
    period -= step;
  }
  return found;
}

// A hundredth of the changes may have come too soon after the one before for the grid.
double shortest_between(std::span<const ChangeBracket> changes) {
  std::vector<double> between;
  for (std::size_t i = 1; i < changes.size(); ++i) {
    between.push_back(changes[i].begin_ms - changes[i - 1].begin_ms);
  }
  const auto at = between.begin() + static_cast<std::ptrdiff_t>(between.size() / 100);
  std::nth_element(between.begin(), at, between.end());
  return *at;
}

struct Search {
  Coverage coverage;
  std::span<const ChangeBracket> changes;
  double tolerance_ms;
  double slack_ms;

  // Follows a range to all changes; one that fitted the first of them by chance dies out.
  std::optional<Range> follow(Range among, std::size_t count) {
    for (const Range& range : fitting(coverage, changes, count, among, tolerance_ms, slack_ms)) {
      if (count == changes.size()) return range;
      const auto found = follow(range, std::min(changes.size(), 2 * count));
      if (found) return found;
    }
    return std::nullopt;
  }
};

}  // namespace

std::optional<UpdateGrid> find_update_grid(std::span<const ChangeBracket> changes, double gap_ms,
                                           double slack_ms) {
  if (changes.size() < kFewestChanges || !(gap_ms > 0.0)) return std::nullopt;
  const double shortest = shortest_between(changes);
  const Range among{std::max(kShortestGrid * gap_ms, shortest - 2.0 * gap_ms - 2.0 * slack_ms),
                    shortest + 2.0 * gap_ms + 2.0 * slack_ms};
  if (among.hi <= among.lo) return std::nullopt;
  const double tolerance_ms = gap_ms * std::min(kCoarseStep, 0.25 * (among.lo / gap_ms - 1.0));
  // As many changes as tell such a period from chance.
  const double bracket_ms = gap_ms + 2.0 * slack_ms + tolerance_ms;
  if (bracket_ms >= among.lo) return std::nullopt;
  const auto first =
      static_cast<std::size_t>(std::ceil(kLogChance / std::log(among.lo / bracket_ms)));
  if (first > changes.size()) return std::nullopt;
  Search search{Coverage(changes), changes, tolerance_ms, slack_ms};
  std::optional<Range> range = search.follow(among, std::max(first, kFewestChanges));
  if (!range) return std::nullopt;
  double tolerance = tolerance_ms;
  for (const double step : kFineSteps) {
    const auto finer =
        fitting(search.coverage, changes, changes.size(), *range, step * tolerance_ms, slack_ms);
    if (finer.empty()) break;
    range = finer.front();
    tolerance = step * tolerance_ms;
  }
  const double period = 0.5 * (range->lo + range->hi);
  const Cover cover = search.coverage(changes.size(), period, slack_ms + 0.5 * tolerance);
  return UpdateGrid{period, cover.phase_ms, range->lo, range->hi, 0.5 * cover.width_ms};
}

}  // namespace layerwatt
