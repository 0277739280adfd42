// What the simulated board really did: the figures that a measurement of it should find.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "sim/response.hpp"
#include "sim/spec.hpp"
#include "sim/workload.hpp"

namespace layerwatt::sim {

// Averages over the inferences that were really drawn, not the nominal figures of the spec.
struct StretchTruth {
  double time_ms = 0.0;
  std::vector<double> power_mw;   // one a rail, mean while it runs
  std::vector<double> energy_mj;  // one a rail, per inference
};

struct Truth {
  std::size_t iterations = 0;
  std::vector<StretchTruth> layers;     // empty without iterations, like the next two
  std::optional<StretchTruth> outside;  // only where the spec has it
  std::optional<StretchTruth> total;    // from start to end of an inference
  std::optional<double> grid_phase_ms;  // the one drawn, where there is a grid
};

// Adds up; memory does not grow with the number of inferences.
class TruthSum {
 public:
  TruthSum(std::size_t layers, bool has_outside, std::size_t rails);
  void add(const DrawnInference& inference);
  void reset();
  Truth truth() const;

 private:
  std::size_t layers_;
  bool has_outside_;
  std::size_t rails_;
  std::size_t iterations_ = 0;
  std::vector<double> time_ns_;    // one a stretch
  std::vector<double> energy_mj_;  // stretches × rails
};

// JSON, schema "layerwatt.truth/1" (docs/simulator.md). Totals are over the rails in the total.
std::string truth_json(const Spec& spec, const Truth& truth);
// Throws Error(io).
void write_truth(const std::filesystem::path& path, const Spec& spec, const Truth& truth);

}  // namespace layerwatt::sim
