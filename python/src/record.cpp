// Power beside whatever the caller runs: a sensor's session, with rows for inferences where there
// are some, and the energy of the stretch.
#include <nanobind/ndarray.h>
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <utility>

#include "bindings.hpp"
#include "interruptible.hpp"
#include "profile/choose.hpp"
#include "profile/temporary_directory.hpp"
#include "record/power_summary.hpp"
#include "record/recorder.hpp"
#include "record/sensor_session.hpp"

namespace layerwatt::python {
namespace {

using Row = nb::ndarray<const double, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

// start() … iteration()* … stop(). One thread.
class PowerRecorder {
 public:
  PowerRecorder(std::string sensor, double interval_ms, int device,
                std::optional<std::filesystem::path> save, std::vector<std::string> layers,
                std::string engine_json, std::optional<bool> on_gpu)
      : name_(std::move(sensor)),
        save_(std::move(save)),
        layers_(std::move(layers)),
        engine_json_(std::move(engine_json)) {
    options_.interval_ms = interval_ms;
    options_.device = device;
    options_.on_gpu = on_gpu;
  }
  ~PowerRecorder() {
    // The sensor's thread is waited for, and it may be in a callback of nobody's: never with the
    // GIL.
    const nb::gil_scoped_release no_gil;
    session_.reset();
    writer_.reset();
  }
  PowerRecorder(const PowerRecorder&) = delete;
  PowerRecorder& operator=(const PowerRecorder&) = delete;

  std::int64_t start() {
    if (writer_) throw Error(ErrorKind::usage, "was started already", "recorder", "make another");
    Interruptible running;
    running.run([&] { open(running.stop()); });
    running.rethrow_unless_keyboard();
    return start_ns_;
  }

  void iteration(std::int64_t start_ns, std::int64_t end_ns, const Row& layer_ms) {
    if (!session_) throw Error(ErrorKind::usage, "is not running", "recorder", "call start()");
    if (layer_ms.size() != layers_.size()) {
      throw Error(ErrorKind::bad_input, "has another number of layers", "layer_ms",
                  "one value a layer; NaN = not reported");
    }
    const nb::gil_scoped_release no_gil;
    writer_->iteration(start_ns, end_ns, {layer_ms.data(), layer_ms.size()});
    rows_ = true;
    last_end_ns_ = end_ns;
    session_->check();
  }

  // Without iteration() the stretch from start() to here is the one row.
  std::shared_ptr<Recording> stop(const std::string& how) {
    if (!session_) throw Error(ErrorKind::usage, "is not running", "recorder", "call start()");
    const nb::gil_scoped_release no_gil;
    end_ns_ = host().clock->now_ns();
    if (!rows_) {
      const std::vector<double> none(layers_.size(), std::numeric_limits<double>::quiet_NaN());
      writer_->iteration(start_ns_, end_ns_, none);
      last_end_ns_ = end_ns_;
    }
    std::optional<Error> failure;
    try {
      session_->finish(last_end_ns_);
    } catch (const std::exception& thrown) {
      failure = as_error(thrown, ErrorKind::sensor);
    }
    session_.reset();
    writer_->close(failure ? "error: " + std::string(failure->what()) : how);
    writer_.reset();
    if (failure) throw *failure;
    auto out = std::make_shared<Recording>(load_recording(directory_));
    temporary_.reset();
    return out;
  }

  std::int64_t start_ns() const { return start_ns_; }
  std::int64_t end_ns() const { return end_ns_; }
  std::string why() const { return chosen_.why; }
  std::filesystem::path directory() const { return directory_; }

 private:
  void open(const std::atomic<bool>& stop) {
    chosen_ = open_sensor_choice(host(), name_, options_);
    info_.kind = "none";
    if (chosen_.sensor) {
      chosen_.sensor->open();
      info_ = with_note(chosen_.sensor->info(), chosen_.why);
    }
    if (save_) {
      directory_ = *save_;
    } else {
      directory_ = temporary_.emplace("layerwatt").path() / "recording";
    }
    Manifest manifest;
    manifest.created = iso8601_utc(host().clock->now_ns());
    manifest.engine_json = engine_json_;
    manifest.sensor = info_;
    for (const std::string& name : layers_) manifest.layers.push_back({name, {}, {}});
    writer_.emplace(directory_, std::move(manifest));
    session_.emplace(*host().clock, chosen_.sensor.get(), info_, options_.interval_ms, *writer_,
                     nullptr);
    session_->start({}, [&] { return stop.load(); });
    if (stop) throw Error(ErrorKind::interrupted, "interrupted before the recording began");
    start_ns_ = host().clock->now_ns();
  }

  std::string name_;
  SensorOptions options_;
  std::optional<std::filesystem::path> save_;
  std::vector<std::string> layers_;
  std::string engine_json_;
  std::optional<TemporaryDirectory> temporary_;
  std::filesystem::path directory_;
  ChosenSensor chosen_;
  SensorInfo info_;
  std::optional<RecordingWriter> writer_;
  std::optional<SensorSession> session_;
  bool rows_ = false;
  std::int64_t start_ns_ = 0;
  std::int64_t end_ns_ = 0;
  std::int64_t last_end_ns_ = 0;
};

nb::dict summary_of(const Recording& recording, std::int64_t begin_ns, std::int64_t end_ns) {
  PowerSummary summary;
  {
    const nb::gil_scoped_release no_gil;
    summary = summarize_power(recording.power, recording.manifest.sensor.model, begin_ns, end_ns);
  }
  const auto rail_dict = [](const RailSummary& rail) {
    nb::dict out;
    out["rail"] = rail.rail;
    out["in_total"] = rail.in_total;
    out["power_mw"] = value_or_none(rail.power_mw);
    out["energy_mj"] = value_or_none(rail.energy_mj);
    out["peak_mw"] = value_or_none(rail.peak_mw);
    out["coverage"] = rail.coverage;
    out["reason"] = rail.energy_mj ? std::optional<std::string>() : rail.energy_mj.reason();
    return out;
  };
  nb::list rails;
  for (const RailSummary& rail : summary.rails) rails.append(rail_dict(rail));
  nb::dict out;
  out["duration_ms"] = summary.duration_ms;
  out["rails"] = rails;
  out["total"] = rail_dict(summary.total);
  return out;
}

}  // namespace

void bind_record(nb::module_& module) {
  nb::class_<PowerRecorder>(module, "PowerRecorder",
                            "Samples power while something of the caller's runs. One thread.")
      .def(nb::init<std::string, double, int, std::optional<std::filesystem::path>,
                    std::vector<std::string>, std::string, std::optional<bool>>(),
           "sensor"_a = "auto", nb::kw_only(), "interval_ms"_a = 5.0, "device"_a = 0,
           "save"_a = nb::none(), "layers"_a = std::vector<std::string>(),
           "engine_json"_a = "{\"name\": \"python\"}", "on_gpu"_a = nb::none())
      .def("start", &PowerRecorder::start,
           "Opens the sensor, waits for its first reading, and returns the time in ns.")
      .def("iteration", &PowerRecorder::iteration, "start_ns"_a, "end_ns"_a, "layer_ms"_a,
           "One inference: float64 (layers,), ms, NaN = not reported; in order of time.")
      .def("stop", &PowerRecorder::stop, "how"_a = "done",
           "Waits until the readings cover what was run, and returns the Recording.")
      .def_prop_ro("start_ns", &PowerRecorder::start_ns)
      .def_prop_ro("end_ns", &PowerRecorder::end_ns)
      .def_prop_ro("why", &PowerRecorder::why, "Which sensor, and why: one sentence.")
      .def_prop_ro("directory", &PowerRecorder::directory);
  module.def("summarize_power", &summary_of, "recording"_a, "begin_ns"_a, "end_ns"_a,
             "Energy, mean and peak of every rail and of the total, over one stretch of time.");
}

}  // namespace layerwatt::python
