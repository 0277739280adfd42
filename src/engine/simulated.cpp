// A network that exists only in a .sim.json (docs/simulator.md): for trying layerwatt without a
// board, and for checking what it says against a known truth.
#include <nlohmann/json.hpp>
#include <utility>

#include "core/cache_sweep.hpp"
#include "core/half_pass.hpp"
#include "layerwatt/engine.hpp"
#include "layerwatt/error.hpp"
#include "sim/device.hpp"

namespace layerwatt {
namespace {

class SimulatedEngine final : public Engine, private Repeating {
 public:
  SimulatedEngine(std::shared_ptr<sim::Device> device, const EngineOptions& options)
      : device_(std::move(device)),
        empty_cache_(options.half_passes ? EmptyCache::never : options.empty_cache),
        half_passes_(options.half_passes) {
    for (const sim::LayerSpec& layer : device_->spec().engine.layers) {
      layers_.push_back({layer.name, layer.type, std::nullopt});
    }
  }

  void load() override {}
  const std::vector<LayerInfo>& layers() const override { return layers_; }

  std::string engine_json() const override {
    nlohmann::ordered_json engine;
    engine["name"] = "sim";
    engine["simulated"] = true;
    engine["spec"] = device_->spec().name;
    engine["seed"] = device_->spec().seed;
    engine["time"] = device_->real_time() ? "real" : "virtual";
    return engine.dump();
  }

  std::string device_json() const override {
    auto device = nlohmann::ordered_json::parse(device_->spec().device_json);
    device["simulated"] = true;
    return device.dump();
  }

  void infer(Inference& out) override {
    device_->infer(out);
    if (empties_cache_) out.layer_ms.push_back(0.0);
  }
  Repeating* repeating() override {
    if (!empties_cache_ && device_->spec().engine.emptying && empty_cache_ != EmptyCache::never) {
      empties_cache_ = true;
      layers_.push_back(cache_sweep_layer());
    }
    return this;
  }

 private:
  std::vector<Repeatable> repeatable() override {
    std::vector<Repeatable> parts(layers_.size(), Repeatable{kMostExtra, ""});
    if (empties_cache_) {
      parts.back().beside = true;
      parts.back().optional = empty_cache_ == EmptyCache::automatic;
      parts.back().run_ms = device_->spec().engine.emptying->time_ms;
    }
    // As on a real device: launches and copies between the layers cannot be told apart and redone.
    parts.push_back({0, "what is outside layers is not a part that can be run again"});
    return parts;
  }

  bool behind_the_pass() const override { return half_passes_; }

  void run(std::span<const std::uint32_t> extra, std::int64_t duration_ns,
           RepeatedRun& out) override {
    device_->run_repeated(extra.first(layers_.size()), duration_ns, out,
                          half_passes_ && is_half_pass(extra) ? sim::ExtraRunsAre::behind_the_pass
                                                              : sim::ExtraRunsAre::in_place);
  }

  static constexpr std::uint32_t kMostExtra = 1000;

  std::shared_ptr<sim::Device> device_;
  const EmptyCache empty_cache_;
  const bool half_passes_;
  bool empties_cache_ = false;
  std::vector<LayerInfo> layers_;
};

}  // namespace

EngineBackend simulated_engine() {
  EngineBackend backend;
  backend.name = "sim";
  backend.summary = "a simulated network and board, described by a .sim.json";
  backend.extensions = {".sim.json"};
  backend.unavailable = [](const Host&) { return std::string(); };
  backend.create = [](const Host& host, const EngineOptions& options) -> std::unique_ptr<Engine> {
    if (!host.simulated) {
      throw Error(ErrorKind::engine, "the engine sim runs only a .sim.json", options.model.string(),
                  "give a model whose name ends in .sim.json; examples/sim has some");
    }
    return std::make_unique<SimulatedEngine>(host.simulated, options);
  };
  return backend;
}

}  // namespace layerwatt
