// How far `attribute` is off, and whether its intervals cover, over many simulated recordings whose
// sensor it is told nothing about: the table of docs/accuracy.md. Simulated, not measured.
//   validate_accuracy [SEEDS] [FIRST_SEED|clock] [FAMILY|all] [CSV] [JOBS]    (10, clock, all,
//   none, 1)
// Seeds are drawn from the clock, and printed. CSV: a row a seed, for scripts/validate-accuracy's
// plots. JOBS: seeds at a time; times mean something with 1 alone.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "attribution/synthetic.hpp"
#include "layerwatt/attribution.hpp"

namespace {

using layerwatt::synthetic::Spec;

struct Family {
  std::string name;
  double bar_median;  // of the energy-weighted error; NaN: only claims and totals count
  double bar_worst;
  bool
      idle_read;  // readings of the idle device before and after the run, as our own runs have them
  void (*set)(Spec&, std::mt19937_64&);
};

const double kNone = std::nan("");

double between(std::mt19937_64& random, double lo, double hi) {
  return std::uniform_real_distribution<double>(lo, hi)(random);
}

void plain(Spec&, std::mt19937_64&) {}
void tau_1(Spec& s, std::mt19937_64&) { s.time_constant_ms = 1.0; }
void tau_5(Spec& s, std::mt19937_64&) { s.time_constant_ms = 5.0; }
void stamps(Spec& s, std::mt19937_64&) { s.stamp_error_ms = 0.1; }
void grid(Spec& s, std::mt19937_64& random) {
  s.grid_ms = 6.6;
  s.grid_phase_ms = between(random, 0.0, 6.6);
  s.window_ms = between(random, 1.1, 6.6);
  s.stamp_error_ms = 0.0;
}
void window_100(Spec& s, std::mt19937_64&) { s.window_ms = 100.0; }
void tau_500(Spec& s, std::mt19937_64&) { s.time_constant_ms = 500.0; }

const Family kFamilies[] = {
    {"window", 0.01, 0.02, true, plain},
    {"tau 1 ms", 0.02, kNone, true, tau_1},
    {"tau 5 ms", 0.05, kNone, true, tau_5},
    {"stamp error 0.1 ms", 0.03, kNone, true, stamps},
    {"grid 6.6 ms", 0.02, kNone, true, grid},
    {"window 100 ms", kNone, kNone, true, window_100},
    {"tau 0.5 s", kNone, kNone, true, tau_500},
    {"window, no idle", 0.01, 0.02, false, plain},
    {"tau 1 ms, no idle", 0.02, kNone, false, tau_1},
    {"tau 5 ms, no idle", 0.05, kNone, false, tau_5},
    {"stamp error 0.1 ms, no idle", 0.03, kNone, false, stamps},
    {"grid 6.6 ms, no idle", 0.02, kNone, false, grid},
    {"window 100 ms, no idle", kNone, kNone, false, window_100},
    {"tau 0.5 s, no idle", kNone, kNone, false, tau_500},
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

struct Run {
  Spec spec;
  Outcome out;
  double known_s = 0.0;
};

Run run_seed(const Family& family, std::uint64_t seed) {
  // The same recordings with and without idle.
  const std::size_t index = static_cast<std::size_t>(&family - kFamilies) % 7;
  std::mt19937_64 random(seed * 7919 + index);
  Run run;
  run.spec = draw(seed, random);
  family.set(run.spec, random);
  auto made = layerwatt::synthetic::make(run.spec);
  if (!family.idle_read) layerwatt::synthetic::take_idle_out(made.recording);
  run.out = judge(made);
  run.known_s = seconds_when_known(run.spec, made);
  fmt::print(stderr,
             "{}, seed {}: {} layers, {:.1f} ms x {}, {} readings, window {:.2f}, latency {:.2f}: "
             "{:.3f} % off, {}/{} covered, {} grouped, total {:.2f} % off, {:.1f} s\n",
             family.name, seed, run.spec.layers, run.spec.inference_ms,
             made.recording.iterations.size(), made.recording.power.size(), run.spec.window_ms,
             run.spec.latency_ms, 100.0 * run.out.error, run.out.covered, run.out.claims,
             run.out.grouped, 100.0 * run.out.total_error, run.out.seconds);
  return run;
}

std::vector<Run> run_seeds(const Family& family, std::size_t seeds, std::uint64_t first,
                           std::size_t jobs) {
  std::vector<Run> runs(seeds);
  std::atomic<std::size_t> next{0};
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < jobs; ++t) {
    threads.emplace_back([&] {
      for (std::size_t i = next++; i < seeds; i = next++) runs[i] = run_seed(family, first + i);
    });
  }
  for (std::thread& thread : threads) thread.join();
  return runs;
}

bool report(const Family& family, const std::vector<Run>& runs) {
  std::vector<double> claimed;  // errors of runs that claim layers of their own
  std::vector<double> totals;
  std::vector<double> seconds;
  std::size_t claims = 0;
  std::size_t covered = 0;
  std::size_t grouped = 0;
  std::size_t layers = 0;
  double known_s = 0.0;
  for (const Run& run : runs) {
    const Outcome& out = run.out;
    if (out.grouped < run.spec.layers) claimed.push_back(out.error);
    totals.push_back(out.total_error);
    seconds.push_back(out.seconds);
    known_s = std::max(known_s, run.known_s);
    claims += out.claims;
    covered += out.covered;
    grouped += out.grouped;
    layers += run.spec.layers;
  }
  const std::size_t refused = runs.size() - claimed.size();
  const double worst = claimed.empty() ? kNone : *std::max_element(claimed.begin(), claimed.end());
  const double cover =
      claims > 0 ? static_cast<double>(covered) / static_cast<double>(claims) : 1.0;
  const double worst_total = *std::max_element(totals.begin(), totals.end());
  // A refused run claims no layer: where layers can be told apart, that is not met either.
  bool met = cover >= 0.9 && worst_total <= 0.01;
  const bool has_bar = !std::isnan(family.bar_median);
  if (has_bar) met = met && refused == 0 && median(claimed) <= family.bar_median;
  if (!std::isnan(family.bar_worst)) met = met && refused == 0 && worst <= family.bar_worst;
  const auto percent = [](double value) {
    return std::isnan(value) ? std::string("–") : fmt::format("{:.2f} %", 100.0 * value);
  };
  fmt::print(
      "| {} | {} | {} | {} | {} of {} | {:.1f} % of {} | {:.0f} % | {} | {:.1f} / {:.2f} s | {} "
      "|\n",
      family.name, has_bar ? fmt::format("{:.0f} %", 100.0 * family.bar_median) : "no claim",
      percent(claimed.empty() ? kNone : median(claimed)), percent(worst), refused, runs.size(),
      100.0 * cover, claims, 100.0 * static_cast<double>(grouped) / static_cast<double>(layers),
      percent(worst_total), median(seconds), known_s, met ? "met" : "NOT MET");
  std::fflush(stdout);
  return met;
}

void write_csv(std::FILE* file, const Family& family, const std::vector<Run>& runs) {
  for (const Run& run : runs) {
    const Outcome& out = run.out;
    fmt::print(file, "\"{}\",{},{},{},{},{},{},{},{},{},{},{},{}\n", family.name, family.bar_median,
               run.spec.seed, run.spec.layers, run.spec.inference_ms, run.spec.window_ms,
               run.spec.latency_ms, out.grouped, out.error, out.covered, out.claims,
               out.total_error, out.seconds);
  }
}

}  // namespace

int main(int count, char** arguments) {
  const std::vector<std::string> given(arguments, arguments + count);
  const auto argument = [&](std::size_t i, const std::string& otherwise) {
    return i < given.size() ? given[i] : otherwise;
  };
  const auto number = [](const std::string& text) {
    return std::strtoull(text.c_str(), nullptr, 10);
  };
  const std::size_t seeds = number(argument(1, "10"));
  const auto clock = std::chrono::system_clock::now().time_since_epoch();
  const std::uint64_t now = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::seconds>(clock).count() % 1000000);
  const std::uint64_t first = argument(2, "clock") == "clock" ? now : number(argument(2, ""));
  const std::string only = argument(3, "all");
  const std::string csv = argument(4, "");
  const std::size_t jobs = std::max<std::size_t>(1, number(argument(5, "1")));
  std::FILE* file = csv.empty() ? nullptr : std::fopen(csv.c_str(), "w");
  if (!csv.empty() && file == nullptr) {
    fmt::print(stderr, "cannot write {}\n", csv);
    return 2;
  }
  if (file != nullptr) {
    fmt::print(
        file,
        "family,bar,seed,layers,inference_ms,window_ms,latency_ms,grouped,error,covered,claims,"
        "total_error,seconds\n");
  }
  fmt::print("{} seeds a family from {}; simulated; all of the response unknown\n\n", seeds, first);
  fmt::print(
      "| family | bar | median | worst | refused | intervals cover | layers in groups | worst "
      "total "
      "| time, unknown / known | |\n|---|---|---|---|---|---|---|---|---|---|\n");
  bool met = true;
  for (const Family& family : kFamilies) {
    if (only != "all" && family.name != only) continue;
    const std::vector<Run> runs = run_seeds(family, seeds, first, jobs);
    met = report(family, runs) && met;
    if (file != nullptr) write_csv(file, family, runs);
  }
  if (file != nullptr) std::fclose(file);
  return met ? 0 : 3;
}
