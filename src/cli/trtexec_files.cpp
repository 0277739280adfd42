#include "cli/trtexec_files.hpp"

#include <fmt/core.h>
#include <sys/stat.h>

#include <cmath>
#include <utility>

#include "core/whole_file.hpp"
#include "engine/trtexec.hpp"
#include "layerwatt/error.hpp"
#include "profile/temporary_directory.hpp"

namespace layerwatt::cli {
namespace {

constexpr double kFineStampMs = 0.02;

std::int64_t written_ns(const std::string& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) {
    throw Error(ErrorKind::bad_input, "cannot be looked at", file);
  }
  return status.st_mtim.tv_sec * std::int64_t{1'000'000'000} + status.st_mtim.tv_nsec;
}

}  // namespace

Recording load_trtexec(const TrtexecFiles& files) {
  if (files.profile.empty() || files.times.empty()) {
    throw Error(ErrorKind::usage, "--trtexec-profile and --trtexec-times belong together", {},
                "the layers' times, and when the inferences were");
  }
  const TrtexecProfile profile =
      parse_trtexec_profile(read_whole_file(files.profile), files.profile);
  const std::vector<TrtexecTime> times =
      parse_trtexec_times(read_whole_file(files.times), files.times);
  const std::int64_t begin_ns = files.start_s
                                    ? std::llround(*files.start_s * 1e9)
                                    : trtexec_begin_by_file_time(times, written_ns(files.times));
  const Iterations iterations = trtexec_iterations(profile, times, begin_ns);

  const TemporaryDirectory temporary("layerwatt-trtexec");
  const std::filesystem::path directory = temporary.path() / "recording";
  Manifest manifest;
  manifest.engine_json = R"({"name":"tensorrt","measured_by":"trtexec"})";
  manifest.sensor.kind = "none";
  for (const std::string& name : profile.layers) manifest.layers.push_back({name, {}, {}});
  RecordingWriter writer(directory, std::move(manifest));
  for (std::size_t i = 0; i < iterations.size(); ++i) {
    writer.iteration(iterations.start_ns[i], iterations.end_ns[i], iterations.row(i));
  }
  writer.close("done");
  if (files.power.empty()) return load_recording(directory);
  Recording recording = load_loose_files(directory / "iterations.csv", files.power);
  recording.manifest.engine_json = R"({"name":"tensorrt","measured_by":"trtexec"})";
  // A run of ten seconds has stamps that are right to a tenth of a millisecond.
  if (const double step_ms = trtexec_stamp_step_ms(times); step_ms > kFineStampMs) {
    recording.warnings.push_back(
        {"trtexec_stamps_coarse",
         fmt::format("trtexec printed its stamps to {:g} ms: power is right for whole inferences, "
                     "and not for layers shorter than that",
                     step_ms),
         "keep the run under ten seconds: --duration=8; or layerwatt profile"});
  }
  if (!files.start_s) {
    recording.warnings.push_back(
        {"trtexec_start_guessed", "when trtexec began was guessed from the time of " + files.times,
         "give --trtexec-start; without it power is right for the whole run alone"});
  }
  return recording;
}

}  // namespace layerwatt::cli
