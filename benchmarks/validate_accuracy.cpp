// How far `attribute` is off, and whether its intervals cover, over many simulated recordings whose
// sensor it is told nothing about: the table of docs/accuracy.md. Simulated, not measured.
//   validate_accuracy [SEEDS] [FIRST_SEED] [FAMILY]    (10, from the clock, all)
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "attribution/synthetic.hpp"
#include "layerwatt/attribution.hpp"

namespace {

using layerwatt::synthetic::Spec;

struct Family {
  std::string name;
  double bar_median;  // of the energy-weighted error; NaN: only claims and totals count
  double bar_worst;
  void (*set)(Spec&, std::mt19937_64&);
};

double between(std::mt19937_64& random, double lo, double hi) {
  return std::uniform_real_distribution<double>(lo, hi)(random);
}

const double kNone = std::nan("");

const Family kFamilies[] = {
    {"window", 0.01, 0.02, [](Spec&, std::mt19937_64&) {}},
    {"tau 1 ms", 0.02, kNone, [](Spec& s, std::mt19937_64&) { s.time_constant_ms = 1.0; }},
    {"tau 5 ms", 0.05, kNone, [](Spec& s, std::mt19937_64&) { s.time_constant_ms = 5.0; }},
    {"stamp error 0.1 ms", 0.03, kNone, [](Spec& s, std::mt19937_64&) { s.stamp_error_ms = 0.1; }},
    {"grid 6.6 ms", 0.02, kNone,
     [](Spec& s, std::mt19937_64& random) {
       s.grid_ms = 6.6;
       s.grid_phase_ms = between(random, 0.0, 6.6);
       s.window_ms = between(random, 1.1, 6.6);
       s.stamp_error_ms = 0.0;
     }},
    {"window 100 ms", kNone, kNone, [](Spec& s, std::mt19937_64&) { s.window_ms = 100.0; }},
    {"tau 0.5 s", kNone, kNone, [](Spec& s, std::mt19937_64&) { s.time_constant_ms = 500.0; }},
};

// What no seed of one family shares with another: everything that a user's network and board vary.
Spec draw(std::uint64_t seed, std::mt19937_64& random) {
  Spec spec;
  spec.seed = seed;
  spec.layers = static_cast<std::size_t>(between(random, 10.0, 61.0));
  spec.inference_ms = between(random, 7.0, 20.0);
  spec.seconds = between(random, 60.0, 120.0);
  spec.window_ms = between(random, 1.1, 6.6);
  spec.latency_ms = between(random, 0.0, 20.0);
  spec.stamp_error_ms = between(random, 0.0, 0.02);
  spec.noise_mw = between(random, 10.0, 40.0);
  spec.gap_ms = between(random, 0.0, 0.1);
  return spec;
}

struct Outcome {
  double error = 0.0;        // energy-weighted, over layers with an own interval
  double total_error = 0.0;  // of the total's energy
  std::size_t claims = 0;    // layers and groups with an interval
  std::size_t covered = 0;
  std::size_t grouped = 0;  // layers in a group
  double seconds = 0.0;
};

Outcome judge(const layerwatt::synthetic::Synthetic& made) {
  const auto begin = std::chrono::steady_clock::now();
  const layerwatt::Result result = layerwatt::attribute(made.recording);
  Outcome out;
  out.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  double wrong = 0.0;
  double sum = 0.0;
  double truth_total = made.outside_mj;
  for (const layerwatt::LayerResult& layer : result.layers) {
    const double truth = made.energy_mj[layer.index];
    truth_total += truth;
    out.grouped += layer.group.has_value();
    if (!layer.energy_mj) continue;
    wrong += std::abs(layer.energy_mj->mean - truth);
    sum += truth;
    if (layer.energy_mj->ci95) {
      ++out.claims;
      out.covered += layer.energy_mj->ci95->lo <= truth && truth <= layer.energy_mj->ci95->hi;
    }
  }
  for (const layerwatt::LayerGroup& group : result.groups) {
    double truth = 0.0;
    for (const std::size_t j : group.layers) truth += made.energy_mj[j];
    if (!group.energy_mj || !group.energy_mj->ci95) continue;
    ++out.claims;
    out.covered += group.energy_mj->ci95->lo <= truth && truth <= group.energy_mj->ci95->hi;
  }
  out.error = sum > 0.0 ? wrong / sum : kNone;
  out.total_error =
      result.total.energy_mj ? std::abs(result.total.energy_mj->mean / truth_total - 1.0) : kNone;
  return out;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t n = values.size();
  return n % 2 == 1 ? values[n / 2] : 0.5 * (values[n / 2 - 1] + values[n / 2]);
}

// Seconds of a run whose response is given, where most of the readings' cost is the fit's own.
double seconds_when_known(const Spec& spec, const layerwatt::synthetic::Synthetic& made) {
  layerwatt::Recording recording = made.recording;
  recording.manifest.sensor.model.window_ms = spec.window_ms;
  recording.manifest.sensor.model.latency_ms = spec.latency_ms;
  recording.manifest.sensor.model.time_constant_ms = spec.time_constant_ms;
  recording.manifest.sensor.model.timestamp_error_ms = spec.stamp_error_ms;
  const auto begin = std::chrono::steady_clock::now();
  static_cast<void>(layerwatt::attribute(recording));
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

bool run(const Family& family, std::size_t seeds, std::uint64_t first) {
  std::vector<double> errors;
  std::vector<double> totals;
  std::vector<double> seconds;
  std::size_t claims = 0;
  std::size_t covered = 0;
  std::size_t grouped = 0;
  std::size_t layers = 0;
  double known_s = 0.0;
  for (std::size_t i = 0; i < seeds; ++i) {
    const std::uint64_t seed = first + i;
    std::mt19937_64 random(seed * 7919 + static_cast<std::size_t>(&family - kFamilies));
    Spec spec = draw(seed, random);
    family.set(spec, random);
    const auto made = layerwatt::synthetic::make(spec);
    const Outcome out = judge(made);
    known_s = std::max(known_s, seconds_when_known(spec, made));
    fmt::print(
        stderr,
        "{}, seed {}: {} layers, {:.1f} ms x {}, {} readings, window {:.2f}, latency {:.2f}: "
        "{:.3f} % off, {}/{} covered, {} grouped, total {:.2f} % off, {:.1f} s\n",
        family.name, seed, spec.layers, spec.inference_ms, made.recording.iterations.size(),
        made.recording.power.size(), spec.window_ms, spec.latency_ms, 100.0 * out.error,
        out.covered, out.claims, out.grouped, 100.0 * out.total_error, out.seconds);
    errors.push_back(out.error);
    totals.push_back(out.total_error);
    seconds.push_back(out.seconds);
    claims += out.claims;
    covered += out.covered;
    grouped += out.grouped;
    layers += spec.layers;
  }
  const double worst = *std::max_element(errors.begin(), errors.end());
  const double cover =
      claims > 0 ? static_cast<double>(covered) / static_cast<double>(claims) : 1.0;
  // Layers without an own interval claim nothing; their error is shown but has no bar.
  bool met = cover >= 0.9 && *std::max_element(totals.begin(), totals.end()) <= 0.01;
  if (!std::isnan(family.bar_median)) met = met && median(errors) <= family.bar_median;
  if (!std::isnan(family.bar_worst)) met = met && worst <= family.bar_worst;
  fmt::print(
      "| {} | {} | {:.2f} % | {:.2f} % | {:.1f} % of {} | {:.0f} % | {:.2f} % | {:.1f} / {:.2f} s "
      "| {} |\n",
      family.name,
      std::isnan(family.bar_median) ? "no claim"
                                    : fmt::format("{:.0f} %", 100.0 * family.bar_median),
      100.0 * median(errors), 100.0 * worst, 100.0 * cover, claims,
      100.0 * static_cast<double>(grouped) / static_cast<double>(layers),
      100.0 * *std::max_element(totals.begin(), totals.end()), median(seconds), known_s,
      met ? "met" : "NOT MET");
  std::fflush(stdout);
  return met;
}

}  // namespace

int main(int count, char** arguments) {
  const std::size_t seeds = count > 1 ? std::strtoull(arguments[1], nullptr, 10) : 10;
  const auto clock = std::chrono::system_clock::now().time_since_epoch();
  const std::uint64_t now = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::seconds>(clock).count() % 1000000);
  const std::uint64_t first = count > 2 && std::string(arguments[2]) != "clock"
                                  ? std::strtoull(arguments[2], nullptr, 10)
                                  : now;
  const std::string only = count > 3 ? arguments[3] : "";
  fmt::print("{} seeds a family from {}; simulated; all of the response unknown\n\n", seeds, first);
  fmt::print(
      "| family | bar | median | worst | covered | layers in groups | worst total | time, unknown "
      "/ "
      "known | |\n|---|---|---|---|---|---|---|---|---|\n");
  bool met = true;
  for (const Family& family : kFamilies) {
    if (only.empty() || family.name == only) met = run(family, seeds, first) && met;
  }
  return met ? 0 : 3;
}
