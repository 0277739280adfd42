#include "profile/choose.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/scratch_directory.hpp"
#include "fakes/simulated_model.hpp"
#include "layerwatt/error.hpp"
#include "sim/device.hpp"

namespace layerwatt {
namespace {

using testing::HasSubstr;

template <class Action>
Error error_of(const Action& action) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_NE(error.hint(), "") << error.what();
    return error;
  }
  ADD_FAILURE() << "no error";
  return Error(ErrorKind::gate, "none");
}

TEST(ChooseEngine, ByTheEndingOrByName) {
  const fakes::ScratchDirectory scratch;
  const auto model = scratch.write("m.sim.json", fakes::simulated_model());
  const Host host;
  EXPECT_EQ(choose_engine(host, "auto", model).backend->name, "sim");
  EXPECT_THAT(choose_engine(host, "auto", model).why, HasSubstr("m.sim.json"));
  EXPECT_EQ(choose_engine(host, "sim", model).why, "engine sim: asked for");
}

TEST(ChooseEngine, WhatCannotBeIsToldWithAHint) {
  const fakes::ScratchDirectory scratch;
  const auto text = scratch.write("m.txt", "");
  const Host host;
  EXPECT_EQ(error_of([&] { choose_engine(host, "auto", "/no/such.onnx"); }).kind(),
            ErrorKind::bad_input);
  EXPECT_EQ(error_of([&] { choose_engine(host, "auto", text); }).kind(), ErrorKind::usage);
  const Error unknown = error_of([&] { choose_engine(host, "warp", text); });
  EXPECT_EQ(unknown.kind(), ErrorKind::usage);
  EXPECT_THAT(unknown.hint(), HasSubstr("sim"));
}

TEST(ChooseSensor, NoneIsNoSensor) {
  const ChosenSensor chosen = open_sensor_choice(Host{}, "none", {});
  EXPECT_EQ(chosen.sensor, nullptr);
  EXPECT_THAT(chosen.why, HasSubstr("times alone"));
}

TEST(ChooseSensor, ASimulatedBoardHasItsOwn) {
  const fakes::ScratchDirectory scratch;
  Host host;
  sim::attach_device(host, scratch.write("m.sim.json", fakes::simulated_model()));
  EXPECT_EQ(open_sensor_choice(host, "auto", {}).sensor->info().kind, "simulated");
  const Error real = error_of([&] { open_sensor_choice(host, "estimate", {}); });
  EXPECT_EQ(real.kind(), ErrorKind::usage);
  EXPECT_THAT(real.problem(), HasSubstr("virtual time"));
}

TEST(ChooseSensor, WhatFollowsTheColonIsItsArgument) {
  const fakes::ScratchDirectory scratch;
  const auto power = scratch.write("a:b.csv", "time_ns,VDD_IN\n");
  EXPECT_NE(open_sensor_choice(Host{}, "file:" + power.string(), {}).sensor, nullptr);
  const Error absent = error_of([] { open_sensor_choice(Host{}, "file:/no/such", {}); });
  EXPECT_EQ(absent.kind(), ErrorKind::sensor);
  EXPECT_THAT(absent.problem(), HasSubstr("/no/such"));
}

TEST(ChooseSensor, AnUnknownNameListsTheKnownOnes) {
  const Error unknown = error_of([] { open_sensor_choice(Host{}, "sundial", {}); });
  EXPECT_EQ(unknown.kind(), ErrorKind::usage);
  EXPECT_THAT(unknown.hint(), HasSubstr("tegrastats"));
}

}  // namespace
}  // namespace layerwatt
