#include "engine/trtexec.hpp"

#include <gmock/gmock.h>

#include "layerwatt/error.hpp"

namespace layerwatt {
namespace {

using ::testing::ElementsAre;

constexpr const char* kProfile = R"([
  { "count" : 4 }
, { "name" : "conv", "timeMs" : 4.0, "averageMs" : 1.0, "medianMs" : 0.9, "percentage" : 25 }
, { "name" : "conv", "timeMs" : 12.0, "averageMs" : 3.0, "medianMs" : 3.0, "percentage" : 75 }
])";

constexpr const char* kTimes = R"([
  { "startEnqMs" : 9.9, "endEnqMs" : 10, "startComputeMs" : 10, "endComputeMs" : 12,
    "endD2hMs" : 12.5, "computeMs" : 2, "latencyMs" : 2.5 }
, { "startComputeMs" : 13, "endComputeMs" : 18, "endD2hMs" : 18.25 }
])";

TEST(Trtexec, ReadsLayersByPlaceAndInferencesByTime) {
  const TrtexecProfile profile = parse_trtexec_profile(kProfile, "p");
  EXPECT_EQ(profile.count, 4u);
  EXPECT_THAT(profile.layers, ElementsAre("conv", "conv"));
  EXPECT_THAT(profile.mean_ms, ElementsAre(1.0, 3.0));
  const auto times = parse_trtexec_times(kTimes, "t");
  const Iterations iterations = trtexec_iterations(profile, times, 1'000'000'000);
  EXPECT_THAT(iterations.start_ns, ElementsAre(1'010'000'000, 1'013'000'000));
  EXPECT_THAT(iterations.end_ns, ElementsAre(1'012'500'000, 1'018'250'000));
  // Shortened into 2 ms; 5 ms are more than the layers need.
  EXPECT_THAT(iterations.layer_ms, ElementsAre(0.5, 1.5, 1.0, 3.0));
}

TEST(Trtexec, LaysItsClockByTheFilesTime) {
  EXPECT_EQ(trtexec_begin_by_file_time(parse_trtexec_times(kTimes, "t"), 100'000'000), 81'750'000);
}

TEST(Trtexec, AnOutputThatIsFetchedBesideTheNextInferenceEndsThere) {
  const auto times = parse_trtexec_times(
      R"([{"startComputeMs":1,"endComputeMs":2.0005,"endD2hMs":2.6},
          {"startComputeMs":2,"endComputeMs":3,"endD2hMs":3.5}])",
      "t");
  EXPECT_EQ(times[0].end_ms, 2.0);
  EXPECT_EQ(times[0].compute_end_ms, 2.0);
  EXPECT_EQ(times[1].end_ms, 3.5);
}

TEST(Trtexec, RefusesWhatItCannotUse) {
  EXPECT_THROW(parse_trtexec_profile("[", "p"), Error);
  EXPECT_THROW(parse_trtexec_profile("{}", "p"), Error);
  EXPECT_THROW(parse_trtexec_profile(R"([{"count":3}])", "p"), Error);
  EXPECT_THROW(parse_trtexec_profile(R"([{"count":3},{"name":"a"}])", "p"), Error);
  EXPECT_THROW(parse_trtexec_times("[]", "t"), Error);
  EXPECT_THROW(parse_trtexec_times(R"([{"startComputeMs":3,"endComputeMs":2}])", "t"), Error);
  try {
    parse_trtexec_times(R"([{"startComputeMs":1,"endComputeMs":4},
                            {"startComputeMs":2,"endComputeMs":5}])",
                        "times.json");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.where(), "times.json");
    EXPECT_NE(error.hint().find("--infStreams=1"), std::string::npos);
  }
}

}  // namespace
}  // namespace layerwatt
