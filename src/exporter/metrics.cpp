#include "exporter/metrics.hpp"

#include <cmath>
#include <stdexcept>

#include "core/without_middle.hpp"
#include "recording/csv_cells.hpp"

namespace layerwatt::exporter {
namespace {

constexpr MetricType kGauge = MetricType::gauge;
constexpr MetricType kCounter = MetricType::counter;

constexpr Metric kMetrics[] = {
    {"layerwatt_build_info", kGauge, "Always 1; the version of layerwatt."},
    {"layerwatt_device_info", kGauge, "Always 1; what this machine is, as its firmware says."},
    {"layerwatt_sensor_info", kGauge,
     "Always 1; the power sensor, what its total covers, and whether it measures."},
    {"layerwatt_sensor_up", kGauge, "1 while readings come, 0 when the sensor is lost or stale."},
    {"layerwatt_sensor_sample_age_seconds", kGauge, "Time since the latest reading."},
    {"layerwatt_sensor_last_sample_timestamp_seconds", kGauge, "Unix time of the latest reading."},
    {"layerwatt_sensor_samples_total", kCounter, "Readings that came."},
    {"layerwatt_sensor_missed_readings_total", kCounter,
     "Readings that were due by the sensor's period and did not come."},
    {"layerwatt_sensor_incidents_total", kCounter,
     "Things that went wrong, by kind; the same message is told once a start of the sensor."},
    {"layerwatt_sensor_restarts_total", kCounter, "Times that the sensor was opened again."},
    {"layerwatt_power_watts", kGauge,
     "Power of what the sensor's total covers; of an energy counter the mean of about a second."},
    {"layerwatt_energy_joules_total", kCounter,
     "Energy since the exporter's start, over layerwatt_observed_seconds_total."},
    {"layerwatt_observed_seconds_total", kCounter,
     "Time that layerwatt_energy_joules_total covers; gaps between readings are in neither."},
    {"layerwatt_rail_power_watts", kGauge, "Power of one rail."},
    {"layerwatt_rail_energy_joules_total", kCounter, "Energy of one rail since the start."},
    {"layerwatt_rail_observed_seconds_total", kCounter,
     "Time that layerwatt_rail_energy_joules_total covers."},
    {"layerwatt_rail_lost_readings_total", kCounter, "Readings in which the rail was missing."},
    {"layerwatt_temperature_celsius", kGauge, "Temperature, where the sensor prints it."},
    {"layerwatt_clock_hertz", kGauge, "Clock, where the sensor prints it."},
    {"layerwatt_result_info", kGauge, "Always 1; the profile that the figures below are from."},
    {"layerwatt_result_timestamp_seconds", kGauge, "Unix time at which its result was written."},
    {"layerwatt_result_layers", kGauge, "Layers that it has."},
    {"layerwatt_inference_time_seconds", kGauge, "Mean latency of an inference."},
    {"layerwatt_inference_energy_joules", kGauge, "Energy of an inference."},
    {"layerwatt_outside_layers_energy_joules", kGauge,
     "Energy of an inference that is in none of its layers."},
    {"layerwatt_layer_time_seconds", kGauge, "Mean time of a layer in an inference."},
    {"layerwatt_layer_energy_joules", kGauge,
     "Energy of a layer in an inference; reason not_separable: a share by time of its group's."},
    {"layerwatt_layers_without_energy", kGauge, "Layers whose energy is not known."},
    {"layerwatt_results_unreadable", kGauge, "Result files that could not be read."},
};

}  // namespace

std::span<const Metric> metrics() { return kMetrics; }

Families::Families() {
  for (const Metric& metric : kMetrics) families_.push_back({&metric, {}});
}

void Families::add(std::string_view name, Labels labels, double value) {
  for (Family& family : families_) {
    if (name != family.metric->name) continue;
    if (!std::isfinite(value)) return;
    Sample sample{{}, value};
    for (auto& [label, text] : labels) {
      if (!text.empty()) sample.labels.emplace_back(std::move(label), label_value(text));
    }
    family.samples.push_back(std::move(sample));
    return;
  }
  throw std::logic_error("no metric " + std::string(name));
}

std::vector<Family> Families::take() && {
  std::vector<Family> told;
  for (Family& family : families_) {
    if (!family.samples.empty()) told.push_back(std::move(family));
  }
  return told;
}

std::string label_value(std::string_view text) {
  return without_middle(recording::to_utf8(text), kMostLabelBytes, "…");
}

}  // namespace layerwatt::exporter
