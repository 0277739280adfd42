// profile(): the main job, with the GIL released and Ctrl-C heard.
#include "layerwatt/profile.hpp"

#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <utility>

#include "bindings.hpp"
#include "interruptible.hpp"
#include "measuring.hpp"

namespace layerwatt::python {
namespace {

using Shapes = std::vector<std::pair<std::string, std::vector<std::int64_t>>>;
using Inputs = std::vector<std::pair<std::string, std::filesystem::path>>;

nb::dict progress_dict(const Progress& progress) {
  nb::dict out;
  out["iterations"] = progress.iterations;
  out["iterations_wanted"] = progress.iterations_wanted;
  out["elapsed_s"] = progress.elapsed_s;
  out["limit_s"] = progress.limit_s;
  out["power_mw"] = progress.power_mw;
  out["worst_ci_pct"] = progress.worst_ci_pct;
  return out;
}

Measured run_profile(const std::filesystem::path& model, const std::string& engine,
                     const std::string& sensor, std::optional<std::size_t> iterations,
                     double target_ci, std::optional<double> max_time, std::size_t warmup,
                     double interval_ms, int device, std::optional<int> dla_core,
                     std::optional<bool> cuda_graph, std::optional<int> profile_index,
                     Shapes shapes, Inputs inputs, std::optional<std::string> precision,
                     std::optional<int> threads, std::vector<std::filesystem::path> plugins,
                     std::uint64_t seed, const std::string& method, std::optional<bool> empty_cache,
                     bool half_passes, std::optional<std::filesystem::path> save,
                     const nb::object& on_progress, const nb::object& on_note) {
  ProfileOptions options;
  options.engine = engine;
  options.sensor = sensor;
  options.iterations = iterations;
  options.target_ci_pct = target_ci;
  options.max_time_s = max_time;
  options.warmup = warmup;
  options.sensor_options.interval_ms = interval_ms;
  options.sensor_options.device = device;
  options.attribution.method = method_named(method);
  options.save = save.value_or(std::filesystem::path());
  EngineOptions& own = options.engine_options;
  own.model = model;
  own.device = device;
  own.dla_core = dla_core;
  own.cuda_graph = cuda_graph;
  own.profile_index = profile_index;
  own.shapes = std::move(shapes);
  own.inputs = std::move(inputs);
  own.precision = std::move(precision);
  own.threads = threads;
  own.plugins = std::move(plugins);
  own.seed = seed;
  own.empty_cache = cache_emptied(empty_cache);
  own.half_passes = half_passes;

  Interruptible running;
  options.stop = &running.stop();
  take_callbacks(options, running, on_progress, on_note);
  std::optional<Profile> profiled;
  running.run([&] { profiled.emplace(profile(host(), options)); });
  running.rethrow_unless_keyboard();
  return measured_of(std::move(*profiled));
}

}  // namespace

void take_callbacks(ProfileOptions& options, Interruptible& running, const nb::object& on_progress,
                    const nb::object& on_note) {
  if (!on_progress.is_none()) {
    options.on_progress = [&running, &on_progress](const Progress& progress) {
      running.call([&] { on_progress(progress_dict(progress)); });
    };
  }
  if (!on_note.is_none()) {
    options.on_note = [&running, &on_note](const std::string& note) {
      running.call([&] { on_note(note); });
    };
  }
}

Measured measured_of(Profile&& profile) {
  Measured out;
  out.result = std::move(profile.result);
  out.recording = std::make_shared<Recording>(std::move(profile.recording));
  out.interrupted = profile.interrupted;
  out.failure = std::move(profile.failure);
  return out;
}

void bind_profile(nb::module_& module) {
  module.def("profile", &run_profile, "model"_a, nb::kw_only(), "engine"_a = "auto",
             "sensor"_a = "auto", "iterations"_a = nb::none(), "target_ci"_a = 5.0,
             "max_time"_a = nb::none(), "warmup"_a = 10, "interval_ms"_a = 5.0, "device"_a = 0,
             "dla_core"_a = nb::none(), "cuda_graph"_a = nb::none(), "profile_index"_a = nb::none(),
             "shapes"_a = Shapes(), "inputs"_a = Inputs(), "precision"_a = nb::none(),
             "threads"_a = nb::none(), "plugins"_a = std::vector<std::filesystem::path>(),
             "seed"_a = 1, "method"_a = "auto", "empty_cache"_a = false, "half_passes"_a = false,
             "save"_a = nb::none(), "on_progress"_a = nb::none(), "on_note"_a = nb::none(),
             "See layerwatt.profile.");
}

}  // namespace layerwatt::python
