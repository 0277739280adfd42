// An engine whose layers take what the test says, in virtual time.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "fakes/ticking_clock.hpp"
#include "layerwatt/engine.hpp"
#include "layerwatt/error.hpp"

namespace layerwatt::fakes {

class FakeEngine final : public Engine {
 public:
  FakeEngine(TickingClock& clock, std::vector<double> layer_ms, double outside_ms = 0.0)
      : clock_(clock), layer_ms_(std::move(layer_ms)), outside_ms_(outside_ms) {
    for (std::size_t i = 0; i < layer_ms_.size(); ++i) {
      layers_.push_back({"layer " + std::to_string(i), "Convolution", {}});
    }
  }

  void load() override { ++loads; }
  const std::vector<LayerInfo>& layers() const override { return layers_; }
  std::string engine_json() const override { return R"({"name":"fake"})"; }
  std::string device_json() const override { return R"({"name":"test"})"; }
  void infer(Inference& out) override {
    if (before_infer) before_infer(inferences);
    ++inferences;
    out.start_ns = clock_.now_ns();
    out.layer_ms.clear();
    for (const double ms : layer_ms_) {
      out.layer_ms.push_back(ms);
      clock_.advance_ms(ms);
    }
    clock_.advance_ms(outside_ms_);
    out.end_ns = clock_.now_ns();
    if (after_infer) after_infer(out);
    clock_.advance_ms(gap_ms);
  }

  std::size_t loads = 0;
  std::size_t inferences = 0;  // warm-up included
  double gap_ms = 0.01;
  std::function<void(std::size_t)> before_infer;
  std::function<void(Inference&)> after_infer;

 private:
  TickingClock& clock_;
  std::vector<double> layer_ms_;
  double outside_ms_;
  std::vector<LayerInfo> layers_;
};

}  // namespace layerwatt::fakes
