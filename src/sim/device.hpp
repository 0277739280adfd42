// The simulated board that engine and sensor share (Host::simulated). The engine decides an
// inference's power before it happens; the sensor reads what was decided, exactly.
//
// Virtual time has one thread: infer() moves the clock to the inference's end and hands every
// reading that became due to the sink before it returns. In real time, infer() returns when the
// inference has ended on the clock, and a thread of the sensor's calls deliver_due().
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <span>

#include "layerwatt/clock.hpp"
#include "layerwatt/engine.hpp"
#include "layerwatt/host.hpp"
#include "layerwatt/sensor.hpp"
#include "sim/sampler.hpp"
#include "sim/spec.hpp"
#include "sim/tegrastats_format.hpp"
#include "sim/truth.hpp"
#include "sim/waveform.hpp"
#include "sim/workload.hpp"

namespace layerwatt::sim {

enum class ExtraRunsAre { in_place, behind_the_pass };

class Device {
 public:
  // `clock` must be one that jumps (VirtualClock) for TimeMode::virtual_time. The device begins,
  // idle, at the clock's now.
  Device(Spec spec, std::shared_ptr<Clock> clock);

  const Spec& spec() const { return spec_; }
  // For Host::clock: engine, sensor and recorder must see one time.
  const std::shared_ptr<Clock>& clock() const { return clock_; }
  bool real_time() const { return spec_.time == TimeMode::real_time; }

  // Runs an inference. One thread.
  void infer(Inference& out);

  // Inferences one after the other until they have lasted duration_ns, at least one. extra: runs of
  // each layer beyond the first, in place; then, where the spec has it, how often the cache is
  // emptied, as Repeatable::beside and ::optional say. Behind the pass they draw what the layer
  // draws in its place. The truth counts first runs alone. Same thread.
  void run_repeated(std::span<const std::uint32_t> extra, std::int64_t duration_ns,
                    RepeatedRun& out, ExtraRunsAre where = ExtraRunsAre::in_place);

  // Readings go to `sink`, from now on; the truth counts from now on. period_ms is used where the
  // spec has none. Virtual time moves on, idle, until the first readings are there.
  void start_sampling(SampleSink& sink, double period_ms);
  // Hands over the readings that are due by now, and says how many. From one thread at a time.
  std::size_t deliver_due();
  // When the next reading is due, by clock().
  std::int64_t next_reading_ns() const;
  // Until when readings must go on so that all of the last inference is in them: latency, window
  // and settling of the low pass.
  std::int64_t settled_ns() const;
  // No reading comes after it. In virtual time, the clock moves to settled_ns() first.
  void stop_sampling();

  // Over the inferences since start_sampling(), or since the beginning without it.
  Truth truth() const;

 private:
  std::int64_t now() const { return clock_->now_ns() - origin_ns_; }
  void idle_until(std::int64_t time_ns);
  void publish(Inference& out, std::span<const std::uint32_t> extra, ExtraRunsAre where);
  // When the repeats of a stretch, which begin at begin_ns, are over.
  std::int64_t publish_repeats(std::size_t stretch, std::span<const std::uint32_t> extra,
                               std::int64_t begin_ns);
  // When a second pass of the layers that run again, which begins at begin_ns, is over.
  std::int64_t publish_second_pass(std::span<const std::uint32_t> extra, std::int64_t begin_ns);
  void infer(Inference& out, std::span<const std::uint32_t> extra, ExtraRunsAre where);
  bool take_due(Sample& sample, SampleSink*& sink, std::string& line);
  double tail_ns() const;

  const Spec spec_;
  const std::shared_ptr<Clock> clock_;
  const std::int64_t origin_ns_;

  mutable std::mutex mutex_;  // guards all that follows; never held while a sink is called
  Workload workload_;
  Waveform waveform_;
  Sampler sampler_;
  TruthSum sum_;
  DrawnInference drawn_;
  std::vector<double> idle_mw_;
  std::vector<double> again_mw_;
  std::optional<std::int64_t> last_end_ns_;
  double period_ms_ = 0.0;
  SampleSink* sink_ = nullptr;
  std::optional<TegrastatsFormat> format_;
};

struct LoadOptions {
  std::optional<std::uint64_t> seed;  // instead of the spec's
  std::optional<TimeMode> time;       // instead of the spec's
};

// Virtual time begins at a fixed date, so that the same seed gives the same bytes; real time runs
// on `real_clock`. Throws Error(bad_input).
std::shared_ptr<Device> load_device(const std::filesystem::path& path, const LoadOptions& options,
                                    const std::shared_ptr<Clock>& real_clock);

// Makes the model's device and gives it, and its clock, to the host.
void attach_device(Host& host, const std::filesystem::path& path, const LoadOptions& options = {});

}  // namespace layerwatt::sim
