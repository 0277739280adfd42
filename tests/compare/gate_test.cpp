#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "layerwatt/compare.hpp"
#include "layerwatt/error.hpp"
#include "report/sample.hpp"

namespace layerwatt {
namespace {

using testing::HasSubstr;

TEST(ParseGate, WhatUsersWrite) {
  Gate gate = parse_gate("energy>+5%");
  EXPECT_EQ(gate.figure, Gate::Figure::energy);
  EXPECT_EQ(gate.over, Gate::Over::total);
  EXPECT_TRUE(gate.above);
  EXPECT_TRUE(gate.relative);
  EXPECT_DOUBLE_EQ(gate.limit, 0.05);

  gate = parse_gate("latency > 0.5 ms");
  EXPECT_EQ(gate.figure, Gate::Figure::latency);
  EXPECT_FALSE(gate.relative);
  EXPECT_DOUBLE_EQ(gate.limit, 0.5);

  gate = parse_gate("layer:power>=+1W");
  EXPECT_EQ(gate.over, Gate::Over::any_layer);
  EXPECT_DOUBLE_EQ(gate.limit, 1000.0);

  gate = parse_gate("layer(a (b): c):energy<-10uJ");
  EXPECT_EQ(gate.over, Gate::Over::named_layer);
  EXPECT_EQ(gate.layer, "a (b): c");
  EXPECT_FALSE(gate.above);
  EXPECT_DOUBLE_EQ(gate.limit, -0.01);
}

TEST(ParseGate, RefusesTheRestWithAHint) {
  for (const char* text :
       {"", "energy", "energy>", "energy>x%", "energy>5", "energy>5ms", "speed>5%", "energy>5%%",
        "energy>nan%", "energy>inf%", "layer(a:energy>5%", "energy=5%"}) {
    try {
      parse_gate(text);
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::usage) << text;
      EXPECT_THAT(error.hint(), HasSubstr("energy>+5%"));
    }
  }
}

TEST(ParseBudget, IsAnUpperLimitInAUnit) {
  EXPECT_DOUBLE_EQ(parse_budget("energy<0.5J").limit, 500.0);
  for (const char* text : {"energy>5mJ", "energy<5%", "energy<5W"}) {
    EXPECT_THROW(parse_budget(text), Error) << text;
  }
}

Result with_energy(double mean, double half) {
  Result result = sample::board();
  result.groups.clear();
  for (LayerResult& layer : result.layers) layer.group.reset();
  result.total.energy_mj = sample::estimate(mean, half);
  result.layers[2].energy_mj = sample::estimate(mean / 2, half / 2);
  return result;
}

GateState state_of(const char* gate, const Result& before, const Result& after) {
  return judge(parse_gate(gate), compare(before, after)).state;
}

TEST(Judge, FailsOnlyBeyondTheLimitAndWhenSignificant) {
  const Result before = with_energy(100, 1);
  EXPECT_EQ(state_of("energy>+5%", before, with_energy(104, 1)), GateState::passed) << "below it";
  EXPECT_EQ(state_of("energy>+5%", before, with_energy(106, 1)), GateState::failed);
  EXPECT_EQ(state_of("energy>+5%", before, with_energy(106, 20)), GateState::passed) << "noise";
  EXPECT_EQ(state_of("energy>+5mJ", before, with_energy(106, 1)), GateState::failed);
  EXPECT_EQ(state_of("energy<-5%", before, with_energy(90, 1)), GateState::failed);
  EXPECT_EQ(state_of("energy>+5%", before, with_energy(50, 1)), GateState::passed) << "better";
}

TEST(Judge, Layers) {
  const Result before = with_energy(100, 1);
  const Result after = with_energy(120, 1);
  EXPECT_EQ(state_of("layer:energy>+10%", before, after), GateState::failed);
  EXPECT_EQ(state_of("layer(fc):energy>+10%", before, after), GateState::failed);
  EXPECT_EQ(state_of("layer(fc):latency>+10%", before, after), GateState::passed);
  EXPECT_EQ(state_of("layer(no such):energy>+10%", before, after), GateState::undecided);
}

TEST(Judge, NothingToJudgeByIsUndecided) {
  EXPECT_EQ(state_of("energy>+5%", sample::times_alone(), sample::times_alone()),
            GateState::undecided);
  Result bare = with_energy(150, 1);
  bare.total.energy_mj.value().ci95.reset();
  EXPECT_EQ(state_of("energy>+5%", with_energy(100, 1), bare), GateState::undecided);
}

TEST(JudgeBudget, HoldsTheMeanAgainstTheLimit) {
  const Result board = sample::board();
  EXPECT_EQ(judge_budget(parse_budget("energy<100mJ"), board).state, GateState::passed);
  EXPECT_EQ(judge_budget(parse_budget("energy<99mJ"), board).state, GateState::failed);
  EXPECT_EQ(judge_budget(parse_budget("latency<10ms"), board).state, GateState::failed);
  EXPECT_EQ(judge_budget(parse_budget("layer(fc):energy<70mJ"), board).state, GateState::failed);
  EXPECT_EQ(judge_budget(parse_budget("energy<1J"), sample::times_alone()).state,
            GateState::undecided);
}

}  // namespace
}  // namespace layerwatt
