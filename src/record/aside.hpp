// The real attribution beside a run: in a thread of its own, one at a time, where it takes only
// what processors nobody else wants.
#pragma once

#include <atomic>
#include <functional>
#include <future>
#include <optional>
#include <vector>

#include "record/stop_rule.hpp"

namespace layerwatt {

class AsideEstimate {
 public:
  using Work = std::function<std::vector<LayerPrecision>()>;

  AsideEstimate() = default;
  // Waits for what still runs, since it reads files that may be removed; its threads then get the
  // priority of this one.
  ~AsideEstimate();
  AsideEstimate(const AsideEstimate&) = delete;
  AsideEstimate& operator=(const AsideEstimate&) = delete;

  // Not while one is running.
  void start(Work work);
  bool running() const { return result_.valid(); }
  // What the last start() gave, once, as soon as it is there. Rethrows what the work threw.
  std::optional<std::vector<LayerPrecision>> take();

 private:
  std::atomic<bool> hurry_{false};
  std::future<std::vector<LayerPrecision>> result_;
};

}  // namespace layerwatt
