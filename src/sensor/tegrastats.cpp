#include "sensor/tegrastats.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <exception>
#include <map>
#include <utility>

#include "layerwatt/error.hpp"
#include "sensor/line_gaps.hpp"
#include "sensor/rail_follower.hpp"
#include "sensor/rail_map.hpp"

namespace layerwatt {
namespace {

using std::chrono::milliseconds;
using SteadyClockTime = std::chrono::steady_clock;
using Read = Subprocess::Read;

constexpr std::string_view kVariable = "LAYERWATT_TEGRASTATS";
// /home/nvidia: L4T up to R28.
constexpr std::array<std::string_view, 3> kTrusted = {
    "/usr/bin/tegrastats", "/usr/local/bin/tegrastats", "/home/nvidia/tegrastats"};

std::string excerpt(std::string_view text) {
  constexpr std::size_t kLength = 80;
  std::string words(text.substr(0, kLength));
  for (char& c : words) {
    if (static_cast<unsigned char>(c) < ' ') c = ' ';
  }
  return text.size() > kLength ? words + "..." : words;
}

milliseconds left_until(SteadyClockTime::time_point deadline) {
  return std::max(std::chrono::ceil<milliseconds>(deadline - SteadyClockTime::now()),
                  milliseconds(0));
}

Availability probe(const Host& host, const SensorOptions& options) {
  Availability availability;
  try {
    TegrastatsSensor sensor(host, options);
    sensor.open();
    availability.info = sensor.info();
    availability.usable = true;
    const SensorInfo& info = *availability.info;
    availability.reason =
        fmt::format("{} rails from {}", info.rails.size(), sensor.program()) +
        (info.scope.empty() ? ", of which no total is known" : ", total of the " + info.scope);
  } catch (const Error& error) {
    availability.reason = error.problem();
    if (!error.where().empty()) availability.reason += " (" + error.where() + ")";
    availability.hint = error.hint();
  }
  availability.privilege = "root on some releases (L4T R32 late, R35)";
  return availability;
}

std::unique_ptr<Sensor> create(const Host& host, const SensorOptions& options) {
  return std::make_unique<TegrastatsSensor>(host, options);
}

}  // namespace

// Problems of the reading thread, stamped with the line they belong to.
class TegrastatsSensor::StampedProblems final : public Problems {
 public:
  explicit StampedProblems(IncidentLog& log) : log_(log) {}
  void report(std::string_view code, std::string_view message) override {
    log_.report(time_ns, code, message);
  }
  std::int64_t time_ns = 0;

 private:
  IncidentLog& log_;
};

std::string find_tegrastats(const SysRoot& sys, const SensorOptions& options) {
  if (options.argument) return *options.argument;
  if (auto program = sys.env(std::string(kVariable)); program && !program->empty()) return *program;
  std::string looked;
  for (const std::string_view place : kTrusted) {
    const std::filesystem::path path = sys.path(place);
    if (::access(path.c_str(), X_OK) == 0) return path.string();
    looked += (looked.empty() ? "" : ", ") + std::string(place);
  }
  throw Error(ErrorKind::sensor, "no tegrastats on this machine", looked,
              "it is part of Jetson Linux; in a container, mount it from the host; elsewhere, name "
              "a program with " +
                  std::string(kVariable) + "=PROGRAM");
}

TegrastatsSensor::TegrastatsSensor(const Host& host, const SensorOptions& options,
                                   TegrastatsPatience patience)
    : clock_(host.clock),
      program_(find_tegrastats(host.sys, options)),
      interval_ms_(std::max<std::int64_t>(1, std::llround(options.interval_ms))),
      patience_(patience) {}

TegrastatsSensor::~TegrastatsSensor() { stop(); }

std::unique_ptr<Subprocess> TegrastatsSensor::spawn() const {
  SubprocessOptions options;
  options.command = {program_, "--interval", std::to_string(interval_ms_)};
  try {
    return std::make_unique<Subprocess>(options);
  } catch (const Error& error) {
    throw Error(ErrorKind::sensor, error.problem(), program_,
                "name another program with " + std::string(kVariable) + "=PROGRAM");
  }
}

// Reads on to the next line that can be used, into line_.
TegrastatsSensor::Next TegrastatsSensor::next_line(Subprocess& child,
                                                   SteadyClockTime::time_point deadline) {
  while (true) {
    const Read read = child.read_line(text_, left_until(deadline));
    switch (read) {
      case Read::line:
        if (!parse_tegrastats_line(text_, line_) && line_.has_beginning()) return Next::line;
        last_words_ = excerpt(text_);
        break;
      case Read::cut_line:
        last_words_ = excerpt(text_);
        break;
      case Read::end:
        return Next::ended;
      case Read::timeout:
      case Read::interrupted:
        return Next::nothing;
    }
    if (left_until(deadline) == milliseconds(0)) return Next::nothing;
  }
}

void TegrastatsSensor::expect_line(Subprocess& child, SteadyClockTime::time_point deadline) {
  const Next next = next_line(child, deadline);
  if (next == Next::line) return;
  std::string what = "tegrastats printed nothing";
  if (next == Next::ended) {
    what = "tegrastats ended: " + child.terminate(patience_.grace).describe();
  } else if (!last_words_.empty()) {
    what = "tegrastats printed nothing that can be read";
  }
  if (!last_words_.empty()) what += "; its last words: " + last_words_;
  throw Error(
      ErrorKind::sensor, what, program_,
      "see what it says by itself: " + program_ + " --interval " + std::to_string(interval_ms_));
}

SteadyClockTime::time_point TegrastatsSensor::first_line_deadline() const {
  return SteadyClockTime::now() + patience_.first_line + 3 * milliseconds(interval_ms_);
}

void TegrastatsSensor::open() {
  stop();
  last_words_.clear();
  const std::unique_ptr<Subprocess> child = spawn();
  const auto deadline = first_line_deadline();
  constexpr int kLinesWithoutRails = 3;
  for (int lines = 0; lines == 0 || line_.rails.empty(); ++lines) {
    if (lines == kLinesWithoutRails) {
      throw Error(ErrorKind::sensor, "tegrastats prints no power rails", program_,
                  ::geteuid() == 0 ? "this board has no power monitor that tegrastats knows"
                                   : "older releases print them for root alone: run with sudo");
    }
    expect_line(*child, deadline);
  }
  std::vector<std::string> names;
  for (const TegraRail& rail : line_.rails) names.emplace_back(rail.name);
  RailChoice choice = choose_rails(std::span<const std::string>(names));

  info_ = {};
  info_.kind = "tegrastats";
  info_.format = PowerFormat::tegrastats;
  info_.scope = choice.scope;
  info_.rails = std::move(choice.rails);
  info_.model.period_ms = measure_period(*child);
  info_.notes = program_ + " --interval " + std::to_string(interval_ms_);
  if (!choice.reason.empty()) info_.notes += "; no total: " + choice.reason;
  child->terminate(patience_.grace);
}

// Lines come every interval plus the time that collecting takes, which is the board's secret.
std::optional<double> TegrastatsSensor::measure_period(Subprocess& child) {
  constexpr std::size_t kEnough = 9;
  constexpr std::size_t kFewest = 3;
  std::vector<double> periods_ms;
  const auto deadline = SteadyClockTime::now() + patience_.pace;
  std::int64_t last_ns = clock_->now_ns();
  while (periods_ms.size() < kEnough && next_line(child, deadline) == Next::line) {
    const std::int64_t now_ns = clock_->now_ns();
    periods_ms.push_back(static_cast<double>(now_ns - last_ns) / kNsPerMs);
    last_ns = now_ns;
  }
  if (periods_ms.size() < kFewest) return std::nullopt;
  const auto middle = periods_ms.begin() + static_cast<std::ptrdiff_t>(periods_ms.size() / 2);
  std::nth_element(periods_ms.begin(), middle, periods_ms.end());
  return *middle > 0.0 ? std::optional<double>(*middle) : std::nullopt;
}

void TegrastatsSensor::start(SampleSink& sink) {
  stop();
  last_words_.clear();
  // Not the child of open(): its lines would have waited in the pipe, to be stamped too late.
  child_ = spawn();
  try {
    // The loads of the first line cover a time that is not known, and its means have just begun.
    expect_line(*child_, first_line_deadline());
  } catch (...) {
    child_.reset();
    throw;
  }
  thread_ = std::thread([this, &sink] { loop(sink); });
}

void TegrastatsSensor::stop() {
  if (child_) child_->interrupt();
  if (thread_.joinable()) thread_.join();
  if (child_) child_->terminate(patience_.grace);
  child_.reset();
}

void TegrastatsSensor::loop(SampleSink& sink) {
  IncidentLog log(sink);
  StampedProblems problems(log);
  try {
    read_on(sink, problems);
  } catch (const std::exception& error) {
    problems.time_ns = clock_->now_ns();
    problems.report("sensor_died", error.what());
  }
  log.finish(clock_->now_ns());
}

void TegrastatsSensor::read_on(SampleSink& sink, StampedProblems& problems) {
  RailFollower follower(info_.rails);
  LineGaps gaps(info_.model.period_ms.value_or(static_cast<double>(interval_ms_)));
  std::vector<double> values(info_.rails.size());
  std::map<std::string_view, std::string> examples;
  const milliseconds silence = patience_.silence + 3 * milliseconds(interval_ms_);
  while (true) {
    const Read read = child_->read_line(text_, silence);
    // On arrival: the time that tegrastats prints has a resolution of a second.
    problems.time_ns = clock_->now_ns();
    if (read == Read::interrupted) return;
    if (read == Read::timeout) {
      problems.report(
          "silent", fmt::format("tegrastats printed nothing for {} ms and more", silence.count()));
      continue;
    }
    if (read == Read::end) {
      const bool ended = child_->ends_within(patience_.grace);
      problems.report("sensor_died", "tegrastats ended: " + (ended ? child_->wait().describe()
                                                                   : "it closed its output"));
      return;
    }
    std::optional<TegrastatsProblem> problem = parse_tegrastats_line(text_, line_);
    if (!problem && read == Read::cut_line) problem = TegrastatsProblem::cut_short;
    if (!problem && !line_.has_beginning()) problem = TegrastatsProblem::no_beginning;
    if (problem) {
      // With the first of its kind, so that the others count as the same.
      const std::string_view what = describe(*problem);
      const std::string& example = examples.try_emplace(what, excerpt(text_)).first->second;
      problems.report("bad_line", fmt::format("{}: \"{}\"", what, example));
      continue;
    }
    if (const auto gap_ms = gaps.gap_ms(problems.time_ns)) {
      problems.report(
          "gap", fmt::format("no line for {:.0f} ms (usually {:.0f})", *gap_ms, gaps.usual_ms()));
    }
    follower.follow(line_, values, problems);
    sink.line(problems.time_ns, text_);
    sink.sample(problems.time_ns, values);
  }
}

SensorBackend tegrastats_sensor() {
  SensorBackend backend;
  backend.name = "tegrastats";
  backend.summary = "the rails that NVIDIA's tegrastats prints, any Jetson from TX1 to Thor";
  backend.auto_rank = 80;
  backend.probe = probe;
  backend.create = create;
  return backend;
}

}  // namespace layerwatt
