#include "profile/calibration_store.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <ostream>
#include <system_error>
#include <utility>

#include "core/json_depth.hpp"
#include "core/whole_file.hpp"
#include "layerwatt/error.hpp"

namespace layerwatt {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* kSchema = "layerwatt.calibration/1";
constexpr const char* kNone = "none";
// The grid is found from readings of one conversion that are equal; with two readings a conversion
// or more, or less than one, equal ones tell too little.
constexpr double kFewestPerUpdate = 1.1;
constexpr double kMostPerUpdate = 2.5;
constexpr std::size_t kDateLength = 10;  // of "2026-11-23T18:00:00.000Z"

constexpr std::size_t kMostText = std::size_t{64} << 20;  // bytes

Error cannot_write(const fs::path& file, int number) {
  return Error(ErrorKind::io, std::string("cannot be written: ") + std::strerror(number),
               file.string(), "give a file that you may write to with --output FILE");
}

Json figure_json(const CalibratedFigure& figure) {
  Json json{{"value", figure.value_ms ? Json(*figure.value_ms) : Json()},
            {"ci95", nullptr},
            {"reason", nullptr}};
  if (figure.ci95_ms) json["ci95"] = {figure.ci95_ms->lo, figure.ci95_ms->hi};
  if (!figure.value_ms) json["reason"] = figure.reason;
  return json;
}

Json number_or_null(const std::optional<double>& value) { return value ? Json(*value) : Json(); }

Json to_json(const StoredCalibration& stored) {
  const Calibration& figures = stored.figures;
  Json json{{"date", stored.date},
            {"host", stored.host},
            {"sensor",
             {{"kind", stored.kind},
              {"identity", stored.identity},
              {"reading", stored.reading == Reading::energy ? "energy" : "power"},
              {"rails", stored.rails}}}};
  for (const CalibrationField& field : kCalibrationFields) {
    json[field.name] = figure_json(figures.*field.member);
  }
  json["idle_mw"] = number_or_null(figures.idle_mw);
  json["busy_mw"] = number_or_null(figures.busy_mw);
  json["noise_mw"] = number_or_null(figures.noise_mw);
  json["readings"] = figures.readings;
  json["edges"] = figures.edges;
  json["warnings"] = Json::array();
  for (const Warning& warning : figures.warnings) {
    json["warnings"].push_back(
        {{"code", warning.code}, {"message", warning.message}, {"hint", warning.hint}});
  }
  return json;
}

// A number of the file, or null. Throws nlohmann's exceptions; read_calibrations() tells the file.
std::optional<double> number(const Json& json) {
  if (json.is_null()) return std::nullopt;
  return json.get<double>();
}

CalibratedFigure figure_of(const Json& json) {
  CalibratedFigure figure;
  figure.value_ms = number(json.at("value"));
  if (figure.value_ms && !(*figure.value_ms >= 0.0)) throw std::out_of_range("a time below 0");
  if (const Json& ci95 = json.at("ci95"); !ci95.is_null()) {
    figure.ci95_ms = Interval{ci95.at(0).get<double>(), ci95.at(1).get<double>()};
  }
  if (!figure.value_ms) figure.reason = json.value("reason", "unknown");
  return figure;
}

StoredCalibration from_json(const Json& json) {
  StoredCalibration stored;
  stored.date = json.at("date").get<std::string>();
  stored.host = json.at("host").get<std::string>();
  const Json& sensor = json.at("sensor");
  stored.kind = sensor.at("kind").get<std::string>();
  stored.identity = sensor.at("identity").get<std::string>();
  stored.reading =
      sensor.at("reading").get<std::string>() == "energy" ? Reading::energy : Reading::power;
  stored.rails = sensor.at("rails").get<std::vector<std::string>>();
  for (const CalibrationField& field : kCalibrationFields) {
    stored.figures.*field.member = figure_of(json.at(field.name));
  }
  stored.figures.idle_mw = number(json.at("idle_mw"));
  stored.figures.busy_mw = number(json.at("busy_mw"));
  stored.figures.noise_mw = number(json.at("noise_mw"));
  stored.figures.readings = json.at("readings").get<std::size_t>();
  stored.figures.edges = json.at("edges").get<std::size_t>();
  for (const Json& warning : json.at("warnings")) {
    stored.figures.warnings.push_back({warning.at("code").get<std::string>(),
                                       warning.at("message").get<std::string>(),
                                       warning.at("hint").get<std::string>()});
  }
  return stored;
}

void make_folder(const fs::path& file) {
  const fs::path folder = file.parent_path();
  if (folder.empty()) return;
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed) throw cannot_write(file, failed.value());
}

class CalibratedSensor final : public Sensor {
 public:
  CalibratedSensor(std::unique_ptr<Sensor> sensor, Calibrations calibrations,
                   const SensorOptions& options)
      : sensor_(std::move(sensor)), calibrations_(std::move(calibrations)), options_(options) {}

  void open() override { sensor_->open(); }
  SensorInfo info() const override {
    SensorInfo info = sensor_->info();
    const StoredCalibration* found = calibrations_.find(info);
    return with_calibration(std::move(info), found, options_.response, options_.interval_ms);
  }
  void start(SampleSink& sink) override { sensor_->start(sink); }
  void stop() override { sensor_->stop(); }

 private:
  std::unique_ptr<Sensor> sensor_;
  Calibrations calibrations_;
  SensorOptions options_;
};

void say(SensorInfo& info, const std::string& sentence) {
  if (!info.notes.empty()) {
    info.notes += info.notes.back() == '.' ? " " : ". ";
  }
  info.notes += sentence;
}

}  // namespace

bool StoredCalibration::matches(const std::string& of_host, const SensorInfo& info) const {
  std::vector<std::string> names;
  for (const Rail& rail : info.rails) names.push_back(rail.name);
  return host == of_host && kind == info.kind && identity == info.identity &&
         reading == info.reading && rails == names;
}

fs::path calibration_file(const SysRoot& sys) {
  const std::string config = sys.env("XDG_CONFIG_HOME").value_or("");
  if (!config.empty()) return fs::path(config) / "layerwatt" / "calibration.json";
  const std::string home = sys.env("HOME").value_or("");
  if (!home.empty()) return fs::path(home) / ".config" / "layerwatt" / "calibration.json";
  return {};
}

std::string host_hash(const SysRoot& sys) {
  std::optional<std::string> id = sys.read_text("/etc/machine-id");
  if (!id || id->empty()) id = sys.read_text("/proc/sys/kernel/hostname");
  // FNV-1a over a text of our own and the id, which must not be published as it is (machine-id(5)).
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : "layerwatt" + id.value_or("")) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  }
  return fmt::format("{:016x}", hash);
}

std::vector<StoredCalibration> read_calibrations(const fs::path& file) {
  std::vector<StoredCalibration> all;
  std::error_code failed;
  if (!fs::exists(file, failed)) return all;
  const std::string text = read_whole_file(file, kMostText);
  const char* hint = "remove it and run `layerwatt calibrate` again";
  if (nests_deeper(text)) {
    throw Error(ErrorKind::bad_input, "is nested too deeply", file.string(), hint);
  }
  try {
    const Json json = Json::parse(text);
    if (json.at("schema").get<std::string>() != kSchema) {
      throw Error(ErrorKind::bad_input, fmt::format("its \"schema\" is not {}", kSchema),
                  file.string(), "another version of layerwatt wrote it, or another program");
    }
    for (const Json& entry : json.at("calibrations")) all.push_back(from_json(entry));
  } catch (const nlohmann::json::exception& error) {
    throw Error(ErrorKind::bad_input, std::string("is not a file of calibrations: ") + error.what(),
                file.string(), hint);
  } catch (const std::out_of_range& error) {
    throw Error(ErrorKind::bad_input, error.what(), file.string(), hint);
  }
  return all;
}

void store_calibration(const fs::path& file, const StoredCalibration& calibration) {
  std::vector<StoredCalibration> all = read_calibrations(file);
  std::erase_if(all, [&](const StoredCalibration& other) {
    return other.host == calibration.host && other.kind == calibration.kind &&
           other.identity == calibration.identity && other.reading == calibration.reading &&
           other.rails == calibration.rails;
  });
  all.push_back(calibration);
  Json json{{"schema", kSchema}, {"calibrations", Json::array()}};
  for (const StoredCalibration& stored : all) json["calibrations"].push_back(to_json(stored));

  make_folder(file);
  write_whole_file(file, [&](std::ostream& stream) {
    stream << json.dump(1, ' ', false, Json::error_handler_t::replace) << '\n';
  });
}

void check_can_store(const fs::path& file) {
  std::error_code failed;
  if (fs::is_directory(file, failed)) throw cannot_write(file, EISDIR);
  fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
  // Folders that are not there yet will be made.
  while (!fs::exists(folder, failed) && folder.has_parent_path() &&
         folder != folder.parent_path()) {
    folder = folder.parent_path();
  }
  if (folder.empty()) folder = ".";
  if (!fs::is_directory(folder, failed)) throw cannot_write(file, ENOTDIR);
  if (::access(folder.c_str(), W_OK | X_OK) != 0) throw cannot_write(file, errno);
  read_calibrations(file);
}

std::string calibration_json(const StoredCalibration& calibration) {
  return to_json(calibration).dump(2, ' ', false, Json::error_handler_t::replace);
}

SensorInfo with_calibration(SensorInfo info, const StoredCalibration* calibration,
                            const SensorModel& given, double interval_ms) {
  SensorModel& model = info.model;
  std::string calibrated;
  const auto take = [&](const char* name, const CalibratedFigure& figure,
                        std::optional<double>& into) {
    if (!figure.value_ms) return;
    into = figure.value_ms;
    calibrated += (calibrated.empty() ? "" : ", ") + std::string(name);
  };
  if (calibration != nullptr) {
    const Calibration& figures = calibration->figures;
    take("period", figures.period, model.period_ms);
    take("window", figures.window, model.window_ms);
    take("latency", figures.latency, model.latency_ms);
    take("time constant", figures.time_constant, model.time_constant_ms);
    const double grid_ms = figures.grid.value_ms.value_or(0.0);
    const bool seen =
        grid_ms >= kFewestPerUpdate * interval_ms && grid_ms <= kMostPerUpdate * interval_ms;
    std::string aged;
    if (grid_ms > 0.0 && !seen && figures.latency.value_ms) {
      *model.latency_ms += grid_ms / 2.0;
      model.timestamp_error_ms =
          std::hypot(model.timestamp_error_ms.value_or(0.0), grid_ms / std::sqrt(12.0));
      aged = fmt::format(
          "; readings are of an age of 0 to {:.4g} ms, which is in latency and stamp "
          "error",
          grid_ms);
    }
    if (!calibrated.empty()) {
      info.calibrated = calibration->date.substr(0, kDateLength);
      say(info, fmt::format("Calibrated on {}: {}{}.", info.calibrated, calibrated, aged));
    }
  }
  std::string told;
  const auto override_by = [&](const char* name, const std::optional<double>& value,
                               std::optional<double>& into) {
    if (!value) return;
    into = value;
    told += (told.empty() ? "" : ", ") + fmt::format("{} {:.4g} ms", name, *value);
  };
  override_by("period", given.period_ms, model.period_ms);
  override_by("window", given.window_ms, model.window_ms);
  override_by("latency", given.latency_ms, model.latency_ms);
  override_by("time constant", given.time_constant_ms, model.time_constant_ms);
  override_by("stamp error", given.timestamp_error_ms, model.timestamp_error_ms);
  if (!told.empty()) say(info, "Given by --response: " + told + ".");
  return info;
}

Calibrations::Calibrations(const Host& host, const SensorOptions& options)
    : host_(host_hash(host.sys)) {
  if (options.calibration) {
    if (options.calibration->empty() || *options.calibration == kNone) return;
    std::error_code failed;
    if (!fs::exists(*options.calibration, failed)) {
      throw Error(ErrorKind::bad_input, "no such file", options.calibration->string(),
                  "`layerwatt calibrate --output FILE` makes one; --calibration none does without");
    }
    all_ = read_calibrations(*options.calibration);
    return;
  }
  const fs::path file = calibration_file(host.sys);
  if (file.empty()) return;
  try {
    all_ = read_calibrations(file);
  } catch (const Error& error) {
    // Nobody asked for it by name: not worth a measurement.
    trouble_ = std::string("no calibration is used: ") + error.what();
  }
}

const StoredCalibration* Calibrations::find(const SensorInfo& info) const {
  const auto found = std::find_if(all_.begin(), all_.end(), [&](const StoredCalibration& stored) {
    return stored.matches(host_, info);
  });
  return found == all_.end() ? nullptr : &*found;
}

std::unique_ptr<Sensor> calibrated_sensor(std::unique_ptr<Sensor> sensor, Calibrations calibrations,
                                          const SensorOptions& options) {
  return std::make_unique<CalibratedSensor>(std::move(sensor), std::move(calibrations), options);
}

}  // namespace layerwatt
