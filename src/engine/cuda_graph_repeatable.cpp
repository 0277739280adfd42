// CudaGraphEngine: which of its parts can be repeated, how often, and why not.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "core/cache_sweep.hpp"
#include "engine/cuda_graph_engine.hpp"
#include "layerwatt/error.hpp"

namespace layerwatt {
namespace {

constexpr std::uint32_t kMostExtra = 10000;
constexpr std::uint32_t kMostGaps = 1000;
constexpr std::uint32_t kCalibrationSweeps = 16;
constexpr std::size_t kCalibrationPasses = 100;
constexpr const char* kNotInTurn =
    "half passes need layers that follow each other, with no kernel outside them: here some run "
    "side by side, or between others";

}  // namespace

Repeatable CudaGraphEngine::sweeps() {
  Repeatable part;
  part.beside = true;
  part.optional = options_.empty_cache == EmptyCache::automatic;
  part.max_extra = kMostExtra;
  const std::vector<std::uint32_t> none(shape_.layers + 1, 0);
  const CudaExec exec =
      excited_
          .emplace(
              std::vector<std::uint32_t>{kCalibrationSweeps},
              instantiate(repeat_plan(shape_, segments_, none, {true, kCalibrationSweeps}), {}))
          .first->second.exec;
  busy_ms(exec, 1, 0);
  const double ms = busy_ms(exec, kCalibrationPasses, 0);
  part.run_ms = std::max(0.0, (ms - pass_ms_) / kCalibrationSweeps);
  return part;
}

void CudaGraphEngine::find_repeatable() {
  // Each node is copied once, into a graph that is never run: what the driver refuses is known
  // before the first window.
  std::vector<std::string> reason(shape_.layers + 1);
  std::vector<std::size_t> nodes(shape_.layers + 1, 0);
  CudaGraph scratch = driver_->clone(captured_.graph);
  for (std::size_t n = 0; n < captured_.nodes.size(); ++n) {
    const std::size_t owner = shape_.owner[n];
    ++nodes[owner];
    try {
      driver_->copy_node(scratch, captured_.nodes[n]);
    } catch (const Error& error) {
      reason[owner] =
          fmt::format("{} cannot be copied: {}",
                      short_kernel_name(driver_->name(captured_.nodes[n])), error.problem());
    }
  }
  driver_->destroy(scratch);
  std::set<std::size_t> timed;
  for (std::size_t j = 0; j < shape_.layers; ++j) {
    if (timing_.layers[j]) timed.insert(j);
  }
  repeatable_.clear();
  for (std::size_t owner = 0; owner <= shape_.layers; ++owner) {
    if (owner == shape_.layers && has_sweeps()) repeatable_.push_back(sweeps());
    Repeatable part;
    part.reason = reason[owner];
    if (nodes[owner] == 0) {
      gaps_outside_ = true;
      part.max_extra = kMostGaps;
      repeatable_.push_back(part);
      continue;
    }
    if (owner < shape_.layers && timed.count(owner) == 0) {
      part.reason = "another layer runs in its middle, so that it has no time in place";
    }
    if (part.reason.empty()) {
      const std::size_t room = options_.most_nodes > captured_.nodes.size()
                                   ? options_.most_nodes - captured_.nodes.size()
                                   : 0;
      const std::size_t each = nodes[owner] + (options_.empty_cache == EmptyCache::never ? 0 : 1);
      const bool fits = !options_.half_passes || room >= captured_.nodes.size();
      part.max_extra =
          fits ? static_cast<std::uint32_t>(std::min<std::size_t>(kMostExtra, room / each)) : 0;
      if (part.max_extra == 0) part.reason = "the graph would become too large";
    }
    repeatable_.push_back(part);
  }
}

std::string CudaGraphEngine::why_not_repeating() const {
  return options_.half_passes && !one_after_the_other() ? kNotInTurn : "";
}

// Other methods than excite have no use for a layer that is none.
Repeating* CudaGraphEngine::repeating() {
  if (options_.half_passes && !one_after_the_other()) return nullptr;
  if (options_.empty_cache == EmptyCache::automatic && !has_sweeps()) {
    const Repeatable part = sweeps();
    layers_.push_back(cache_sweep_layer());
    repeatable_.insert(repeatable_.end() - 1, part);
  }
  return this;
}

std::optional<std::size_t> CudaGraphEngine::first_overflow() {
  for (std::size_t i = 0; i < captured_.watched.size(); ++i) {
    const WatchedBuffer& buffer = captured_.watched[i];
    const auto bytes = driver_->read(buffer.address, buffer.count * bytes_of(buffer.type));
    if (!all_finite(bytes, buffer.type)) return i;
  }
  return std::nullopt;
}

void CudaGraphEngine::find_overflows() {
  if (first_overflow()) {
    throw Error(ErrorKind::engine, "a watched buffer is not finite after a plain pass",
                "cuda graph", "give the network real inputs, or do not watch that buffer");
  }
  for (std::size_t j = 0; j < shape_.layers; ++j) {
    if (repeatable_[j].max_extra == 0 || !(layer_ms_[j] > 0.0)) continue;
    // As often as the design will: until the pass is twice as long.
    std::vector<std::uint32_t> extra(layers_.size() + 1, 0);
    extra[j] = static_cast<std::uint32_t>(std::min<double>(
        repeatable_[j].max_extra, std::max(1.0, std::round(pass_ms_ / layer_ms_[j]))));
    if (has_sweeps()) extra[shape_.layers] = extra[j];
    driver_->launch(excited(extra), captured_.stream);
    driver_->wait_stream(captured_.stream);
    if (!first_overflow()) continue;
    repeatable_[j] = {0, fmt::format("its values overflow when it runs {} times more", extra[j])};
    driver_->launch(plain_.exec, captured_.stream);
    driver_->wait_stream(captured_.stream);
    if (first_overflow()) {
      throw Error(ErrorKind::engine, "a plain pass does not undo what repeating a layer did",
                  layers_[j].name, "the pass keeps state of its own; give each pass fresh inputs");
    }
  }
}

}  // namespace layerwatt
