#include "sim/device.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <utility>

#include "sim/nanoseconds.hpp"

namespace layerwatt::sim {
namespace {

// 2024-01-01T00:00:00Z.
constexpr std::int64_t kVirtualStartNs = 1'704'067'200'000'000'000;

std::vector<double> idle_of(const Spec& spec) {
  std::vector<double> idle;
  for (const RailSpec& rail : spec.rails) idle.push_back(rail.idle_mw);
  return idle;
}

double seconds(std::int64_t ns) { return static_cast<double>(ns) * 1e-9; }

}  // namespace

Device::Device(Spec spec, std::shared_ptr<Clock> clock)
    : spec_(std::move(spec)),
      clock_(std::move(clock)),
      origin_ns_(clock_->now_ns()),
      workload_(spec_, spec_.seed),
      waveform_(idle_of(spec_), spec_.sensor.time_constant_ms),
      sampler_(spec_, spec_.seed),
      sum_(spec_.engine.layers.size(), spec_.engine.outside.has_value(), spec_.rails.size()),
      idle_mw_(idle_of(spec_)) {}

void Device::idle_until(std::int64_t time_ns) {
  if (time_ns <= waveform_.end_ns()) return;
  const double drift = drift_factor(spec_.engine.drift, seconds(waveform_.end_ns()));
  for (std::size_t rail = 0; rail < idle_mw_.size(); ++rail) {
    idle_mw_[rail] = spec_.rails[rail].idle_mw * drift;
  }
  waveform_.append(time_ns, idle_mw_);
}

std::int64_t Device::publish_repeats(std::size_t stretch, std::span<const std::uint32_t> extra,
                                     std::int64_t begin_ns) {
  const std::vector<LayerSpec>& layers = spec_.engine.layers;
  std::int64_t end = begin_ns;
  const auto empty = [&] {
    end += workload_.draw_emptying(again_mw_);
    waveform_.append(end, again_mw_);
  };
  const std::uint32_t emptied = extra.size() > layers.size() ? extra[layers.size()] : 0;
  const std::span<const std::uint32_t> of_layers =
      extra.first(std::min(extra.size(), layers.size()));
  for (std::uint32_t run = 0; stretch < of_layers.size() && run < of_layers[stretch]; ++run) {
    if (emptied > 0) empty();
    end += workload_.draw_again(stretch, emptied > 0 ? layers[stretch].cold : layers[stretch].warm,
                                again_mw_);
    waveform_.append(end, again_mw_);
  }
  if (stretch + 1 == drawn_.stretch_ns.size()) {
    const std::uint32_t repeats =
        std::accumulate(of_layers.begin(), of_layers.end(), std::uint32_t{0});
    for (std::uint32_t run = repeats; run < emptied; ++run) empty();
  }
  return end;
}

std::int64_t Device::publish_second_pass(std::span<const std::uint32_t> extra,
                                         std::int64_t begin_ns) {
  std::int64_t end = begin_ns;
  for (std::size_t layer = 0; layer < extra.size(); ++layer) {
    for (std::uint32_t run = 0; run < extra[layer]; ++run) {
      end += workload_.draw_again(layer, {}, again_mw_);
      waveform_.append(end, again_mw_);
    }
  }
  return end;
}

void Device::publish(Inference& out, std::span<const std::uint32_t> extra, ExtraRunsAre where) {
  std::int64_t begin = std::max(now(), waveform_.end_ns());
  if (last_end_ns_) {
    begin = std::max(begin, *last_end_ns_ + ns_of_ms(spec_.engine.gap_ms));
  }
  idle_until(begin);
  workload_.draw(seconds(begin), drawn_);
  const std::size_t rails = spec_.rails.size();
  std::int64_t end = begin;
  for (std::size_t stretch = 0; stretch < drawn_.stretch_ns.size(); ++stretch) {
    end += drawn_.stretch_ns[stretch];
    waveform_.append(end, std::span(drawn_.power_mw).subspan(stretch * rails, rails));
    if (where == ExtraRunsAre::in_place) end = publish_repeats(stretch, extra, end);
  }
  if (where == ExtraRunsAre::behind_the_pass) end = publish_second_pass(extra, end);
  sum_.add(drawn_);
  last_end_ns_ = end;
  out.start_ns = origin_ns_ + begin;
  out.end_ns = origin_ns_ + end;
  const std::size_t layers = spec_.engine.layers.size();
  out.layer_ms.resize(layers);
  for (std::size_t i = 0; i < layers; ++i) {
    out.layer_ms[i] = static_cast<double>(drawn_.stretch_ns[i]) * 1e-6;
  }
  const std::int64_t oldest_reading = sink_ != nullptr ? sampler_.next_ns() : begin;
  waveform_.forget_before(oldest_reading - rounded_ns(std::ceil(sampler_.response().memory_ns())));
}

void Device::infer(Inference& out) { infer(out, {}, ExtraRunsAre::in_place); }

void Device::run_repeated(std::span<const std::uint32_t> extra, std::int64_t duration_ns,
                          RepeatedRun& out, ExtraRunsAre where) {
  Inference pass;
  out.passes = 0;
  do {
    infer(pass, extra, where);
    if (out.passes == 0) out.start_ns = pass.start_ns;
    out.end_ns = pass.end_ns;
    ++out.passes;
  } while (out.end_ns - out.start_ns < duration_ns);
}

void Device::infer(Inference& out, std::span<const std::uint32_t> extra, ExtraRunsAre where) {
  {
    const std::lock_guard lock(mutex_);
    publish(out, extra, where);
  }
  clock_->sleep_until_ns(out.end_ns);
  if (!real_time()) deliver_due();
}

bool Device::take_due(Sample& sample, SampleSink*& sink, std::string& line) {
  const std::lock_guard lock(mutex_);
  const std::int64_t time = now();
  while (sink_ != nullptr && sampler_.next_ns() <= time) {
    // What no inference has claimed by now is idle: infer() only claims what is to come.
    idle_until(sampler_.next_ns());
    if (!sampler_.take(waveform_, sample)) continue;
    sample.time_ns += origin_ns_;
    line.clear();
    if (format_) line = format_->line(sample.time_ns, sample.values);
    sink = sink_;
    return true;
  }
  return false;
}

std::size_t Device::deliver_due() {
  std::size_t delivered = 0;
  Sample sample;
  SampleSink* sink = nullptr;
  std::string line;
  while (take_due(sample, sink, line)) {
    if (!line.empty()) sink->line(sample.time_ns, line);
    sink->sample(sample.time_ns, sample.values);
    ++delivered;
  }
  return delivered;
}

void Device::start_sampling(SampleSink& sink, double period_ms) {
  std::int64_t lead_end_ns = 0;
  {
    const std::lock_guard lock(mutex_);
    sink_ = &sink;
    period_ms_ = spec_.sensor.period_ms.value_or(period_ms);
    sum_.reset();
    if (spec_.sensor.tegrastats) {
      format_.emplace(spec_, real_time() ? PrintedTime::local : PrintedTime::utc);
    }
    sampler_.begin(now(), period_ms_);
    lead_end_ns =
        clock_->now_ns() + rounded_ns(sampler_.response().memory_ns() + 2.0 * period_ms_ * 1e6);
  }
  if (real_time()) return;
  clock_->sleep_until_ns(lead_end_ns);
  // Where readings get lost, the first of them may be.
  while (deliver_due() == 0) clock_->sleep_until_ns(next_reading_ns());
}

std::int64_t Device::next_reading_ns() const {
  const std::lock_guard lock(mutex_);
  return origin_ns_ + sampler_.next_ns();
}

double Device::tail_ns() const {
  const SensorSpec& sensor = spec_.sensor;
  return sampler_.response().memory_ns() +
         1e6 * (3.0 * sensor.time_constant_ms + 2.0 * period_ms_ + 4.0 * sensor.period_jitter_ms +
                4.0 * sensor.stamp_error_ms);
}

std::int64_t Device::settled_ns() const {
  const std::lock_guard lock(mutex_);
  if (!last_end_ns_) return origin_ns_;
  return origin_ns_ + *last_end_ns_ + rounded_ns(tail_ns());
}

void Device::stop_sampling() {
  if (!real_time()) {
    clock_->sleep_until_ns(settled_ns());
    deliver_due();
  }
  const std::lock_guard lock(mutex_);
  sink_ = nullptr;
}

Truth Device::truth() const {
  const std::lock_guard lock(mutex_);
  Truth truth = sum_.truth();
  if (const auto& grid = sampler_.response().grid) truth.grid_phase_ms = grid->phase_ns * 1e-6;
  return truth;
}

std::shared_ptr<Device> load_device(const std::filesystem::path& path, const LoadOptions& options,
                                    const std::shared_ptr<Clock>& real_clock) {
  Spec spec = load_spec(path);
  if (options.seed) spec.seed = *options.seed;
  if (options.time) spec.time = *options.time;
  std::shared_ptr<Clock> clock = real_clock;
  if (spec.time == TimeMode::virtual_time) clock = std::make_shared<VirtualClock>(kVirtualStartNs);
  return std::make_shared<Device>(std::move(spec), std::move(clock));
}

void attach_device(Host& host, const std::filesystem::path& path, const LoadOptions& options) {
  host.simulated = load_device(path, options, host.clock);
  host.clock = host.simulated->clock();
}

}  // namespace layerwatt::sim
