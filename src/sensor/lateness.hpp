// What is lost when a sensor is asked later than it should be.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace layerwatt {

// Counts readings and not times of asking: a source that is renewed every 100 ms and asked every
// 5 ms loses nothing when a call takes 8 ms. Where the source's period is not known, it is the
// shortest time between two new values, once a call has brought none.
class Lateness {
 public:
  Lateness(std::int64_t interval_ns, std::optional<double> period_ms);

  // A call brought a value that is new, as of `time_ns`.
  void fresh(std::int64_t time_ns);
  // A call brought what was known already.
  void nothing_new() { any_in_vain_ = true; }
  // Until after a call, so many deadlines had passed.
  void passed_over(std::int64_t deadlines);

  // Updates of the source that nobody saw, at least.
  std::int64_t lost() const;
  // One sentence for the recording; empty where none was lost.
  std::string words() const;

 private:
  std::int64_t period_ns() const;

  std::int64_t interval_ns_;
  std::optional<std::int64_t> known_period_ns_;
  std::optional<std::int64_t> last_ns_;
  std::optional<std::int64_t> shortest_ns_;
  bool any_in_vain_ = false;
  std::int64_t readings_ = 0;
  std::map<std::int64_t, std::int64_t> times_;  // how often so many deadlines were passed over
};

}  // namespace layerwatt
