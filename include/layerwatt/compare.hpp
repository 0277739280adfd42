// Two results, layer by layer: what changed, and whether the data carry it. Pure: knows no device.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "layerwatt/result.hpp"

namespace layerwatt {

enum class Verdict {
  better,       // lower, significantly, and by at least CompareOptions::min_change
  worse,        // higher, likewise
  negligible,   // significant, but smaller than min_change
  no_evidence,  // the difference is within what the measurements scatter
  unknown,      // one side has no value, or no interval to judge by
};

// One figure before and after. Lower is better for all of them.
struct Change {
  Known<Estimate> before;
  Known<Estimate> after;
  Known<Estimate> difference;      // after - before; ci95 is Welch's, for this difference alone
  std::optional<double> relative;  // difference / before
  std::optional<double> p;         // of no difference, two-sided, for this difference alone
  // Holm's: corrected for all the differences of this figure that were looked at together.
  std::optional<double> p_adjusted;
  Verdict verdict = Verdict::unknown;
};

struct Changes {
  Change time_ms;
  Change energy_mj;  // per inference
  Change power_mw;
};

enum class MatchKind {
  name,         // the same name on both sides; the k-th of equal names with the k-th
  nodes,        // other names, that share ONNX nodes: fused differently
  group,        // rows that the power data of one side cannot tell apart; energy only
  only_before,  // no counterpart
  only_after,
};

struct CompareRow {
  std::string name;
  MatchKind kind = MatchKind::name;
  std::vector<std::size_t> before;  // indices of layers
  std::vector<std::size_t> after;
  Changes changes;
};

struct CompareOptions {
  double alpha = 0.05;       // of each figure: chance that any of its verdicts is wrong
  double min_change = 0.01;  // smaller changes are negligible
};

struct Comparison {
  Changes total;  // one whole inference
  std::vector<CompareRow> rows;
  // What makes the two hard to compare: other scopes, clocks, temperatures, devices.
  std::vector<Warning> warnings;
  CompareOptions options;
};

// The intervals of the two results are taken as Student's t of as many degrees of freedom as the
// attribution uses (at most 19). Times and energies of layers that were fused differently are
// summed, their standard errors too, as if they moved together: never too narrow.
Comparison compare(const Result& before, const Result& after, const CompareOptions& options = {});

// The ONNX nodes in a layer's name, as TensorRT joins them: "a + b", "a || b", "PWN(a, b)",
// "{ForeignNode[a...b]}". Empty for layers that the engine put in ("Reformatting CopyNode …").
std::vector<std::string> onnx_nodes(const std::string& layer_name);

// A condition under which a comparison, or a result, is refused.
struct Gate {
  enum class Over { total, any_layer, named_layer };
  enum class Figure { latency, energy, power };
  std::string text;  // as the user wrote it
  Over over = Over::total;
  std::string layer;  // of named_layer
  Figure figure = Figure::energy;
  bool above = true;      // '>', else '<'
  bool relative = false;  // limit is a share of `before`; else in ms, mJ or mW
  double limit = 0.0;
};

enum class GateState { passed, failed, undecided };

struct GateOutcome {
  GateState state = GateState::passed;
  std::string why;  // one sentence
};

// "energy>+5%", "latency>+0.5ms", "layer:energy>+10%" (any layer), "layer(/conv1/Conv):power>+1W".
// Throws Error(usage).
Gate parse_gate(const std::string& text);
// A limit that must hold: "energy<500mJ", "latency<20ms", "power<15W". Throws Error(usage).
Gate parse_budget(const std::string& text);

// Fails where the change passes the limit and is significant. Undecided: nothing to judge by.
GateOutcome judge(const Gate& gate, const Comparison& comparison);
// Whether a budget holds: the mean against the limit. A figure that is missing does not hold it.
GateOutcome judge_budget(const Gate& budget, const Result& result);

const char* to_string(Verdict verdict) noexcept;  // "no_evidence"
const char* to_string(MatchKind kind) noexcept;

}  // namespace layerwatt
