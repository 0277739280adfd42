// Layer times as TensorRT's IProfiler reports them, for a user's own execution context:
//
//   layerwatt::LayerProfiler profiler;
//   layerwatt::ProfilerFor<nvinfer1::IProfiler> adapter(profiler);
//   context->setProfiler(&adapter);
//   context->setEnqueueEmitsProfile(false);
//   for (…) {
//     profiler.start_iteration();
//     context->enqueueV3(stream);
//     cudaStreamSynchronize(stream);
//     context->reportToProfiler();
//     profiler.finalize_iteration();
//   }
//   for (const layerwatt::LayerTiming& layer : profiler.statistics()) …
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/attribution.hpp"
#include "layerwatt/clock.hpp"
#include "layerwatt/recording.hpp"
#include "layerwatt/result.hpp"

namespace layerwatt {

struct LayerTiming {
  std::string name;
  Known<Metric> time_ms;    // over the iterations that reported it
  std::vector<double> raw;  // ms, one an iteration; NaN: not reported in it
};

// Layers are told apart by their place in the order of reports: names may repeat, and a layer that
// is missing in some iteration moves no other. One thread.
class LayerProfiler {
 public:
  explicit LayerProfiler(std::shared_ptr<const Clock> clock = std::make_shared<SteadyClock>());

  // Stamps the start; the layers that follow are laid out from there.
  void start_iteration();
  // The same with a stamp of the caller's, such as a CUDA event's: launching takes the host longer
  // than it takes the GPU to begin.
  void start_iteration(std::int64_t start_ns);
  // Never throws, as TensorRT calls it where nothing may be thrown; reports that do not fit into
  // memory are counted as lost. Outside of an iteration it does nothing. The same pointer means the
  // same name, as it does for TensorRT: a name in a buffer that is used again must be copied first.
  void report_layer_time(const char* name, float ms) noexcept;
  // Stamps the end. An iteration without a report is kept, with every layer missing.
  void finalize_iteration();
  void finalize_iteration(std::int64_t end_ns);
  // Forgets everything, the layers too.
  void reset();

  std::size_t iterations() const { return start_ns_.size(); }
  std::size_t lost_reports() const { return lost_; }
  const std::vector<std::string>& layers() const { return names_; }
  // In the order of the first report.
  std::vector<LayerTiming> statistics() const;
  // With the power that was read beside it (PowerLog collects it): attributed as `layerwatt
  // profile` does. Throws Error(bad_input) where the readings do not cover the iterations.
  Result statistics(const PowerSamples& power, const SensorInfo& sensor,
                    const AttributionOptions& options = {}) const;
  // What was recorded, for a recording of the caller's own.
  Iterations recorded() const;
  // Row `iteration`: one value a layer, NaN where it was not reported.
  void row(std::size_t iteration, std::vector<double>& layer_ms) const;

 private:
  struct Report {
    std::uint32_t layer;
    float ms;
  };
  std::uint32_t layer_of(const char* name);

  std::shared_ptr<const Clock> clock_;
  std::vector<std::string> names_;
  std::vector<const char*> pointers_;  // the name as it was reported last: the usual comparison
  std::vector<Report> reports_;        // all iterations, one after the other
  std::vector<std::size_t> first_;     // where each iteration's reports begin
  std::vector<std::int64_t> start_ns_;
  std::vector<std::int64_t> end_ns_;
  std::size_t next_ = 0;  // the layer that the next report should be of
  std::int64_t began_ns_ = 0;
  bool running_ = false;
  std::size_t lost_ = 0;
};

// Takes TensorRT's IProfiler as a parameter, so that this header needs none of TensorRT's.
template <class IProfiler>
class ProfilerFor final : public IProfiler {
 public:
  explicit ProfilerFor(LayerProfiler& profiler) : profiler_(profiler) {}
  void reportLayerTime(const char* name, float ms) noexcept override {
    profiler_.report_layer_time(name, ms);
  }

 private:
  LayerProfiler& profiler_;
};

}  // namespace layerwatt
