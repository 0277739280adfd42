#include "layerwatt/profile_engine.hpp"

#include <gtest/gtest.h>

#include "fakes/fake_engine.hpp"
#include "fakes/scratch_directory.hpp"
#include "fakes/simulated_model.hpp"
#include "layerwatt/error.hpp"

namespace layerwatt {
namespace {

TEST(ProfileEngine, HasTheReferencesDefaults) {
  const ProfileEngineOptions options;
  EXPECT_EQ(options.iterations, 10000u);
  EXPECT_EQ(options.warmup_iterations, 10u);
  EXPECT_EQ(options.tegra_interval_ms, 5.0);
  EXPECT_TRUE(options.warmup);
  EXPECT_FALSE(options.cuda_graph) << "on where it can be";
}

TEST(ProfileEngine, ProfilesAFileWithExactlySoManyIterations) {
  fakes::ScratchDirectory scratch;
  const auto model = scratch.write("three.sim.json", fakes::simulated_model());
  ProfileEngineOptions options;
  options.iterations = 60;
  std::string notes;
  options.verbose = [&](const std::string& note) { notes += note + "\n"; };
  options.save = scratch / "kept";
  const Profile profile = profile_engine(model, options);
  EXPECT_EQ(profile.result.iterations, 60u);
  EXPECT_EQ(profile.result.layers.size(), 3u);
  EXPECT_NE(notes.find("engine sim"), std::string::npos) << notes;
  EXPECT_TRUE(std::filesystem::exists(scratch / "kept/manifest.json"));
}

TEST(ProfileEngine, ProfilesAnEngineOfTheCallersOwn) {
  Host host;
  auto clock = std::make_shared<fakes::TickingClock>(1'000'000'000);
  host.clock = clock;
  fakes::FakeEngine engine(*clock, {2.0, 3.0}, 1.0);
  ProfileEngineOptions options;
  options.iterations = 40;
  options.sensor = "none";
  const Profile profile = profile_engine(engine, options, host);
  EXPECT_EQ(engine.loads, 1u);
  EXPECT_EQ(engine.inferences, 50u) << "10 of them to warm up";
  EXPECT_EQ(profile.result.iterations, 40u);
  EXPECT_NEAR(profile.result.layers[1].time_ms->mean, 3.0, 1e-6);
  EXPECT_NEAR(profile.result.outside_layers.time_ms->mean, 1.0, 1e-6);
  options.warmup = false;
  profile_engine(engine, options, host);
  EXPECT_EQ(engine.inferences, 90u);
  options.device = 1;
  EXPECT_THROW(profile_engine(engine, options, host), Error);
}

}  // namespace
}  // namespace layerwatt
