#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cmath>
#include <ctime>
#include <mutex>
#include <system_error>
#include <utility>

#include "layerwatt/error.hpp"
#include "layerwatt/recording.hpp"
#include "recording/csv_cells.hpp"
#include "recording/excitation_csv.hpp"
#include "recording/idle_csv.hpp"
#include "recording/incidents_csv.hpp"
#include "recording/manifest.hpp"
#include "recording/row_file.hpp"

namespace layerwatt {
namespace {

namespace fs = std::filesystem;
using recording::append_cell;
using recording::RowFile;

constexpr const char* kManifest = "manifest.json";
constexpr const char* kIterations = "iterations.csv";
constexpr const char* kIncidents = "incidents.csv";
constexpr const char* kExcitation = "excitation.csv";
constexpr const char* kIdle = "idle.csv";
constexpr const char* kNewManifest = ".manifest.json.new";

std::string utc_now() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  char text[32];
  const auto n = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return std::string(text, n);
}

// The readings' file follows from what they are.
void settle_format(SensorInfo& sensor) {
  if (sensor.format == PowerFormat::tegrastats) return;
  sensor.format =
      sensor.reading == Reading::energy ? PowerFormat::energy_csv : PowerFormat::power_csv;
}

class Directory {
 public:
  explicit Directory(const fs::path& path) : path_(path) {
    std::error_code error;
    fs::create_directories(path, error);
    if (error) recording::throw_io("cannot be made", error.value(), path.string());
    file_ = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file_ < 0) recording::throw_io("cannot be opened", errno, path.string());
  }
  ~Directory() { ::close(file_); }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  int file() const { return file_; }
  std::string shown(std::string_view name) const { return (path_ / name).string(); }

  // A dangling symbolic link counts: writing through it would make a file elsewhere.
  void refuse_if_taken(std::string_view name) const {
    struct stat ignored {};
    if (::fstatat(file_, std::string(name).c_str(), &ignored, AT_SYMLINK_NOFOLLOW) != 0) return;
    throw Error(ErrorKind::usage, "already holds a recording", path_.string(),
                fmt::format("choose a new directory, or remove {}", shown(name)));
  }

  void remove(std::string_view name) const noexcept {
    ::unlinkat(file_, std::string(name).c_str(), 0);
  }

  // All of the text or nothing: a reader never sees half a manifest, a full disk leaves the old
  // one.
  void replace(const char* name, std::string_view text) const {
    remove(kNewManifest);  // of a process that was killed right here
    const int file = recording::create_file(file_, kNewManifest, shown(kNewManifest));
    std::size_t written = 0;
    int error = recording::write_all(file, text, written);
    if (error == 0 && ::fsync(file) != 0) error = errno;
    ::close(file);
    if (error == 0 && ::renameat(file_, kNewManifest, file_, name) != 0) error = errno;
    if (error != 0) {
      remove(kNewManifest);
      recording::throw_io("cannot be written", error, shown(name));
    }
    ::fsync(file_);  // some file systems cannot; the rename holds all the same
  }

 private:
  fs::path path_;
  int file_ = -1;
};

}  // namespace

struct RecordingWriter::Impl {
  Impl(const fs::path& path, Manifest given) : directory(path), manifest(std::move(given)) {
    settle_format(manifest.sensor);
    if (manifest.created.empty()) manifest.created = utc_now();
    for (auto& layer : manifest.layers) layer.name = recording::to_utf8(layer.name);
    const auto json = recording::manifest_to_json(manifest);

    for (const auto format :
         {PowerFormat::power_csv, PowerFormat::energy_csv, PowerFormat::tegrastats}) {
      directory.refuse_if_taken(recording::power_file_name(format));
    }
    for (const auto* name : {kManifest, kIterations, kIncidents, kExcitation, kIdle}) {
      directory.refuse_if_taken(name);
    }

    const auto power_name = recording::power_file_name(manifest.sensor.format);
    std::vector<std::string_view> made;
    try {
      // O_EXCL on this file decides between two writers; the manifest comes last, so that whatever
      // has a manifest is a recording.
      iterations =
          std::make_unique<RowFile>(directory.file(), kIterations, directory.shown(kIterations));
      made.push_back(kIterations);
      iterations->append(iterations_header());
      iterations->flush();
      power = std::make_unique<RowFile>(directory.file(), power_name, directory.shown(power_name));
      made.push_back(power_name);
      power->append(power_header());
      power->flush();
      directory.replace(kManifest, json);
    } catch (...) {
      for (const auto name : made) directory.remove(name);
      throw;
    }
  }

  std::string iterations_header() const {
    std::string header = "start_ns,end_ns";
    for (const auto& layer : manifest.layers) {
      header += ',';
      append_cell(header, layer.name);
    }
    return header + '\n';
  }

  std::string power_header() const {
    if (manifest.sensor.format == PowerFormat::tegrastats) return "";
    std::string header = "time_ns";
    for (const auto& rail : manifest.sensor.rails) {
      header += ',';
      append_cell(header, recording::to_utf8(rail.name));
    }
    return header + '\n';
  }

  // What the loader would refuse must not get into the file: one bad row would cost all the others.
  // The first of each kind is told.
  void odd(bool& told, std::int64_t time_ns, const char* code, std::string message) {
    if (std::exchange(told, true)) return;
    add_incident({time_ns, code, std::move(message)});
  }

  void add_incident(const Incident& incident) {
    const std::lock_guard lock(incidents_mutex);
    if (!incidents) {
      incidents =
          std::make_unique<RowFile>(directory.file(), kIncidents, directory.shown(kIncidents));
      incidents->append(recording::kIncidentsHeader);
    }
    incidents->append(recording::incident_row(incident));
    incidents->flush();  // rare, and wanted most when things go wrong
  }

  // False: the stamp does not come after the one before it, and the reading must be left out.
  bool in_order(std::int64_t time_ns) {
    if (last_sample_ns && time_ns <= *last_sample_ns) {
      odd(told_sample_order, time_ns, "sample_out_of_order",
          fmt::format("a reading stamped {} came after one stamped {}; such readings are left out",
                      time_ns, *last_sample_ns));
      return false;
    }
    last_sample_ns = time_ns;
    return true;
  }

  Directory directory;
  Manifest manifest;
  std::unique_ptr<RowFile> iterations;
  std::unique_ptr<RowFile> power;
  std::mutex incidents_mutex;
  std::unique_ptr<RowFile> incidents;
  std::unique_ptr<RowFile> excitation;  // made by the first window
  std::unique_ptr<RowFile> idle;        // made by the first window
  bool closed = false;

  // Of the thread that calls iteration().
  std::string iteration_row;
  std::optional<std::int64_t> last_end_ns;
  bool told_iteration_order = false;
  bool told_layer_time = false;

  // Of the thread that calls sample() and line().
  std::string sample_row;
  std::optional<std::int64_t> last_sample_ns;
  bool told_sample_order = false;
  bool told_value = false;
};

RecordingWriter::RecordingWriter(const fs::path& directory, Manifest manifest)
    : impl_(std::make_unique<Impl>(directory, std::move(manifest))) {}

RecordingWriter::~RecordingWriter() = default;

void RecordingWriter::iteration(std::int64_t start_ns, std::int64_t end_ns,
                                std::span<const double> layer_ms) {
  Impl& self = *impl_;
  if (layer_ms.size() != self.manifest.layers.size()) {
    throw Error(
        ErrorKind::usage,
        fmt::format("{} layer times for {} layers", layer_ms.size(), self.manifest.layers.size()),
        self.directory.shown(kIterations));
  }
  if (end_ns < start_ns || (self.last_end_ns && start_ns < *self.last_end_ns)) {
    self.odd(self.told_iteration_order, start_ns, "iteration_out_of_order",
             fmt::format("an inference from {} to {} does not follow the one before it; such "
                         "inferences are left out",
                         start_ns, end_ns));
    return;
  }
  self.last_end_ns = end_ns;
  std::string& row = self.iteration_row;
  row.clear();
  append_cell(row, start_ns);
  row += ',';
  append_cell(row, end_ns);
  for (const double ms : layer_ms) {
    row += ',';
    if (std::isfinite(ms) && ms >= 0.0) {
      append_cell(row, ms);
    } else if (!std::isnan(ms)) {
      self.odd(self.told_layer_time, start_ns, "bad_layer_time",
               fmt::format("a layer took {} ms; such times are left out", ms));
    }
  }
  row += '\n';
  self.iterations->append(row);
  self.power->flush_if_due();
}

void RecordingWriter::sample(std::int64_t time_ns, std::span<const double> values) {
  Impl& self = *impl_;
  const SensorInfo& sensor = self.manifest.sensor;
  if (sensor.format == PowerFormat::tegrastats || values.size() != sensor.rails.size()) {
    throw Error(ErrorKind::usage,
                sensor.format == PowerFormat::tegrastats
                    ? "this recording keeps lines, not samples"
                    : fmt::format("{} readings for {} rails", values.size(), sensor.rails.size()),
                self.directory.shown(recording::power_file_name(sensor.format)));
  }
  if (!self.in_order(time_ns)) return;
  std::string& row = self.sample_row;
  row.clear();
  append_cell(row, time_ns);
  for (const double value : values) {
    row += ',';
    if (std::isfinite(value)) {
      append_cell(row, value);
    } else if (!std::isnan(value)) {
      self.odd(self.told_value, time_ns, "bad_reading", "an infinite reading was left out");
    }
  }
  row += '\n';
  self.power->append(row);
  self.iterations->flush_if_due();
}

void RecordingWriter::line(std::int64_t time_ns, std::string_view text) {
  Impl& self = *impl_;
  if (self.manifest.sensor.format != PowerFormat::tegrastats) {
    throw Error(ErrorKind::usage, "this recording keeps samples, not lines",
                self.directory.shown(recording::power_file_name(self.manifest.sensor.format)));
  }
  if (!self.in_order(time_ns)) return;
  const auto magnitude = static_cast<std::uint64_t>(std::llabs(time_ns));
  std::string& row = self.sample_row;
  row = fmt::format("{}{}.{:09}::", time_ns < 0 ? "-" : "", magnitude / 1'000'000'000,
                    magnitude % 1'000'000'000);
  for (const char c : text) row += c == '\n' || c == '\r' || c == '\0' ? ' ' : c;
  row += '\n';
  self.power->append(row);
  self.iterations->flush_if_due();
}

void RecordingWriter::incident(const Incident& incident) { impl_->add_incident(incident); }

void RecordingWriter::excitation(const ExcitationWindow& window) {
  Impl& self = *impl_;
  if (window.extra.size() != self.manifest.layers.size() + 1) {
    throw Error(ErrorKind::usage,
                fmt::format("{} counts of extra runs for {} layers and what is outside them",
                            window.extra.size(), self.manifest.layers.size()),
                self.directory.shown(kExcitation));
  }
  if (!self.excitation) {
    self.excitation = std::make_unique<RowFile>(self.directory.file(), kExcitation,
                                                self.directory.shown(kExcitation));
    self.excitation->append(recording::excitation_header(self.manifest.layers));
  }
  self.excitation->append(recording::excitation_row(window));
}

void RecordingWriter::idle(const IdleWindow& window) {
  Impl& self = *impl_;
  if (!self.idle) {
    self.idle =
        std::make_unique<RowFile>(self.directory.file(), kIdle, self.directory.shown(kIdle));
    self.idle->append(recording::idle_header());
  }
  self.idle->append(recording::idle_row(window));
}

void RecordingWriter::flush() {
  Impl& self = *impl_;
  for (RowFile* file :
       {self.iterations.get(), self.power.get(), self.excitation.get(), self.idle.get()}) {
    if (file != nullptr) file->flush();
  }
}

void RecordingWriter::close(std::string stopped) {
  Impl& self = *impl_;
  if (std::exchange(self.closed, true)) return;
  std::optional<Error> failure;
  for (RowFile* file : {self.iterations.get(), self.power.get(), self.incidents.get(),
                        self.excitation.get(), self.idle.get()}) {
    try {
      if (file != nullptr) file->flush();
    } catch (const Error& error) {
      if (!failure) failure = error;
    }
  }
  // `stopped` vouches for the last rows, so it may only stand above files that end whole.
  const bool windows_whole = (self.excitation == nullptr || self.excitation->ends_whole()) &&
                             (self.idle == nullptr || self.idle->ends_whole());
  if (self.iterations->ends_whole() && self.power->ends_whole() && windows_whole) {
    self.manifest.stopped = std::move(stopped);
    try {
      self.directory.replace(kManifest, recording::manifest_to_json(self.manifest));
    } catch (const Error& error) {
      if (!failure) failure = error;
    }
  }
  if (failure) throw Error(*failure);
}

}  // namespace layerwatt
