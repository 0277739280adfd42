#include <fmt/format.h>

#include <filesystem>
#include <system_error>

#include "layerwatt/error.hpp"
#include "layerwatt/recording.hpp"
#include "recording/block_reader.hpp"
#include "recording/excitation_csv.hpp"
#include "recording/idle_csv.hpp"
#include "recording/incidents_csv.hpp"
#include "recording/iterations_csv.hpp"
#include "recording/manifest.hpp"
#include "recording/power_file.hpp"

namespace layerwatt {
namespace {

namespace fs = std::filesystem;
using recording::LastRow;

constexpr std::size_t kMostText = std::size_t{64} << 20;  // bytes of manifest or incidents

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

Iterations take_iterations(const fs::path& path, LastRow last_row, std::vector<Warning>& warnings) {
  recording::BlockReader reader(path);
  auto file = recording::read_iterations(reader, last_row);
  if (file.truncated) recording::warn_truncated(reader.name(), warnings);
  if (file.not_utf8) recording::warn_not_utf8(reader.name(), warnings);
  if (file.overfull_rows > 0) {
    warnings.push_back(
        {"layers_exceed_inference",
         fmt::format("{}: in {} of {} inferences the layers add up to more than the inference took",
                     reader.name(), file.overfull_rows, file.iterations.size()),
         "profiling adds time to every layer; shares stay meaningful, the sum does not"});
  }
  return std::move(file.iterations);
}

// After this the manifest has one entry a column.
void match_layers(std::vector<LayerInfo>& layers, const std::vector<std::string>& columns,
                  std::vector<Warning>& warnings) {
  bool same = layers.size() == columns.size();
  for (std::size_t i = 0; same && i < columns.size(); ++i) same = layers[i].name == columns[i];
  if (same) return;
  if (!layers.empty()) {
    warnings.push_back({"layers_differ",
                        "the manifest names other layers than iterations.csv; its types and "
                        "precisions were left out",
                        "make \"layers\" in manifest.json name the columns, in their order"});
  }
  layers.clear();
  for (const auto& name : columns) layers.push_back({name, std::nullopt, std::nullopt});
}

// Empty: there is no power in this recording, and none is expected.
fs::path find_power_file(const fs::path& directory, recording::ReadManifest& read) {
  SensorInfo& sensor = read.manifest.sensor;
  std::vector<PowerFormat> found;
  for (const auto format :
       {PowerFormat::power_csv, PowerFormat::energy_csv, PowerFormat::tegrastats}) {
    if (is_there(directory / recording::power_file_name(format))) found.push_back(format);
  }
  if (read.format_known) {
    found.assign(is_there(directory / recording::power_file_name(sensor.format)) ? 1 : 0,
                 sensor.format);
  }
  if (found.size() > 1) {
    throw Error(ErrorKind::bad_input, "there is more than one file of power readings",
                directory.string(),
                "say which in manifest.json: sensor.file, for example \"power.csv\"");
  }
  if (found.size() == 1) {
    sensor.format = found.front();
    return directory / recording::power_file_name(sensor.format);
  }
  if (sensor.rails.empty() && (sensor.kind.empty() || sensor.kind == "none")) return {};
  throw Error(ErrorKind::bad_input,
              read.format_known
                  ? fmt::format("there is no {}", recording::power_file_name(sensor.format))
                  : "there is no power.csv, energy.csv or power.tegrastats",
              directory.string(), "power can be given beside it: --iterations F --power F");
}

recording::ReadManifest read_manifest(const fs::path& directory) {
  std::error_code ignored;
  if (!fs::is_directory(directory, ignored)) {
    const bool there = is_there(directory);
    throw Error(ErrorKind::bad_input, there ? "is not a directory" : "there is no such directory",
                directory.string(),
                there ? "a recording is a directory; loose files go with --iterations and --power"
                      : "check the path");
  }
  const auto path = directory / "manifest.json";
  if (!is_there(path)) {
    throw Error(ErrorKind::bad_input, "there is no manifest.json, so this is not a recording",
                directory.string(),
                "give the directory that has it, or loose files: --iterations F --power F");
  }
  return recording::manifest_from_json(recording::read_text_file(path, kMostText), path.string());
}

}  // namespace

Recording load_recording(const fs::path& directory) {
  auto read = read_manifest(directory);
  // `stopped` is written after the last row: a file without its newline then lost it later.
  const auto last_row = read.manifest.stopped ? LastRow::accept_if_whole : LastRow::drop;
  Recording out;
  if (read.cut_short) {
    out.warnings.push_back({"cut_short",
                            "the recording was not finished: the program was killed or the machine "
                            "went down, and up to the last 0.2 s are missing",
                            "what is here is whole; run it again if that was too early"});
  }
  out.iterations = take_iterations(directory / "iterations.csv", last_row, out.warnings);
  match_layers(read.manifest.layers, out.iterations.layers, out.warnings);
  const auto power_file = find_power_file(directory, read);
  if (!power_file.empty()) {
    recording::BlockReader reader(power_file);
    out.power = recording::read_power_file(reader, read, last_row, out.warnings);
    recording::check_coverage(out.iterations, out.power, power_file.string(), out.warnings);
  }
  const auto incidents_file = directory / "incidents.csv";
  if (is_there(incidents_file)) {
    auto incidents = recording::read_incidents(recording::read_text_file(incidents_file, kMostText),
                                               incidents_file.string());
    out.incidents = std::move(incidents.incidents);
    if (incidents.truncated) recording::warn_truncated(incidents_file.string(), out.warnings);
  }
  const auto excitation_file = directory / "excitation.csv";
  if (is_there(excitation_file)) {
    recording::BlockReader reader(excitation_file);
    auto file = recording::read_excitation(reader, last_row, out.iterations.layers.size());
    out.excitation = std::move(file.windows);
    if (file.truncated) recording::warn_truncated(reader.name(), out.warnings);
  }
  const auto idle_file = directory / "idle.csv";
  if (is_there(idle_file)) {
    recording::BlockReader reader(idle_file);
    auto file = recording::read_idle(reader, last_row);
    out.idle = std::move(file.windows);
    if (file.truncated) recording::warn_truncated(reader.name(), out.warnings);
  }
  out.manifest = std::move(read.manifest);
  return out;
}

Recording load_loose_files(const fs::path& iterations, const fs::path& power) {
  Recording out;
  out.iterations = take_iterations(iterations, LastRow::drop, out.warnings);
  recording::ReadManifest read;
  match_layers(read.manifest.layers, out.iterations.layers, out.warnings);
  SensorInfo& sensor = read.manifest.sensor;
  recording::BlockReader reader(power);
  sensor.format = recording::guess_power_format(reader);
  sensor.kind = sensor.format == PowerFormat::tegrastats ? "tegrastats" : "file";
  out.power = recording::read_power_file(reader, read, LastRow::drop, out.warnings);
  if (out.power.rails.empty()) {
    throw Error(ErrorKind::bad_input, "there is no rail: the header names time_ns alone",
                power.string(), "the header is time_ns,<rail>,...");
  }
  recording::check_coverage(out.iterations, out.power, power.string(), out.warnings);
  out.manifest = std::move(read.manifest);
  return out;
}

}  // namespace layerwatt
