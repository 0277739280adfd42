// The running of a sweep: every step set, measured and noted.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "cli/sweep_plan.hpp"
#include "cli/sweep_settings.hpp"
#include "layerwatt/profile.hpp"
#include "report/sweep_reports.hpp"

namespace layerwatt::cli {

inline constexpr const char* kBatchPlace = "{batch}";

struct SweepCommand {
  std::vector<std::string> models;
  ProfileOptions options;
  std::string method = "auto";
  std::vector<std::string> shapes;
  std::string batch;
  std::string precision;
  std::string threads;
  std::string nvpmodel;
  std::string power_cap;
  std::string gpu_clock;
  SettingFlags machine;
  double settle_s = 3.0;
  bool yes = false;
  bool dry_run = false;
  bool restore = false;
  std::string folder;
  std::string json;
  std::string html;
};

// An axis of the sweep with what it does to a run: a machine setting, or an option of the engine.
struct Axis {
  SweepAxis values;
  std::optional<MachineSetting> setting;
  std::function<void(ProfileOptions&, const std::string&)> apply;
};

std::string replaced(std::string text, const std::string& from, const std::string& to);

// One thread. A step that fails is noted, and the others go on.
class Sweep {
 public:
  Sweep(Program& program, SweepCommand& command, std::vector<Axis> axes);

  void run();
  bool interrupted() const { return interrupted_; }
  const SweepReport& report() const { return report_; }

 private:
  void step(std::size_t number, std::size_t of, const SweepStep& values,
            const std::atomic<bool>& stop);
  void measure(SweepPoint& point, std::size_t number, const SweepStep& values,
               const std::atomic<bool>& stop);
  Profile profiled(ProfileOptions& options);
  void set_machine(const SweepStep& values);
  void take_figures(SweepPoint& point, const Result& result);

  Program& program_;
  SweepCommand& command_;
  std::vector<Axis> axes_;
  std::vector<SweepAxis> plain_axes_;
  std::vector<std::optional<std::string>> current_;  // of the machine settings, as made last
  SweepReport report_;
  bool interrupted_ = false;
};

}  // namespace layerwatt::cli
