// The beginning and the end of a run as the sensor saw them: from idle to the inferences' mean
// power and back. There its step response shows directly, to within what the layers differ, and
// only there is a latency told from one that is a whole inference longer.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "attribution/fit.hpp"
#include "attribution/response.hpp"
#include "attribution/segments.hpp"

namespace layerwatt {

// One end of the run: what was read around it, and the power at rest on its idle side.
struct Step {
  double time_ms;
  double rest_mw;
  Readings readings;  // of the total alone
};

struct Transients {
  std::vector<Step> steps;
  double run_mw = 0.0;  // mean and scatter of the readings in the midst of the run
  double run_std_mw = 0.0;

  bool empty() const { return steps.empty(); }
  // How badly a response misses the steps, in variances, if the run's power were its mean all
  // along; 0 without steps. Cheap and coarse.
  double misfit(const Response& response) const;
  // The same for given powers, one a column of `segments` (idle is each step's own): exact but for
  // the errors of the powers, which are taken as 5 % of the step.
  double misfit(const Segments& segments, const Response& response,
                std::vector<double> column_mw) const;
};

// The steps that are there: a device at rest just before the first inference or soon after the
// last. Neither where inferences that were not recorded (a warm-up) came before.
Transients find_transients(const Segments& segments, const Readings& readings);

// `count` readings from the midst of the run, whole inferences with their jitter, and with them
// those around the steps that `transients` has.
Readings telling_part(const Readings& readings, std::size_t count, const Transients& transients);

// The layers differ from the run's mean power, so little is ruled out by the mean alone: only
// responses that miss the steps by this much more than the best one does.
inline constexpr double kWorseAtSteps = 30.0;

// Takes out of `found` what the steps rule out; nothing without steps.
template <class Found, class ResponseOf>
void keep_allowed(std::vector<Found>& found, const Transients& transients, ResponseOf response_of) {
  if (transients.empty() || found.empty()) return;
  std::vector<double> misfit;
  for (const Found& one : found) misfit.push_back(transients.misfit(response_of(one)));
  const double most = *std::min_element(misfit.begin(), misfit.end()) + kWorseAtSteps;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (misfit[i] > most) continue;
    if (kept != i) found[kept] = std::move(found[i]);
    ++kept;
  }
  found.erase(found.begin() + static_cast<std::ptrdiff_t>(kept), found.end());
}

}  // namespace layerwatt
