// Results built by hand, for the tests of every report.
#pragma once

#include <fstream>
#include <sstream>
#include <string>

#include "layerwatt/recording.hpp"
#include "layerwatt/result.hpp"

namespace layerwatt::sample {

inline Metric metric(double mean, double spread, std::size_t count = 1000) {
  Metric m;
  m.mean = mean;
  m.median = mean - spread / 4;
  m.min = mean - spread;
  m.max = mean + 3 * spread;
  m.std = spread / 2;
  m.p90 = mean + spread;
  m.p99 = mean + 2 * spread;
  if (count >= 2) m.ci95 = Interval{mean - spread / 16, mean + spread / 16};
  m.count = count;
  return m;
}

inline Estimate estimate(double mean, double half) {
  return {mean, Interval{mean - half, mean + half}};
}

inline LayerResult layer(std::size_t index, std::string name, std::string type, double time_ms,
                         double power_mw) {
  LayerResult l;
  l.index = index;
  l.name = std::move(name);
  l.type = std::move(type);
  l.time_ms = metric(time_ms, time_ms / 16);
  l.power_mw = estimate(power_mw, power_mw / 64);
  const double energy = power_mw * time_ms / 1000;
  l.energy_mj = estimate(energy, energy / 64);
  l.rails = {{"VDD_GPU_SOC", estimate(power_mw * 0.75, 8), estimate(energy * 0.75, 0.0625)},
             {"VDD_CPU_CV", estimate(power_mw * 0.25, 8), Missing{"no_samples"}}};
  l.samples = 40 + index;
  return l;
}

// Four layers on a board: one alone, two that cannot be told apart, one without a sample.
inline Result board() {
  Result r;
  r.device_json = R"({"name":"Jetson Orin NX 16GB","l4t":"36.4.3","power_mode":"MAXN"})";
  r.engine_json =
      R"({"name":"tensorrt","version":"8.6.2","model":"resnet18.onnx","precision":"f16","inputs":{"x":[1,3,224,224]}})";
  r.sensor = {
      "tegrastats", true, "module", {5.0, 6.5, std::nullopt, 0.0, 0.25}, "Chosen because …"};
  r.method = Method::deconvolve;
  r.method_reason = "the sensor's window (6.5 ms) is shorter than an inference (10.5 ms)";
  r.iterations = 1000;
  r.layers = {layer(0, "conv1 + relu", "Convolution", 2.0, 8000),
              layer(1, "pool", "Pooling", 0.5, 6000), layer(2, "fc", "MatrixMultiply", 6.0, 12000),
              layer(3, "softmax", "SoftMax", 0.25, 4000)};
  for (const std::size_t i : {0, 1}) {
    r.layers[i].group = 0;
    r.layers[i].reason = "not_separable";
    r.layers[i].power_mw = Estimate{7600, std::nullopt};
    r.layers[i].energy_mj = Estimate{7.6 * r.layers[i].time_ms->mean, std::nullopt};
  }
  r.groups = {{{0, 1}, estimate(19.0, 0.5)}};
  LayerResult& last = r.layers[3];
  last.type = std::nullopt;
  last.samples = 0;
  last.power_mw = Missing{"no_samples"};
  last.energy_mj = Missing{"no_samples"};
  last.rails.clear();
  last.reason = "no_samples";
  r.outside_layers = {metric(1.75, 0.25), estimate(5000, 100), estimate(8.75, 0.175), std::nullopt};
  r.total = {metric(10.5, 0.5),
             estimate(9500, 20),
             estimate(99.75, 0.25),
             {{"VDD_GPU_SOC", estimate(7125, 16), estimate(74.8125, 0.1875)},
              {"VDD_CPU_CV", estimate(2375, 8), estimate(24.9375, 0.0625)}}};
  r.power_draw_mw = metric(9500, 512, 4096);
  r.energy_mj = metric(99.75, 4, 900);
  r.closure = Closure{99.75, 100.0, 0.9975};
  r.conditions = {{"GR3D_FREQ clock", "MHz", 870.5, 305, 918},
                  {"tj temperature", "°C", 48.25, 47, 51}};
  r.warnings = {{"clocks_moved", "the GPU clock moved between 305 and 918 MHz",
                 "run `sudo jetson_clocks`, then measure again"}};
  return r;
}

// Times alone, from a run without a power sensor.
inline Result times_alone() {
  Result r = board();
  r.sensor = {"none", true, "", {}, ""};
  r.groups.clear();
  for (LayerResult& l : r.layers) {
    l.power_mw = Missing{"no_power"};
    l.energy_mj = Missing{"no_power"};
    l.rails.clear();
    l.samples = 0;
    l.group.reset();
    l.reason = "no_power";
  }
  r.outside_layers.power_mw = Missing{"no_power"};
  r.outside_layers.energy_mj = Missing{"no_power"};
  r.total.power_mw = Missing{"no_power"};
  r.total.energy_mj = Missing{"no_power"};
  r.total.rails.clear();
  r.power_draw_mw = Missing{"no_power"};
  r.energy_mj = Missing{"no_power"};
  r.closure = Missing{"no_power"};
  r.warnings.clear();
  return r;
}

inline Result simulated() {
  Result r = board();
  r.sensor.kind = "sim";
  r.sensor.measured = false;
  r.sensor.scope = "simulated device";
  return r;
}

// Names as they can stand in a model file, or be put there to do harm.
inline Result nasty_names() {
  Result r = board();
  r.groups.clear();
  r.layers.clear();
  const std::string names[] = {"a,b;c\td",
                               "say \"hi\"",
                               "two\r\nlines",
                               "层/卷积_1 é😀",
                               "\x1b[31mred\x1b]0;title\x07",
                               std::string(150, 'x') + "MIDDLE" + std::string(150, 'y'),
                               "",
                               "=HYPERLINK(\"http://x\")",
                               "+1",
                               "-1",
                               "@SUM(A1)",
                               "\tlead",
                               "\rlead",
                               "not utf8 \xff\xfe end",
                               "\u202Eesrever",
                               std::string("null\0byte", 9)};
  for (const std::string& name : names) {
    const std::size_t i = r.layers.size();
    r.layers.push_back(
        layer(i, name, i % 2 == 0 ? "=type" : "T", 1.0 + static_cast<double>(i), 1000));
  }
  return r;
}

// As long as a real network: TensorRT's names for a ResNet-18, 60 rows, two of them a group. The
// figures are made up, and in exact binary fractions nowhere: goldens show what rounding does.
inline Result resnet18() {
  Result r = board();
  r.layers.clear();
  const auto add = [&](std::string name, std::string type, double time_ms, double power_mw) {
    r.layers.push_back(layer(r.layers.size(), std::move(name), std::move(type), time_ms, power_mw));
  };
  add("Reformatting CopyNode for Input Tensor 0 to /conv1/Conv + /relu/Relu", "Reformat", 0.0213,
      5120);
  add("/conv1/Conv + /relu/Relu", "CaskConvolution", 0.1871, 11350);
  add("/maxpool/MaxPool", "CaskPooling", 0.0402, 8815);
  for (int stage = 1; stage <= 4; ++stage) {
    for (int block = 0; block < 2; ++block) {
      const std::string at = "/layer" + std::to_string(stage) + "/layer" + std::to_string(stage) +
                             "." + std::to_string(block);
      const double time = 0.06 + 0.017 * stage + 0.004 * block;
      const double power = 9300 + 731.0 * stage - 217.0 * block;
      add(at + "/conv1/Conv + " + at + "/relu/Relu", "CaskConvolution", time, power);
      add(at + "/conv2/Conv", "CaskConvolution", time * 1.043, power + 144);
      add(at + "/conv2/quant", "Myelin", 0.0079 + 0.001 * stage, power * 0.61);
      if (stage > 1 && block == 0) {
        add(at + "/downsample/downsample.0/Conv", "CaskConvolution", 0.0241, power * 0.83);
      }
      add("Reformatting CopyNode for Input Tensor 1 to " + at + "/Add", "Reformat", 0.0061, 4975);
      add(at + "/Add", "ElementWise", 0.0094, power * 0.57);
      add(at + "/relu_1/Relu", "PointWise", 0.0048, power * 0.52);
      if (stage > 2) add(at + "/scale", "Scale", 0.0012, 3300);
    }
  }
  add("/avgpool/GlobalAveragePool", "Reduce", 0.0113, 6150);
  add("/fc/Gemm", "MatrixMultiply", 0.0296, 9710);
  double time = 0.1432;
  double energy = 0.611;
  for (const LayerResult& l : r.layers) {
    time += l.time_ms->mean;
    energy += l.energy_mj->mean;
  }
  for (const std::size_t i : {8, 9}) {
    r.layers[i].group = 0;
    r.layers[i].reason = "not_separable";
    r.layers[i].power_mw = Estimate{r.layers[i].power_mw->mean, std::nullopt};
    r.layers[i].energy_mj = Estimate{r.layers[i].energy_mj->mean, std::nullopt};
  }
  r.groups = {{{8, 9}, estimate(r.layers[8].energy_mj->mean + r.layers[9].energy_mj->mean, 0.021)}};
  r.outside_layers = {metric(0.1432, 0.031), estimate(4267, 118), estimate(0.611, 0.017),
                      std::nullopt};
  r.total.time_ms = metric(time, 0.047, 10000);
  r.total.power_mw = estimate(energy / time * 1000, 21);
  r.total.energy_mj = estimate(energy, 0.052);
  r.power_draw_mw = metric(energy / time * 1000, 1713, 4711);
  r.energy_mj = metric(energy, 1.37, 4402);
  r.closure = Closure{energy, energy * 1.0031, 1 / 1.0031};
  r.iterations = 10000;
  return r;
}

// Nothing known, no layer.
inline Result nothing() { return Result(); }

inline std::string slurp(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

}  // namespace layerwatt::sample
