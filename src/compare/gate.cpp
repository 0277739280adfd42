// Limits that a user sets: on a change (`compare --fail-if`) or on a figure (`profile --budget`).
#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <string_view>

#include "layerwatt/compare.hpp"
#include "layerwatt/error.hpp"

namespace layerwatt {
namespace {

struct FigureName {
  std::string_view name;
  Gate::Figure figure;
};
constexpr FigureName kFigures[] = {{"latency", Gate::Figure::latency},
                                   {"time", Gate::Figure::latency},
                                   {"energy", Gate::Figure::energy},
                                   {"power", Gate::Figure::power}};

struct UnitName {
  std::string_view name;
  Gate::Figure figure;
  double factor;  // to ms, mJ, mW
};
constexpr UnitName kUnits[] = {
    {"ms", Gate::Figure::latency, 1.0},  {"us", Gate::Figure::latency, 1e-3},
    {"µs", Gate::Figure::latency, 1e-3}, {"s", Gate::Figure::latency, 1e3},
    {"mJ", Gate::Figure::energy, 1.0},   {"uJ", Gate::Figure::energy, 1e-3},
    {"µJ", Gate::Figure::energy, 1e-3},  {"J", Gate::Figure::energy, 1e3},
    {"mW", Gate::Figure::power, 1.0},    {"W", Gate::Figure::power, 1e3},
};

constexpr const char* kGateHint =
    "for example energy>+5%, latency>+0.5ms, layer:energy>+10% or layer(/conv1/Conv):power>+1W";
constexpr const char* kBudgetHint = "for example energy<500mJ, latency<20ms or power<15W";

const char* unit_of(Gate::Figure figure) {
  return figure == Gate::Figure::latency ? "ms" : figure == Gate::Figure::energy ? "mJ" : "mW";
}

class Parser {
 public:
  Parser(const std::string& text, const char* hint) : text_(text), rest_(text), hint_(hint) {}

  Gate operator()() {
    Gate gate;
    gate.text = text_;
    layer(gate);
    figure(gate);
    spaces();
    if (take(">")) {
      gate.above = true;
    } else if (take("<")) {
      gate.above = false;
    } else {
      fail("a '>' or '<' is expected");
    }
    take("=");
    limit(gate);
    return gate;
  }

  [[noreturn]] void fail(const std::string& what) const {
    throw Error(ErrorKind::usage, fmt::format("'{}': {}", text_, what), {}, hint_);
  }

 private:
  bool take(std::string_view word) {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  void spaces() {
    while (take(" ")) {
    }
  }

  void layer(Gate& gate) {
    spaces();
    if (take("layer:")) {
      gate.over = Gate::Over::any_layer;
    } else if (take("layer(")) {
      // The last "):" ends the name, since names hold brackets.
      const auto end = rest_.rfind("):");
      if (end == std::string_view::npos) fail("the layer's name does not end with '):'");
      gate.over = Gate::Over::named_layer;
      gate.layer = std::string(rest_.substr(0, end));
      rest_.remove_prefix(end + 2);
    } else {
      take("total:");
    }
  }

  void figure(Gate& gate) {
    spaces();
    for (const FigureName& known : kFigures) {
      if (take(known.name)) {
        gate.figure = known.figure;
        return;
      }
    }
    fail("latency, energy or power is expected");
  }

  void limit(Gate& gate) {
    spaces();
    take("+");
    const auto [end, problem] =
        std::from_chars(rest_.data(), rest_.data() + rest_.size(), gate.limit);
    if (problem != std::errc() || !std::isfinite(gate.limit)) fail("a number is expected");
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    spaces();
    while (rest_.ends_with(' ')) rest_.remove_suffix(1);
    if (rest_ == "%") {
      gate.relative = true;
      gate.limit /= 100.0;
      return;
    }
    for (const UnitName& known : kUnits) {
      if (rest_ == known.name && gate.figure == known.figure) {
        gate.limit *= known.factor;
        return;
      }
    }
    fail(fmt::format("'{}' is no unit of it: % or {} is expected", rest_, unit_of(gate.figure)));
  }

  const std::string& text_;
  std::string_view rest_;
  const char* hint_;
};

const Change& figure_of(const Changes& changes, Gate::Figure figure) {
  switch (figure) {
    case Gate::Figure::latency:
      return changes.time_ms;
    case Gate::Figure::power:
      return changes.power_mw;
    case Gate::Figure::energy:
      break;
  }
  return changes.energy_mj;
}

std::string in_words(const Change& change, Gate::Figure figure) {
  if (!change.difference) return "not known (" + change.difference.reason() + ")";
  return fmt::format("{:.4g} → {:.4g} {}{}", change.before->mean, change.after->mean,
                     unit_of(figure),
                     change.relative ? fmt::format(", {:+.2f} %", 100.0 * *change.relative) : "");
}

GateOutcome judge_change(const Gate& gate, const Change& change, const CompareOptions& options,
                         const std::string& whose) {
  const std::string words = whose + ": " + in_words(change, gate.figure);
  if (!change.difference || (gate.relative && !change.relative)) {
    return {GateState::undecided, words};
  }
  const double moved = gate.relative ? *change.relative : change.difference->mean;
  if (gate.above ? moved <= gate.limit : moved >= gate.limit) return {GateState::passed, words};
  if (!change.p_adjusted) return {GateState::undecided, words + ", without an interval"};
  if (*change.p_adjusted >= options.alpha) {
    return {GateState::passed, words + ", which is within what the measurements scatter"};
  }
  return {GateState::failed, words};
}

GateOutcome worst(const std::vector<GateOutcome>& outcomes) {
  GateOutcome result{GateState::passed, "no layer passes the limit"};
  std::size_t failed = 0;
  for (const GateOutcome& outcome : outcomes) {
    if (outcome.state == GateState::failed) ++failed;
    const bool first_failed = outcome.state == GateState::failed && failed == 1;
    const bool first_undecided =
        outcome.state == GateState::undecided && result.state == GateState::passed;
    if (first_failed || first_undecided) result = outcome;
  }
  if (failed > 1) result.why += fmt::format(" (and {} more layers)", failed - 1);
  return result;
}

}  // namespace

Gate parse_gate(const std::string& text) { return Parser(text, kGateHint)(); }

Gate parse_budget(const std::string& text) {
  const Parser parser(text, kBudgetHint);
  const Gate gate = Parser(text, kBudgetHint)();
  if (gate.above) parser.fail("a budget is an upper limit: '<' is expected");
  if (gate.relative) parser.fail("a budget is in ms, mJ or mW, not in %");
  if (gate.over == Gate::Over::any_layer) return gate;
  return gate;
}

GateOutcome judge(const Gate& gate, const Comparison& comparison) {
  if (gate.over == Gate::Over::total) {
    return judge_change(gate, figure_of(comparison.total, gate.figure), comparison.options,
                        "one inference");
  }
  std::vector<GateOutcome> outcomes;
  for (const CompareRow& row : comparison.rows) {
    if (gate.over == Gate::Over::named_layer && row.name != gate.layer) continue;
    // A layer without a counterpart did not change; whether the whole is worse, the total says.
    if (gate.over == Gate::Over::any_layer &&
        (row.kind == MatchKind::only_before || row.kind == MatchKind::only_after ||
         !figure_of(row.changes, gate.figure).difference)) {
      continue;
    }
    outcomes.push_back(
        judge_change(gate, figure_of(row.changes, gate.figure), comparison.options, row.name));
  }
  if (outcomes.empty()) {
    return {GateState::undecided, gate.over == Gate::Over::named_layer
                                      ? "no layer is called '" + gate.layer + "'"
                                      : "no layer has a figure on both sides"};
  }
  return worst(outcomes);
}

GateOutcome judge_budget(const Gate& budget, const Result& result) {
  const auto one = [&](const Known<double>& value, const std::string& whose) -> GateOutcome {
    if (!value) return {GateState::undecided, whose + ": not known (" + value.reason() + ")"};
    const std::string words =
        fmt::format("{}: {:.4g} {}, the budget is {:.4g} {}", whose, *value, unit_of(budget.figure),
                    budget.limit, unit_of(budget.figure));
    return {*value < budget.limit ? GateState::passed : GateState::failed, words};
  };
  const auto mean = [](const auto& known) -> Known<double> {
    if (!known) return Missing{known.reason()};
    return known->mean;
  };
  const auto figure = [&](const auto& of) {
    return budget.figure == Gate::Figure::latency  ? mean(of.time_ms)
           : budget.figure == Gate::Figure::energy ? mean(of.energy_mj)
                                                   : mean(of.power_mw);
  };
  if (budget.over == Gate::Over::total) return one(figure(result.total), "one inference");
  std::vector<GateOutcome> outcomes;
  for (const LayerResult& layer : result.layers) {
    if (budget.over == Gate::Over::named_layer && layer.name != budget.layer) continue;
    outcomes.push_back(one(figure(layer), layer.name));
  }
  if (outcomes.empty()) {
    return {GateState::undecided, "no layer is called '" + budget.layer + "'"};
  }
  return worst(outcomes);
}

}  // namespace layerwatt
