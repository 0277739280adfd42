#include "cli/selftest_checks.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "engine/builtin_workload.hpp"
#include "layerwatt/attribution.hpp"
#include "layerwatt/error.hpp"
#include "layerwatt/recording.hpp"
#include "layerwatt/registry.hpp"
#include "profile/choose.hpp"
#include "profile/temporary_directory.hpp"
#include "record/recorder.hpp"

namespace layerwatt::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kLayerMs = 2.0;

Verdict judge(double off, double good, double doubtful) {
  if (std::isnan(off)) return Verdict::failed;
  if (off <= good) return Verdict::good;
  return off <= doubtful ? Verdict::doubtful : Verdict::failed;
}

SelfCheck check_sensors(const Host& host) {
  SelfCheck check{"sensors", Verdict::failed, "", Json::object()};
  std::string usable;
  for (const SensorBackend& backend : sensors()) {
    if (backend.auto_rank == 0) continue;
    const Availability probed = backend.probe(host, SensorOptions{});
    Json figures{{"usable", probed.usable}, {"reason", probed.reason}};
    if (probed.info) {
      figures["scope"] = probed.info->scope;
      figures["measured"] = probed.info->measured;
      figures["notes"] = probed.info->notes;
      const SensorModel& model = probed.info->model;
      figures["period_ms"] = model.period_ms ? Json(*model.period_ms) : Json();
      figures["window_ms"] = model.window_ms ? Json(*model.window_ms) : Json();
    }
    check.figures[backend.name] = std::move(figures);
    if (!probed.usable) continue;
    usable += (usable.empty() ? "" : ", ") + backend.name;
    const bool measured = probed.info && probed.info->measured;
    if (measured || check.verdict == Verdict::failed) {
      check.verdict = measured ? Verdict::good : Verdict::doubtful;
    }
  }
  check.message = usable.empty()                       ? "none is usable"
                  : check.verdict == Verdict::doubtful ? "only a model is usable: " + usable
                                                       : "usable: " + usable;
  return check;
}

struct Run {
  Result result;
  double latency_ms = 0.0;
  std::size_t readings = 0;
  std::vector<double> gaps_ms;  // between readings
};

class Workload {
 public:
  Workload(const Host& host, const SelfTestOptions& options) : host_(host), options_(options) {
    try {
      engine_ = make_gpu_workload(host, options.sensor_options.device, kLayerMs);
      engine_->load();
      on_gpu_ = true;
    } catch (const Error& error) {
      why_not_gpu_ = error.what();
      engine_ = make_cpu_workload(host, kLayerMs);
    }
  }
  bool on_gpu() const { return on_gpu_; }
  const std::string& why_not_gpu() const { return why_not_gpu_; }
  std::optional<double> uncertainty_us() const { return clock_uncertainty_us(*engine_); }
  std::string device() const { return engine_->device_json(); }

  // Throws Error.
  Run run(const std::string& sensor, double seconds) {
    SensorOptions sensor_options = options_.sensor_options;
    sensor_options.on_gpu = on_gpu_;
    const ChosenSensor chosen = open_sensor_choice(host_, sensor, sensor_options);
    const TemporaryDirectory temporary("layerwatt-selftest");
    RunOptions run;
    run.max_time_s = seconds;
    run.rule.target_ci_pct = 0.0;  // never met: the time decides
    run.interval_ms = sensor_options.interval_ms;
    run.sensor_note = chosen.why;
    run.stop = options_.stop;
    const RunOutcome outcome = record_run(*host_.clock, *engine_, chosen.sensor.get(),
                                          temporary.path() / "recording", run);
    if (outcome.failure) throw *outcome.failure;
    if (outcome.interrupted) throw Error(ErrorKind::interrupted, "interrupted");
    const Recording recording = load_recording(temporary.path() / "recording");
    Run done{attribute(recording, {}), 0.0, recording.power.size(), {}};
    done.latency_ms = done.result.total.time_ms ? done.result.total.time_ms->median : NAN;
    const auto& stamps = recording.power.time_ns;
    for (std::size_t i = 1; i < stamps.size(); ++i) {
      done.gaps_ms.push_back(static_cast<double>(stamps[i] - stamps[i - 1]) / 1e6);
    }
    return done;
  }

 private:
  const Host& host_;
  const SelfTestOptions& options_;
  std::unique_ptr<Engine> engine_;
  bool on_gpu_ = false;
  std::string why_not_gpu_;
};

SelfCheck check_clock(const Workload& workload) {
  SelfCheck check{"clock", Verdict::skipped, "no GPU: " + workload.why_not_gpu(), Json::object()};
  if (const auto us = workload.uncertainty_us()) {
    check.verdict = judge_clock(*us);
    check.figures["uncertainty_us"] = *us;
    check.message = fmt::format("CUDA events lie on the host's clock to within {:.1f} µs", *us);
  }
  return check;
}

// Whoever gets the report must not take a model's figures for a sensor's.
std::string not_measured(const Run& run) {
  return run.result.sensor.measured ? "" : " (a model, not measured)";
}

SelfCheck check_rate(Run& run, double interval_ms) {
  SelfCheck check{"readings", Verdict::failed, "the sensor gave no readings", Json::object()};
  if (run.gaps_ms.empty()) return check;
  std::sort(run.gaps_ms.begin(), run.gaps_ms.end());
  const double median = run.gaps_ms[run.gaps_ms.size() / 2];
  const double longest = run.gaps_ms.back();
  check.figures = {{"readings", run.readings},
                   {"asked_every_ms", interval_ms},
                   {"median_gap_ms", median},
                   {"longest_gap_ms", longest}};
  check.verdict = judge(longest / median, 3.0, 10.0);
  check.message =
      fmt::format("{} of {}{}: one every {:.4g} ms, the longest gap {:.4g} ms", run.readings,
                  run.result.sensor.kind, not_measured(run), median, longest);
  return check;
}

SelfCheck check_closure(const Run& run) {
  SelfCheck check{"closure", Verdict::skipped, "no total: " + run.result.closure.reason(),
                  Json::object()};
  if (!run.result.closure) return check;
  const Closure& closure = *run.result.closure;
  check.verdict = judge_closure(closure.ratio);
  check.figures = {{"ratio", closure.ratio},
                   {"layers_plus_outside_mj", closure.layers_plus_outside_mj},
                   {"measured_mj", closure.measured_mj},
                   {"method", to_string(run.result.method)}};
  check.message = fmt::format("layers + outside {:.4g} mJ, the sensor saw {:.4g} mJ{}: {:.2f} %",
                              closure.layers_plus_outside_mj, closure.measured_mj,
                              not_measured(run), 100.0 * closure.ratio);
  return check;
}

SelfCheck check_repeat(const Run& first, const Run& second) {
  SelfCheck check{"repeatability", Verdict::skipped, "no energy to compare", Json::object()};
  const double latency = std::abs(second.latency_ms / first.latency_ms - 1.0);
  check.figures["latency_ms"] = {first.latency_ms, second.latency_ms};
  if (!first.result.total.energy_mj || !second.result.total.energy_mj) {
    check.verdict = judge_repeat(latency);
    check.message = fmt::format("latencies of two runs differ by {:.2f} %", 100.0 * latency);
    return check;
  }
  const double energy =
      std::abs(second.result.total.energy_mj->mean / first.result.total.energy_mj->mean - 1.0);
  check.figures["energy_mj"] = {first.result.total.energy_mj->mean,
                                second.result.total.energy_mj->mean};
  check.verdict = judge_repeat(std::max(latency, energy));
  check.message = fmt::format("two runs differ by {:.2f} % in energy{} and {:.2f} % in latency",
                              100.0 * energy, not_measured(first), 100.0 * latency);
  return check;
}

SelfCheck check_overhead(const Run& with, const Run& without) {
  const double ratio = with.latency_ms / without.latency_ms;
  return {
      "sampler overhead", judge_overhead(ratio),
      fmt::format("an inference takes {:.4g} ms beside the sensor, {:.4g} ms without ({:+.2f} %)",
                  with.latency_ms, without.latency_ms, 100.0 * (ratio - 1.0)),
      Json{{"with_ms", with.latency_ms}, {"without_ms", without.latency_ms}}};
}

Json layers_json(const Result& result) {
  Json list = Json::array();
  for (const LayerResult& layer : result.layers) {
    list.push_back({{"name", layer.name},
                    {"time_ms", layer.time_ms ? Json(layer.time_ms->mean) : Json()},
                    {"energy_mj", layer.energy_mj ? Json(layer.energy_mj->mean) : Json()},
                    {"reason", layer.reason ? Json(*layer.reason) : Json()}});
  }
  return list;
}

SelfCheck check_workload(const Workload& workload, const Run& run) {
  SelfCheck check{"workload", Verdict::good, "", Json::object()};
  check.figures = {{"device", Json::parse(workload.device())},
                   {"inferences", run.result.iterations},
                   {"layers", layers_json(run.result)}};
  const Json name = check.figures["device"].value("name", Json());
  check.message = fmt::format("{} inferences of {} layers on the {}{}", run.result.iterations,
                              run.result.layers.size(), workload.on_gpu() ? "GPU" : "CPU",
                              name.is_string() ? ", " + name.get<std::string>() : "");
  return check;
}

}  // namespace

const char* to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::good:
      return "good";
    case Verdict::doubtful:
      return "doubtful";
    case Verdict::failed:
      return "failed";
    case Verdict::skipped:
      break;
  }
  return "skipped";
}

Verdict judge_closure(double ratio) { return judge(std::abs(ratio - 1.0), 0.01, 0.03); }
Verdict judge_repeat(double relative) { return judge(relative, 0.02, 0.05); }
Verdict judge_overhead(double ratio) { return judge(std::max(0.0, ratio - 1.0), 0.01, 0.05); }
Verdict judge_clock(double uncertainty_us) { return judge(uncertainty_us, 20.0, 100.0); }

std::vector<SelfCheck> run_self_test(const Host& host, const SelfTestOptions& options) {
  std::vector<SelfCheck> checks = {check_sensors(host)};
  Workload workload(host, options);
  checks.push_back(check_clock(workload));
  try {
    const Run without = workload.run("none", options.seconds / 2.0);
    Run first = workload.run(options.sensor, options.seconds);
    const Run second = workload.run(options.sensor, options.seconds);
    checks.push_back(check_workload(workload, first));
    checks.push_back(check_rate(first, options.sensor_options.interval_ms));
    checks.push_back(check_closure(first));
    checks.push_back(check_repeat(first, second));
    checks.push_back(check_overhead(first, without));
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::interrupted) throw;
    checks.push_back({"workload", Verdict::failed, error.what(), Json::object()});
  }
  return checks;
}

}  // namespace layerwatt::cli
