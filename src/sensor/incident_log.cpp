#include "sensor/incident_log.hpp"

namespace layerwatt {
namespace {

// A message that is never twice the same must not fill the recording or the memory.
constexpr std::size_t kMostKinds = 64;

}  // namespace

void IncidentLog::report(std::int64_t time_ns, std::string_view code, std::string_view message) {
  std::pair<std::string, std::string> key{code, message};
  if (const auto known = again_.find(key); known != again_.end()) {
    ++known->second;
    return;
  }
  if (again_.size() >= kMostKinds) {
    ++untold_;
    return;
  }
  sink_.incident({time_ns, key.first, key.second});
  again_.emplace(std::move(key), 0);
}

void IncidentLog::finish(std::int64_t time_ns) {
  for (const auto& [key, count] : again_) {
    if (count == 0) continue;
    sink_.incident(
        {time_ns, key.first, key.second + " (" + std::to_string(count) + " times more)"});
  }
  if (untold_ > 0) {
    sink_.incident({time_ns, "more_incidents", std::to_string(untold_) + " of further kinds"});
  }
  again_.clear();
  untold_ = 0;
}

}  // namespace layerwatt
