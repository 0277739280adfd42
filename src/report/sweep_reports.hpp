// What a sweep found: one point a combination of settings, and which of them nothing beats.
#pragma once

#include <cstddef>
#include <iosfwd>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "layerwatt/report.hpp"
#include "layerwatt/result.hpp"

namespace layerwatt {

struct SweepPoint {
  std::vector<std::pair<std::string, std::string>> settings;  // ("batch", "4"), …
  Known<Estimate> latency_ms;                                 // of an inference
  Known<Estimate> energy_mj;  // of an item: an inference divided by its batch
  Known<Estimate> power_mw;
  double batch = 1.0;
  std::string failure;  // why there is no figure; empty where it ran
  std::string file;     // of its result; empty where it was not kept
};

struct SweepReport {
  std::string model;
  std::string power_source;  // in words
  bool measured = true;
  std::vector<SweepPoint> points;
};

// Which points no other one beats in one of the two without losing in the other. Points without
// both figures are never in front.
std::vector<bool> pareto_front(const std::vector<SweepPoint>& points);

// "batch 4, precision f16"; "as it is" without settings.
std::string settings_words(const SweepPoint& point);

// layerwatt.sweep/1.
nlohmann::ordered_json sweep_json(const SweepReport& report);
void write_sweep_json(std::ostream& out, const SweepReport& report);
void write_sweep_table(std::ostream& out, const SweepReport& report, const ReportOptions& options);
void write_sweep_html(std::ostream& out, const SweepReport& report);

}  // namespace layerwatt
