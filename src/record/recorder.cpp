#include "record/recorder.hpp"

#include <fmt/chrono.h>
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <utility>

#include "layerwatt/units.hpp"
#include "record/aside.hpp"
#include "record/idle_window.hpp"
#include "record/prediction.hpp"
#include "record/sensor_session.hpp"
#include "record/warm_up.hpp"

namespace layerwatt {
namespace {

constexpr std::int64_t kNsPerS = 1'000'000'000;
constexpr std::int64_t kProgressNs = kNsPerS / 4;
constexpr std::int64_t kRuleNs = kNsPerS / 10;
constexpr std::int64_t kFirstRefineNs = 2 * kNsPerS;
constexpr double kSlower = 2.0;
constexpr std::size_t kTopLayers = 5;

double seconds(std::int64_t ns) { return static_cast<double>(ns) / 1e9; }

void throw_if(bool stopped) {
  if (stopped) {
    throw Error(ErrorKind::interrupted, "interrupted before the first inference was measured");
  }
}

class Run {
 public:
  Run(Clock& clock, Engine& engine, Sensor* sensor, const RunOptions& options)
      : clock_(clock), engine_(engine), sensor_(sensor), options_(options) {}

  RunOutcome operator()(const std::filesystem::path& directory) {
    const PreparedRun prepared =
        options_.prepared ? *options_.prepared : prepare_run(clock_, engine_, sensor_, options_);
    info_ = with_note(prepared.sensor, options_.sensor_note);
    RecordingWriter writer(directory, manifest());
    note_warnings(engine_, writer, clock_.now_ns());
    if (prepared.not_steady) writer.incident(*prepared.not_steady);
    RunningEstimate estimate(engine_.layers().size());
    SensorSession session(clock_, sensor_, info_, options_.interval_ms, writer, &estimate);
    try {
      // Before idle power is measured, what ran while the sensor started would only be in the way.
      if (options_.idle_baseline) {
        session.start({}, [this] { return stopped(); });
        idle(writer, session);
      } else {
        session.start([this] { engine_.infer(inference_); }, [this] { return stopped(); });
      }
      throw_if_stopped();
    } catch (const std::exception& thrown) {
      close(writer, "error: " + std::string(thrown.what()));
      throw;
    }
    try {
      measure(writer, estimate, session);
    } catch (const std::exception& thrown) {
      // A long measurement that fails at its end is still a measurement.
      outcome_.failure = as_error(thrown, ErrorKind::engine);
    }
    try {
      if (options_.idle_baseline && !outcome_.failure && !stopped()) {
        last_end_ns_ = std::max(last_end_ns_, idle(writer, session));
      }
      session.finish(last_end_ns_);
    } catch (const std::exception& thrown) {
      if (!outcome_.failure) outcome_.failure = as_error(thrown, ErrorKind::sensor);
    }
    close(writer, outcome_.failure       ? "error: " + std::string(outcome_.failure->what())
                  : outcome_.interrupted ? "interrupted"
                                         : "done");
    return std::move(outcome_);
  }

 private:
  bool stopped() const {
    return options_.stop != nullptr && options_.stop->load(std::memory_order_relaxed);
  }

  void throw_if_stopped() const { throw_if(stopped()); }

  std::int64_t idle(RecordingWriter& writer, SensorSession& session) {
    if (sensor_ == nullptr) return last_end_ns_;
    return measure_idle(clock_, writer, session, info_.model, options_.interval_ms,
                        [this] { return stopped(); });
  }

  Manifest manifest() const {
    Manifest manifest;
    manifest.created = iso8601_utc(clock_.now_ns());
    manifest.device_json = engine_.device_json();
    manifest.engine_json = engine_.engine_json();
    manifest.sensor = info_;
    manifest.layers = engine_.layers();
    return manifest;
  }

  void close(RecordingWriter& writer, const std::string& stopped) {
    try {
      writer.close(stopped);
    } catch (const std::exception& thrown) {
      if (!outcome_.failure) outcome_.failure = as_error(thrown, ErrorKind::io);
    }
  }

  void measure(RecordingWriter& writer, RunningEstimate& estimate, SensorSession& session) {
    begin_ns_ = clock_.now_ns();
    next_rule_ns_ = begin_ns_ + kRuleNs;
    next_refine_ns_ = begin_ns_ + kFirstRefineNs;
    std::int64_t next_progress_ns = begin_ns_;
    while (!options_.iterations || outcome_.iterations < *options_.iterations) {
      if (stopped()) {
        outcome_.interrupted = true;
        break;
      }
      const std::int64_t now = clock_.now_ns();
      if (now >= next_progress_ns) {
        next_progress_ns = now + kProgressNs;
        tell(now, estimate);
      }
      if (options_.max_time_s && seconds(now - begin_ns_) >= *options_.max_time_s) break;
      if (!options_.iterations && now >= next_rule_ns_ && met(now, estimate, writer)) break;
      engine_.infer(inference_);
      writer.iteration(inference_.start_ns, inference_.end_ns, inference_.layer_ms);
      estimate.add_inference(inference_.layer_ms);
      last_end_ns_ = inference_.end_ns;
      ++outcome_.iterations;
      session.check();
    }
    tell(clock_.now_ns(), estimate);
  }

  bool met(std::int64_t now, const RunningEstimate& estimate, RecordingWriter& writer) {
    next_rule_ns_ = now + kRuleNs;
    if (options_.refine && options_.refine_aside) return met_aside(now, writer);
    if (!precise_enough(options_.rule, estimate.layers(sensor_ != nullptr))) return false;
    if (!options_.refine) return true;
    if (now < next_refine_ns_) return false;
    writer.flush();
    asked_ns_ = now;
    return learn(now, options_.refine());
  }

  // Looks for an answer, and asks again where it is time to.
  bool met_aside(std::int64_t now, RecordingWriter& writer) {
    if (const auto layers = aside_.take()) {
      took_ns_ = now - asked_ns_;
      // What was precise enough when it was asked is so now.
      if (learn(now, *layers)) return true;
    }
    if (aside_.running() || now < next_refine_ns_) return false;
    // It takes longer the more there is; an answer after the end would only be waited for.
    const double done_s = seconds(now - begin_ns_) + kSlower * seconds(took_ns_);
    if (options_.max_time_s && done_s > *options_.max_time_s) return false;
    writer.flush();
    asked_ns_ = now;
    aside_.start(options_.refine);
    return false;
  }

  // From what the real attribution said of the first asked_ns_: whether that is enough, and when to
  // ask again.
  bool learn(std::int64_t now, const std::vector<LayerPrecision>& layers) {
    const double asked_s = seconds(asked_ns_ - begin_ns_);
    std::optional<double> met_s;
    if (const auto worst = worst_ci_pct(options_.rule, layers)) {
      known_ = PrecisionThen{asked_s, *worst};
      met_s = met_at_s(*known_, seconds(now - begin_ns_), options_.rule.target_ci_pct);
    }
    next_refine_ns_ =
        std::max(now, begin_ns_ + static_cast<std::int64_t>(1e9 * ask_again_s(asked_s, met_s)));
    return precise_enough(options_.rule, layers);
  }

  void tell(std::int64_t now, const RunningEstimate& estimate) const {
    if (!options_.on_progress) return;
    Progress progress;
    progress.iterations = outcome_.iterations;
    progress.iterations_wanted = options_.iterations;
    progress.elapsed_s = seconds(now - begin_ns_);
    progress.limit_s = options_.max_time_s.value_or(0.0);
    progress.power_mw = estimate.latest_mw();
    if (known_) {
      progress.worst_ci_pct = worst_pct_now(*known_, progress.elapsed_s);
      progress.predicted_s =
          met_at_s(*known_, progress.elapsed_s, options_.rule.target_ci_pct) - progress.elapsed_s;
    } else {
      progress.worst_ci_pct = worst_ci_pct(options_.rule, estimate.layers(sensor_ != nullptr));
    }
    const std::vector<double> rails_mw = estimate.latest_rails_mw();
    for (std::size_t i = 0; i < rails_mw.size() && i < info_.rails.size(); ++i) {
      if (!std::isnan(rails_mw[i])) progress.rails.push_back({info_.rails[i].name, rails_mw[i]});
    }
    for (const RunningLayer& layer : estimate.longest(kTopLayers)) {
      progress.top_layers.push_back(
          {engine_.layers()[layer.index].name, layer.time_ms, layer.share, layer.ci_pct});
    }
    options_.on_progress(progress);
  }

  Clock& clock_;
  Engine& engine_;
  Sensor* sensor_;
  const RunOptions& options_;
  SensorInfo info_;
  Inference inference_;
  RunOutcome outcome_;
  std::int64_t begin_ns_ = 0;
  std::int64_t last_end_ns_ = 0;
  std::int64_t next_rule_ns_ = 0;
  std::int64_t next_refine_ns_ = 0;
  std::int64_t asked_ns_ = 0;
  std::int64_t took_ns_ = 0;  // the last answer aside
  std::optional<PrecisionThen> known_;
  AsideEstimate aside_;
};

}  // namespace

PreparedRun prepare_run(Clock& clock, Engine& engine, Sensor* sensor, const RunOptions& options) {
  PreparedRun prepared;
  Inference inference;
  std::vector<double> pass_ms;
  engine.load();
  for (std::size_t i = 0; i < options.warmup; ++i) {
    throw_if(options.stop != nullptr && options.stop->load(std::memory_order_relaxed));
    engine.infer(inference);
    pass_ms.push_back(milliseconds_between(inference.start_ns, inference.end_ns).value);
  }
  if (!pass_ms.empty()) {
    const auto middle = pass_ms.begin() + static_cast<std::ptrdiff_t>(pass_ms.size() / 2);
    std::nth_element(pass_ms.begin(), middle, pass_ms.end());
    prepared.pass_ms = *middle;
  }
  if (sensor == nullptr) {
    prepared.sensor.kind = "none";
  } else {
    sensor->open();
    prepared.sensor = sensor->info();
  }
  if (options.steady_s) {
    const auto stopped = [&] {
      return options.stop != nullptr && options.stop->load(std::memory_order_relaxed);
    };
    const WarmUp done =
        warm_up(clock, engine, sensor, {*options.steady_s, options.temperature_c, stopped});
    throw_if(stopped());
    if (!done.steady) {
      prepared.not_steady =
          Incident{clock.now_ns(), "not_steady",
                   fmt::format("after {:.0f} s of warm-up {}", done.seconds, done.left)};
    }
  }
  return prepared;
}

RunOutcome record_run(Clock& clock, Engine& engine, Sensor* sensor,
                      const std::filesystem::path& directory, const RunOptions& options) {
  return Run(clock, engine, sensor, options)(directory);
}

void note_warnings(const Engine& engine, RecordingWriter& writer, std::int64_t now_ns) {
  for (const Warning& warning : engine.warnings()) {
    writer.incident(
        {now_ns, warning.code,
         warning.hint.empty() ? warning.message : warning.message + " (" + warning.hint + ")"});
  }
}

SensorInfo with_note(SensorInfo info, const std::string& note) {
  if (!note.empty()) info.notes = info.notes.empty() ? note : note + ". " + info.notes;
  return info;
}

Error as_error(const std::exception& thrown, ErrorKind kind) {
  if (const auto* known = dynamic_cast<const Error*>(&thrown)) return *known;
  return Error(kind, thrown.what());
}

std::string iso8601_utc(std::int64_t unix_ns) {
  std::int64_t second = unix_ns / kNsPerS;
  std::int64_t rest = unix_ns % kNsPerS;
  if (rest < 0) {
    rest += kNsPerS;
    --second;
  }
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(static_cast<std::time_t>(second)),
                     rest / 1'000'000);
}

}  // namespace layerwatt
