#include "layerwatt/layer_profiler.hpp"

#include <exception>
#include <limits>
#include <utility>

namespace layerwatt {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

}  // namespace

LayerProfiler::LayerProfiler(std::shared_ptr<const Clock> clock) : clock_(std::move(clock)) {}

void LayerProfiler::start_iteration() { start_iteration(clock_->now_ns()); }

void LayerProfiler::start_iteration(std::int64_t start_ns) {
  if (running_) reports_.resize(first_.back());  // never finished: it was not measured
  if (!running_) first_.push_back(reports_.size());
  began_ns_ = start_ns;
  next_ = 0;
  running_ = true;
}

void LayerProfiler::report_layer_time(const char* name, float ms) noexcept {
  if (!running_ || name == nullptr) return;
  try {
    // TensorRT hands out the same pointer for a layer each time; another one is compared.
    const auto layer = next_ < pointers_.size() && pointers_[next_] == name
                           ? static_cast<std::uint32_t>(next_)
                           : layer_of(name);
    reports_.push_back({layer, ms});
    next_ = layer + 1;
  } catch (const std::exception&) {
    ++lost_;
  }
}

// By text: the next layer of that name; a name that is new in this place goes to the end.
std::uint32_t LayerProfiler::layer_of(const char* name) {
  for (std::size_t layer = next_; layer < names_.size(); ++layer) {
    if (names_[layer] != name) continue;
    pointers_[layer] = name;
    return static_cast<std::uint32_t>(layer);
  }
  pointers_.push_back(name);
  try {
    names_.emplace_back(name);
  } catch (...) {
    pointers_.pop_back();  // the two belong together
    throw;
  }
  return static_cast<std::uint32_t>(names_.size() - 1);
}

void LayerProfiler::finalize_iteration() { finalize_iteration(clock_->now_ns()); }

void LayerProfiler::finalize_iteration(std::int64_t end_ns) {
  if (!running_) return;
  running_ = false;
  start_ns_.push_back(began_ns_);
  end_ns_.push_back(end_ns);
}

void LayerProfiler::reset() {
  names_.clear();
  pointers_.clear();
  reports_.clear();
  first_.clear();
  start_ns_.clear();
  end_ns_.clear();
  running_ = false;
  next_ = 0;
  lost_ = 0;
}

void LayerProfiler::row(std::size_t iteration, std::vector<double>& layer_ms) const {
  layer_ms.assign(names_.size(), kMissing);
  const std::size_t end = iteration + 1 < first_.size() ? first_[iteration + 1] : reports_.size();
  for (std::size_t i = first_[iteration]; i < end; ++i) {
    layer_ms[reports_[i].layer] = static_cast<double>(reports_[i].ms);
  }
}

Iterations LayerProfiler::recorded() const {
  Iterations recorded;
  recorded.layers = names_;
  recorded.start_ns = start_ns_;
  recorded.end_ns = end_ns_;
  std::vector<double> layer_ms;
  for (std::size_t i = 0; i < iterations(); ++i) {
    row(i, layer_ms);
    recorded.layer_ms.insert(recorded.layer_ms.end(), layer_ms.begin(), layer_ms.end());
  }
  return recorded;
}

}  // namespace layerwatt
