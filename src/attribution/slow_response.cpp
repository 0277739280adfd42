#include "attribution/slow_response.hpp"

namespace layerwatt {
namespace {

constexpr double kMostInferences = 3.0;
// A window that no step at the run's ends shows.
constexpr double kMostInferencesUnseen = 1.5;
constexpr double kClearly = 1.5;
constexpr double kShort = 1.5;  // inferences

double length_ms(const Response& response) {
  return response.window_ms + 2.0 * response.time_constant_ms;
}

}  // namespace

Slow too_slow(const KnownResponse& known, const Response& found, double inference_ms,
              bool idle_was_read, double margin) {
  if (known.window_ms && known.time_constant_ms) return Slow::no;
  const double most_ms = kMostInferences * inference_ms;
  if (known.window_ms && *known.window_ms > most_ms) return Slow::given;
  if (length_ms(found) > margin * most_ms) return Slow::found;
  const double most_unseen_ms = margin * kMostInferencesUnseen * inference_ms;
  if (!known.window_ms && found.window_ms > most_unseen_ms && !idle_was_read) return Slow::unseen;
  return Slow::no;
}

bool clearly_too_slow(const KnownResponse& known, const Response& found, double inference_ms,
                      bool idle_was_read) {
  return too_slow(known, found, inference_ms, idle_was_read, kClearly) != Slow::no;
}

bool is_slow(const Response& response, double inference_ms) {
  return length_ms(response) > kShort * inference_ms;
}

}  // namespace layerwatt
