#include "engine/builtin_workload.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/builtin_kernels.hpp"
#include "engine/cuda_driver.hpp"
#include "engine/gpu_clock.hpp"
#include "layerwatt/units.hpp"

namespace layerwatt {
namespace {

using nlohmann::json;

constexpr std::size_t kCopyBytes = std::size_t{64} << 20;
constexpr unsigned kThreads = 256;
constexpr unsigned kBlocks = 1056;  // 8 on each of an H100's multiprocessors
constexpr std::uint32_t kFirstRounds = 20000;
constexpr int kCalibrations = 4;

class GpuWorkload final : public Engine {
 public:
  GpuWorkload(Host host, int device, double layer_ms)
      : host_(std::move(host)), index_(device), layer_ms_(layer_ms) {}

  void load() override {
    if (clock_) return;  // each run of a recorder loads
    device_.emplace(host_.sys, index_);
    stream_.emplace(*device_);
    kernels_.emplace(*device_, kBuiltinKernels);
    to_.emplace(*device_, kCopyBytes, "the copy's target");
    from_.emplace(*device_, kCopyBytes, "the copy's source");
    fma_ = kernels_->find("layerwatt_fma");
    copy_ = kernels_->find("layerwatt_copy");
    clock_.emplace(*device_, *host_.clock);
    for (std::size_t i = 0; i <= layers_.size(); ++i) marks_.emplace_back(*device_);
    // Until each layer takes about as long as it should.
    for (int i = 0; i < kCalibrations; ++i) {
      run();
      for (std::size_t layer = 0; layer < layers_.size(); ++layer) {
        const double ms = marks_[layer + 1].ms_since(marks_[layer]);
        if (ms <= 0.0) continue;
        const double rounds = static_cast<double>(rounds_[layer]) * layer_ms_ / ms;
        rounds_[layer] = static_cast<std::uint32_t>(std::clamp(rounds, 1.0, 4e9));
      }
    }
  }
  const std::vector<LayerInfo>& layers() const override { return layers_; }
  std::string engine_json() const override {
    return json{{"name", "builtin"}, {"rounds", rounds_}}.dump();
  }
  std::string device_json() const override {
    return json{{"kind", "gpu"}, {"name", device_ ? device_->name() : ""}}.dump();
  }
  void infer(Inference& out) override {
    clock_->keep_fresh();
    run();
    out.start_ns = std::max(clock_->time_ns(marks_.front()), last_end_ns_);
    out.layer_ms.clear();
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      out.layer_ms.push_back(marks_[i + 1].ms_since(marks_[i]));
    }
    out.end_ns = std::max(
        out.start_ns + static_cast<std::int64_t>(marks_.back().ms_since(marks_.front()) * kNsPerMs),
        out.start_ns + 1);
    last_end_ns_ = out.end_ns;
  }
  double uncertainty_us() const { return clock_ ? clock_->uncertainty_us() : 0.0; }

 private:
  void run() {
    stream_->record(marks_.front());
    for (std::size_t layer = 0; layer < layers_.size(); ++layer) {
      launch(layer);
      stream_->record(marks_[layer + 1]);
    }
    marks_.back().wait();
  }

  void launch(std::size_t layer) {
    void* to = to_->device();
    void* from = from_->device();
    if (layer != 1) {
      std::array<void*, 2> arguments = {&to, &rounds_[layer]};
      kernels_->launch(fma_, layer == 2 ? 1 : kBlocks, kThreads, arguments, stream_->get());
      return;
    }
    // Of 16 bytes each; more than the buffer holds is copied again.
    std::uint32_t left = rounds_[layer];
    while (left > 0) {
      std::uint32_t count = std::min(left, static_cast<std::uint32_t>(kCopyBytes / 16));
      std::array<void*, 3> arguments = {&to, &from, &count};
      kernels_->launch(copy_, kBlocks, kThreads, arguments, stream_->get());
      left -= count;
    }
  }

  Host host_;
  int index_;
  double layer_ms_;
  std::optional<cuda::Device> device_;
  std::optional<cuda::Stream> stream_;
  std::optional<cuda::Kernels> kernels_;
  std::optional<cuda::Buffer> to_;
  std::optional<cuda::Buffer> from_;
  std::optional<GpuClock> clock_;
  std::vector<cuda::Event> marks_;
  void* fma_ = nullptr;
  void* copy_ = nullptr;
  std::array<std::uint32_t, 4> rounds_ = {kFirstRounds, kFirstRounds * 64, kFirstRounds,
                                          kFirstRounds};
  std::vector<LayerInfo> layers_ = {{"arithmetic", "fma", "f32"},
                                    {"memory", "copy", {}},
                                    {"one block", "fma", "f32"},
                                    {"arithmetic again", "fma", "f32"}};
  std::int64_t last_end_ns_ = 0;
};

class CpuWorkload final : public Engine {
 public:
  CpuWorkload(Host host, double layer_ms) : host_(std::move(host)), layer_ms_(layer_ms) {}

  void load() override {
    memory_.assign(kCopyBytes / 4, 1);
    Inference untimed;
    infer(untimed);
  }
  const std::vector<LayerInfo>& layers() const override { return layers_; }
  std::string engine_json() const override { return R"({"name":"builtin"})"; }
  std::string device_json() const override { return R"({"kind":"cpu"})"; }
  void infer(Inference& out) override {
    out.layer_ms.clear();
    std::int64_t now = host_.clock->now_ns();
    out.start_ns = now;
    const auto until = [&](const auto& work) {
      const std::int64_t begin = now;
      const auto end = begin + static_cast<std::int64_t>(layer_ms_ * kNsPerMs);
      while (now < end) {
        work(end);
        now = host_.clock->now_ns();
      }
      out.layer_ms.push_back(milliseconds_between(begin, now).value);
    };
    until([&](std::int64_t) {
      for (int i = 0; i < 2000; ++i) number_ = number_ * 1.0000001 + 1e-9;
    });
    until([&](std::int64_t) {
      const std::size_t half = memory_.size() / 2;
      at_ = (at_ + 65536) % (half - 65536);
      std::memcpy(memory_.data() + half + at_, memory_.data() + at_, 65536);
    });
    until([&](std::int64_t end) { host_.clock->sleep_until_ns(end); });
    out.end_ns = now;
  }

 private:
  Host host_;
  double layer_ms_;
  std::vector<LayerInfo> layers_ = {
      {"arithmetic", "fma", "f64"}, {"memory", "copy", {}}, {"waiting", "sleep", {}}};
  std::vector<unsigned char> memory_;
  std::size_t at_ = 0;
  volatile double number_ = 1.0;  // volatile: the work must not be left out
};

}  // namespace

std::unique_ptr<Engine> make_gpu_workload(const Host& host, int device, double layer_ms) {
  return std::make_unique<GpuWorkload>(host, device, layer_ms);
}

std::unique_ptr<Engine> make_cpu_workload(const Host& host, double layer_ms) {
  return std::make_unique<CpuWorkload>(host, layer_ms);
}

std::optional<double> clock_uncertainty_us(const Engine& engine) {
  const auto* gpu = dynamic_cast<const GpuWorkload*>(&engine);
  return gpu == nullptr ? std::nullopt : std::optional<double>(gpu->uncertainty_us());
}

}  // namespace layerwatt
