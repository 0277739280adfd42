// What `layerwatt selftest` looks at, and what it says of it. The verdicts are arithmetic.
#pragma once

#include <atomic>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "layerwatt/host.hpp"
#include "layerwatt/result.hpp"
#include "layerwatt/sensor.hpp"

namespace layerwatt::cli {

enum class Verdict { good, doubtful, failed, skipped };
const char* to_string(Verdict verdict);

struct SelfCheck {
  std::string name;
  Verdict verdict = Verdict::skipped;
  std::string message;
  nlohmann::ordered_json figures = nlohmann::ordered_json::object();
};

struct SelfTestOptions {
  double seconds = 10.0;  // of each of the two measured runs
  std::string sensor = "auto";
  SensorOptions sensor_options;
  const std::atomic<bool>* stop = nullptr;
};

// Sensors, the GPU's clock on the host's, two runs of a built-in workload with the sensor beside it
// and one without. What cannot be looked at here is skipped, and said so; nothing is thrown for it.
std::vector<SelfCheck> run_self_test(const Host& host, const SelfTestOptions& options);

// Σ layers + outside over what the sensor saw.
Verdict judge_closure(double ratio);
// Largest relative difference of two runs.
Verdict judge_repeat(double relative);
// Latency with the sensor beside it over latency without.
Verdict judge_overhead(double ratio);
Verdict judge_clock(double uncertainty_us);

}  // namespace layerwatt::cli
