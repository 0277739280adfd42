#include "record/excite_recorder.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "core/half_pass.hpp"
#include "record/cache_probe.hpp"
#include "record/excitation_design.hpp"
#include "record/idle_window.hpp"
#include "record/sensor_session.hpp"
#include "record/settling.hpp"

namespace layerwatt {
namespace {

constexpr std::size_t kLeastTimedPasses = 30;
constexpr double kPeriodsPerWindow = 7.0;
// A window at a lower clock than plain passes have, by more than this, is run again cooler, twice
// at most.
constexpr double kClockTolerance = 0.015;
constexpr int kCoolings = 2;
// Of which layers half passes have, in turn: each takes graphs of its own on the device.
constexpr std::size_t kHalfPassDesigns = 2;
// Of the step from idle to load that shows how the sensor settles.
constexpr double kIdleMs = 3000.0;
constexpr double kStepMs = 4000.0;
constexpr double kLongStepMs = 16000.0;

std::int64_t ns_of_ms(double ms) { return static_cast<std::int64_t>(ms * 1e6); }
double seconds(std::int64_t ns) { return static_cast<double>(ns) / 1e9; }

class ExciteRun {
 public:
  ExciteRun(Clock& clock, Engine& engine, Repeating& repeating, Sensor& sensor,
            std::filesystem::path directory, const RunOptions& options, const ExciteOptions& excite)
      : clock_(clock),
        engine_(engine),
        repeating_(repeating),
        sensor_(sensor),
        directory_(std::move(directory)),
        options_(options),
        excite_(excite),
        random_(excite.seed) {}

  RunOutcome operator()() {
    prepare();
    RecordingWriter writer(directory_, manifest());
    note_warnings(engine_, writer, clock_.now_ns());
    if (options_.prepared->not_steady) writer.incident(*options_.prepared->not_steady);
    RunningEstimate estimate(engine_.layers().size());
    SensorSession session(clock_, &sensor_, info_, options_.interval_ms, writer, &estimate);
    try {
      if (options_.idle_baseline) {
        session.start({}, [this] { return stopped(); });
        idle(writer, session);
      } else {
        session.start([this] { engine_.infer(inference_); }, [this] { return stopped(); });
      }
      if (stopped()) {
        throw Error(ErrorKind::interrupted, "interrupted before anything was measured");
      }
    } catch (const std::exception& thrown) {
      close(writer, "error: " + std::string(thrown.what()));
      throw;
    }
    try {
      measure(writer, estimate, session);
    } catch (const std::exception& thrown) {
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

  std::int64_t idle(RecordingWriter& writer, SensorSession& session) {
    return measure_idle(clock_, writer, session, info_.model, options_.interval_ms,
                        [this] { return stopped(); });
  }

  void prepare() {
    info_ = with_note(options_.prepared->sensor, options_.sensor_note);
    half_passes_ = repeating_.behind_the_pass();
    repeatable_ = repeating_.repeatable();
    for (std::size_t j = 0; j < repeatable_.size(); ++j) {
      if (repeatable_[j].beside) beside_ = j;
    }
    if (std::all_of(repeatable_.begin(), repeatable_.end(),
                    [](const Repeatable& part) { return part.max_extra == 0; })) {
      throw Error(ErrorKind::engine, "no layer of this model can be repeated in place",
                  "method excite", repeatable_.empty() ? "" : repeatable_.front().reason);
    }
  }

  Manifest manifest() const {
    Manifest manifest;
    manifest.created = iso8601_utc(clock_.now_ns());
    manifest.device_json = engine_.device_json();
    manifest.engine_json = engine_.engine_json();
    manifest.sensor = info_;
    manifest.layers = engine_.layers();
    manifest.half_passes = half_passes_;
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
    tell_unrepeatable(session);
    time_layers(writer, estimate, session);
    const std::vector<ExcitablePart> parts = excitable_parts();
    const double pass_ms = timed_ms_ / static_cast<double>(outcome_.iterations);
    bursts_ = info_.reading == Reading::energy;
    if (!bursts_) settle(writer, session, parts.size());
    const double window_ms = std::max(
        {excite_.least_window_ms, settle_ms_,
         kPeriodsPerWindow * std::max(options_.interval_ms, info_.model.period_ms.value_or(0.0))});
    std::vector<HalfPassRows> designs;
    do {
      designs.push_back(rows_of(parts, pass_ms));
    } while (half_passes_ && designs.size() < kHalfPassDesigns);
    for (std::uint64_t round = 1; round <= excite_.most_rounds && !over(); ++round) {
      if (round > 1) time_layers(writer, estimate, session);
      const HalfPassRows& rows = designs[(round - 1) % designs.size()];
      if (round <= designs.size()) {
        for (const ExtraRuns& row : all_rows(rows)) repeating_.prepare(row);
      }
      for (ExtraRuns row : windows_of(rows, parts.size())) {
        const ExtraRuns asked = row;
        for (auto less = reduced_.find(row); less != reduced_.end(); less = reduced_.find(row)) {
          row = less->second;
        }
        for (int tries = 0; !over(); ++tries) {
          if (bursts_ && tries > 0) burst(writer, session, ExtraRuns(parts.size(), 0), round);
          const ExcitationWindow done =
              bursts_ ? burst(writer, session, row, round)
                      : window(writer, session, row, round, settle_ms_, window_ms);
          tell(estimate);
          if (tries == kCoolings || !slowed(done)) break;
          // First fewer repeats, which draw less on the mean; then with idle time between, in which
          // what idle time draws matters.
          ExtraRuns cooler = tries == 0 ? fewer_row(row) : cooler_row(row, parts);
          if (cooler == row) cooler = cooler_row(row, parts);
          if (beside_ && row[*beside_] > 0) cooler = with_beside(std::move(cooler), *beside_);
          if (cooler == row) break;
          reduced_[row] = cooler;
          row = cooler;
        }
        for (std::size_t more = windows_of_cooler(asked, row); bursts_ && more > 1 && !over();
             --more) {
          burst(writer, session, ExtraRuns(parts.size(), 0), round);
          burst(writer, session, row, round);
          tell(estimate);
        }
      }
      if (round >= excite_.least_rounds && met(writer)) break;
    }
    outcome_.interrupted = stopped();
  }

  std::vector<ExtraRuns> windows_of(const HalfPassRows& rows, std::size_t parts) {
    if (half_passes_ && bursts_) {
      return half_pass_round(rows, parts, excite_.half_passes_a_plain, random_);
    }
    return excitation_round(all_rows(rows), parts, bursts_ ? 1 : excite_.plain_every, random_);
  }

  HalfPassRows rows_of(const std::vector<ExcitablePart>& parts, double pass_ms) {
    if (!half_passes_) return {{}, rows_in_place(parts, pass_ms)};
    return {half_pass_rows(parts, random_), alone_rows(parts, pass_ms, excite_.boost)};
  }

  std::vector<ExtraRuns> rows_in_place(const std::vector<ExcitablePart>& parts, double pass_ms) {
    if (!beside_) return excitation_rows(parts, pass_ms, excite_.boost);
    const Repeatable& beside = repeatable_[*beside_];
    if (!beside.optional) {
      return rows_with_beside(parts, pass_ms, excite_.boost, *beside_, beside.run_ms);
    }
    return rows_of_kinds(
        parts, pass_ms, excite_.boost, *beside_, beside.run_ms,
        probe_cache(repeating_, parts, pass_ms, excite_.boost, *beside_, beside.run_ms));
  }

  // Whether repeating something brought the clock down (a power limit); plain windows tell what it
  // is otherwise.
  bool slowed(const ExcitationWindow& done) {
    if (std::isnan(done.clock_mhz)) return false;
    if (done.plain()) {
      plain_mhz_ = std::isnan(plain_mhz_) ? done.clock_mhz : std::max(plain_mhz_, done.clock_mhz);
      return false;
    }
    return done.clock_mhz < (1.0 - kClockTolerance) * plain_mhz_;
  }

  bool over() const {
    if (stopped()) return true;
    return options_.max_time_s && seconds(clock_.now_ns() - begin_ns_) >= *options_.max_time_s;
  }

  void tell_unrepeatable(SensorSession& session) {
    for (std::size_t j = 0; j < engine_.layers().size(); ++j) {
      if (repeatable_[j].max_extra > 0) continue;
      session.incident(
          {clock_.now_ns(), "layer_not_repeatable",
           fmt::format("layer {} ({}): {}", j, engine_.layers()[j].name, repeatable_[j].reason)});
    }
  }

  void time_layers(RecordingWriter& writer, RunningEstimate& estimate, SensorSession& session) {
    const std::int64_t until = clock_.now_ns() + ns_of_ms(excite_.timed_ms);
    for (std::size_t i = 0; i < excite_.timed_passes && !stopped(); ++i) {
      if (i >= kLeastTimedPasses && clock_.now_ns() >= until) break;
      engine_.infer(inference_);
      writer.iteration(inference_.start_ns, inference_.end_ns, inference_.layer_ms);
      estimate.add_inference(inference_.layer_ms);
      add_times(inference_);
      last_end_ns_ = inference_.end_ns;
      ++outcome_.iterations;
    }
    session.check();
  }

  void add_times(const Inference& inference) {
    layer_ms_.resize(inference.layer_ms.size(), 0.0);
    for (std::size_t j = 0; j < layer_ms_.size(); ++j) {
      if (!std::isnan(inference.layer_ms[j])) layer_ms_[j] += inference.layer_ms[j];
    }
    timed_ms_ += static_cast<double>(inference.end_ns - inference.start_ns) / 1e6;
  }

  std::vector<ExcitablePart> excitable_parts() const {
    const auto count = static_cast<double>(outcome_.iterations);
    std::vector<ExcitablePart> parts;
    double outside_ms = timed_ms_ / count;
    for (std::size_t j = 0; j < layer_ms_.size(); ++j) {
      parts.push_back({layer_ms_[j] / count, repeatable_[j].max_extra});
      outside_ms -= layer_ms_[j] / count;
    }
    const std::uint32_t outside_extra =
        repeatable_.size() > layer_ms_.size() ? repeatable_.back().max_extra : 0;
    parts.push_back({std::max(0.0, outside_ms), outside_extra});
    return parts;
  }

  // Round 0: from idle to the plain pass, for as long as it takes to see the readings settle.
  void settle(RecordingWriter& writer, SensorSession& session, std::size_t parts) {
    if (const auto known = settle_ms_of(info_.model, options_.interval_ms)) {
      settle_ms_ = *known;
      return;
    }
    const ExtraRuns plain(parts, 0);
    for (const double step_ms : {kStepMs, kLongStepMs}) {
      clock_.sleep_until_ns(clock_.now_ns() + ns_of_ms(std::max(kIdleMs, step_ms / 4.0)));
      const ExcitationWindow run = window(writer, session, plain, 0, 0.0, step_ms);
      writer.flush();
      const Recording so_far = load_recording(directory_);
      if (const auto found = settle_ms_from_step(so_far.power, run.start_ns, run.end_ns)) {
        settle_ms_ = *found;
        return;
      }
    }
    settle_ms_ = kLongStepMs / 4.0;
    session.incident({clock_.now_ns(), "settling_unknown",
                      fmt::format("the sensor does not show the step from idle to load, or takes "
                                  "longer than {:.0f} s to settle; {:.0f} s are left out of each "
                                  "window",
                                  kLongStepMs / 1e3, settle_ms_ / 1e3)});
  }

  // First until it has settled, then what counts: the passes of the latter alone tell how long one
  // is, since clocks may still move in the former.
  ExcitationWindow window(RecordingWriter& writer, SensorSession& session, const ExtraRuns& extra,
                          std::uint64_t round, double settle_ms, double measure_ms) {
    ExcitationWindow window;
    RepeatedRun settling;
    RepeatedRun run;
    if (settle_ms > 0.0 || !bursts_) repeating_.run(extra, ns_of_ms(settle_ms), settling);
    repeating_.run(extra, ns_of_ms(measure_ms), run);
    window.start_ns = settling.passes > 0 ? settling.start_ns : run.start_ns;
    window.settled_ns = run.start_ns;
    window.end_ns = run.end_ns;
    window.round = round;
    window.passes = run.passes;
    window.clock_mhz = run.clock_mhz;
    window.extra = extra;
    writer.excitation(window);
    last_end_ns_ = run.end_ns;
    passes_ += settling.passes + run.passes;
    session.check();
    return window;
  }

  // Nothing is left out at its start: readings that it shares with the window before it count by
  // how much of each they saw.
  ExcitationWindow burst(RecordingWriter& writer, SensorSession& session, const ExtraRuns& extra,
                         std::uint64_t round) {
    const bool plain =
        std::all_of(extra.begin(), extra.end(), [](std::uint32_t n) { return n == 0; });
    const bool half = half_passes_ && is_half_pass(std::span(extra));
    return window(writer, session, extra, round, 0.0,
                  plain  ? excite_.plain_ms
                  : half ? excite_.half_pass_ms
                         : excite_.burst_ms);
  }

  bool met(RecordingWriter& writer) {
    if (!options_.refine) return false;
    writer.flush();
    const std::vector<LayerPrecision> layers = options_.refine();
    worst_ = worst_ci_pct(options_.rule, layers);
    return precise_enough(options_.rule, layers);
  }

  void tell(const RunningEstimate& estimate) const {
    if (!options_.on_progress) return;
    Progress progress;
    progress.iterations = outcome_.iterations + passes_;
    progress.elapsed_s = seconds(clock_.now_ns() - begin_ns_);
    progress.limit_s = options_.max_time_s.value_or(0.0);
    progress.power_mw = estimate.latest_mw();
    progress.worst_ci_pct = worst_;
    options_.on_progress(progress);
  }

  Clock& clock_;
  Engine& engine_;
  Repeating& repeating_;
  Sensor& sensor_;
  const std::filesystem::path directory_;
  const RunOptions& options_;
  const ExciteOptions& excite_;
  std::mt19937_64 random_;
  SensorInfo info_;
  std::vector<Repeatable> repeatable_;
  std::optional<std::size_t> beside_;  // the part that is none of the pass
  Inference inference_;
  RunOutcome outcome_;
  std::vector<double> layer_ms_;  // summed over the timed passes
  double timed_ms_ = 0.0;
  double settle_ms_ = 0.0;
  std::size_t passes_ = 0;
  std::int64_t begin_ns_ = 0;
  std::int64_t last_end_ns_ = 0;
  std::optional<double> worst_;
  double plain_mhz_ = std::numeric_limits<double>::quiet_NaN();
  std::map<ExtraRuns, ExtraRuns> reduced_;
  bool bursts_ = false;
  bool half_passes_ = false;
};

}  // namespace

RunOutcome record_excitation(Clock& clock, Engine& engine, Sensor* sensor,
                             const std::filesystem::path& directory, const RunOptions& options,
                             const ExciteOptions& excite) {
  if (sensor == nullptr) {
    throw Error(ErrorKind::usage, "there is no sensor to see the difference", "--method excite",
                "leave --sensor none out");
  }
  RunOptions run = options;
  if (!run.prepared) run.prepared = prepare_run(clock, engine, sensor, options);
  // Some engines know only once the model is loaded.
  Repeating* repeating = engine.repeating();
  if (repeating == nullptr) {
    const std::string why = engine.why_not_repeating();
    throw Error(ErrorKind::usage,
                "this engine cannot repeat a layer in place" + (why.empty() ? "" : ": " + why),
                "--method excite", "use --method auto, deconvolve or overlap");
  }
  return ExciteRun(clock, engine, *repeating, *sensor, directory, run, excite)();
}

}  // namespace layerwatt
