#include "sim/truth.hpp"

#include <nlohmann/json.hpp>
#include <ostream>

#include "core/whole_file.hpp"

namespace layerwatt::sim {
namespace {

using nlohmann::ordered_json;

// The figure over the rails in the total; null where no rail is in it.
ordered_json summed(const Spec& spec, const std::vector<double>& values) {
  bool any = false;
  double sum = 0.0;
  for (std::size_t rail = 0; rail < values.size(); ++rail) {
    if (!spec.rails[rail].in_total) continue;
    any = true;
    sum += values[rail];
  }
  return any ? ordered_json(sum) : ordered_json(nullptr);
}

void put_stretch(ordered_json& out, const Spec& spec, const StretchTruth& stretch) {
  out["time_ms"] = stretch.time_ms;
  out["power_mw"] = summed(spec, stretch.power_mw);
  out["energy_mj"] = summed(spec, stretch.energy_mj);
  ordered_json rails = ordered_json::object();
  for (std::size_t rail = 0; rail < spec.rails.size(); ++rail) {
    rails[spec.rails[rail].name] = {{"power_mw", stretch.power_mw[rail]},
                                    {"energy_mj", stretch.energy_mj[rail]}};
  }
  out["rails"] = std::move(rails);
}

ordered_json optional_stretch(const Spec& spec, const std::optional<StretchTruth>& stretch) {
  if (!stretch) return nullptr;
  ordered_json out;
  put_stretch(out, spec, *stretch);
  return out;
}

ordered_json sensor_json(const Spec& spec, const Truth& truth) {
  const SensorSpec& sensor = spec.sensor;
  ordered_json out;
  out["period_ms"] = sensor.period_ms ? ordered_json(*sensor.period_ms) : ordered_json(nullptr);
  out["window_ms"] = sensor.window_ms;
  out["latency_ms"] = sensor.latency_ms;
  out["time_constant_ms"] = sensor.time_constant_ms;
  out["timestamp_error_ms"] = sensor.stamp_error_ms;
  out["noise_mw"] = sensor.noise_mw;
  out["grid"] = nullptr;
  if (sensor.grid) {
    out["grid"] = {{"period_ms", sensor.grid->period_ms},
                   {"phase_ms", truth.grid_phase_ms.value_or(0.0)}};
  }
  return out;
}

}  // namespace

TruthSum::TruthSum(std::size_t layers, bool has_outside, std::size_t rails)
    : layers_(layers), has_outside_(has_outside), rails_(rails) {
  reset();
}

void TruthSum::reset() {
  const std::size_t stretches = layers_ + (has_outside_ ? 1 : 0);
  iterations_ = 0;
  time_ns_.assign(stretches, 0.0);
  energy_mj_.assign(stretches * rails_, 0.0);
}

void TruthSum::add(const DrawnInference& inference) {
  ++iterations_;
  for (std::size_t stretch = 0; stretch < time_ns_.size(); ++stretch) {
    const auto time_ns = static_cast<double>(inference.stretch_ns[stretch]);
    time_ns_[stretch] += time_ns;
    for (std::size_t rail = 0; rail < rails_; ++rail) {
      const std::size_t cell = stretch * rails_ + rail;
      energy_mj_[cell] += inference.power_mw[cell] * time_ns * 1e-9;
    }
  }
}

Truth TruthSum::truth() const {
  Truth truth;
  truth.iterations = iterations_;
  if (iterations_ == 0) return truth;
  const auto count = static_cast<double>(iterations_);
  StretchTruth total{0.0, std::vector<double>(rails_, 0.0), std::vector<double>(rails_, 0.0)};
  for (std::size_t stretch = 0; stretch < time_ns_.size(); ++stretch) {
    StretchTruth one;
    one.time_ms = time_ns_[stretch] / count * 1e-6;
    for (std::size_t rail = 0; rail < rails_; ++rail) {
      const double energy_mj = energy_mj_[stretch * rails_ + rail] / count;
      one.energy_mj.push_back(energy_mj);
      one.power_mw.push_back(energy_mj * 1000.0 / one.time_ms);
      total.energy_mj[rail] += energy_mj;
    }
    total.time_ms += one.time_ms;
    if (stretch < layers_) {
      truth.layers.push_back(std::move(one));
    } else {
      truth.outside = std::move(one);
    }
  }
  for (std::size_t rail = 0; rail < rails_; ++rail) {
    total.power_mw[rail] = total.energy_mj[rail] * 1000.0 / total.time_ms;
  }
  truth.total = std::move(total);
  return truth;
}

std::string truth_json(const Spec& spec, const Truth& truth) {
  ordered_json out;
  out["schema"] = "layerwatt.truth/1";
  out["spec"] = spec.name;
  out["seed"] = spec.seed;
  out["iterations"] = truth.iterations;
  out["layers"] = ordered_json::array();
  for (std::size_t i = 0; i < truth.layers.size(); ++i) {
    ordered_json layer;
    layer["index"] = i;
    layer["name"] = spec.engine.layers[i].name;
    put_stretch(layer, spec, truth.layers[i]);
    out["layers"].push_back(std::move(layer));
  }
  out["outside_layers"] = optional_stretch(spec, truth.outside);
  out["total"] = optional_stretch(spec, truth.total);
  out["idle"] = ordered_json::object();
  for (const RailSpec& rail : spec.rails) out["idle"][rail.name] = {{"power_mw", rail.idle_mw}};
  out["sensor"] = sensor_json(spec, truth);
  return out.dump(1) + "\n";
}

void write_truth(const std::filesystem::path& path, const Spec& spec, const Truth& truth) {
  write_whole_file(path, [&](std::ostream& stream) { stream << truth_json(spec, truth); });
}

}  // namespace layerwatt::sim
