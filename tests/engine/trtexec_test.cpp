#include "engine/trtexec.hpp"

#include <gmock/gmock.h>

#include <sstream>

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
  // Half a microsecond is what two events can be off against each other.
  EXPECT_EQ(times[0].compute_end_ms, 2.0005);
  EXPECT_EQ(times[0].end_ms, 2.0005);
  EXPECT_EQ(times[1].compute_start_ms, 2.0005);
  EXPECT_EQ(times[1].end_ms, 3.5005);
}

// An inference's stamps, as trtexec keeps them.
struct Trace {
  float compute_start_ms;
  float compute_end_ms;
  float d2h_end_ms;
};

// In the very form of trtexec 8.5 to 11.1: floats, printed as a stream does by itself.
std::string exported_times(const std::vector<Trace>& traces) {
  std::ostringstream out;
  out << "[\n";
  const char* sep = "  ";
  for (const Trace& t : traces) {
    const float compute = t.compute_end_ms - t.compute_start_ms;
    const float d2h = t.d2h_end_ms - t.compute_end_ms;
    out << sep << "{ ";
    sep = ", ";
    out << R"("startEnqMs" : )" << t.compute_start_ms - 1.0F << sep << R"("endEnqMs" : )"
        << t.compute_start_ms - 0.9F << sep << R"("startH2dMs" : )" << t.compute_start_ms << sep
        << R"("endH2dMs" : )" << t.compute_start_ms << sep << R"("startComputeMs" : )"
        << t.compute_start_ms << sep << R"("endComputeMs" : )" << t.compute_end_ms << sep
        << R"("startD2hMs" : )" << t.compute_end_ms << sep << R"("endD2hMs" : )" << t.d2h_end_ms
        << sep << R"("h2dMs" : )" << 0.0F << sep << R"("computeMs" : )" << compute << sep
        << R"("d2hMs" : )" << d2h << sep << R"("latencyMs" : )" << compute + d2h << " }\n";
  }
  out << "]\n";
  return out.str();
}

TEST(Trtexec, DurationsStayFineWhereStampsArePrintedCoarsely) {
  for (const double start_ms : {10.0, 12'000.0, 125'000.0, 1'500'000.0}) {
    SCOPED_TRACE(start_ms);
    constexpr std::size_t kCount = 400;
    std::vector<Trace> traces;
    for (std::size_t i = 0; i < kCount; ++i) {
      // A power of two, which single precision holds at every time here.
      const double begin_ms = start_ms + static_cast<double>(i) * 0.375;
      traces.push_back({static_cast<float>(begin_ms), static_cast<float>(begin_ms + 0.25),
                        static_cast<float>(begin_ms + 0.25)});
    }
    const auto times = parse_trtexec_times(exported_times(traces), "t");
    ASSERT_EQ(times.size(), kCount);
    for (std::size_t i = 0; i < kCount; ++i) {
      EXPECT_NEAR(times[i].compute_end_ms - times[i].compute_start_ms, 0.25, 1e-9) << i;
      EXPECT_GE(times[i].end_ms, times[i].compute_end_ms) << i;
      EXPECT_GE(times[i].compute_start_ms, i == 0 ? 0.0 : times[i - 1].end_ms) << i;
      EXPECT_NEAR(times[i].compute_start_ms, traces[i].compute_start_ms,
                  trtexec_stamp_step_ms(times))
          << i;
    }
  }
  const auto late =
      parse_trtexec_times(exported_times({{125'000.0F, 125'000.25F, 125'001.0F}}), "t");
  EXPECT_EQ(trtexec_stamp_step_ms(late), 1.0);
  EXPECT_DOUBLE_EQ(late[0].end_ms - late[0].compute_end_ms, 0.75) << "the copy of the outputs";
}

TEST(Trtexec, InferencesBesideEachOtherAreSeenWhereStampsAreCoarse) {
  EXPECT_THROW(parse_trtexec_times(exported_times({{125'000.0F, 125'004.0F, 125'004.0F},
                                                   {125'002.0F, 125'006.0F, 125'006.0F}}),
                                   "t"),
               Error);
}

// As trtexec prints them: the name is not escaped, and a share of nothing is no number.
TEST(Trtexec, ReadsALayersNameThatMakesItsFileNoJson) {
  const TrtexecProfile profile = parse_trtexec_profile(R"([
  { "count" : 2 }
, { "name" : "say "hi", C:\net", "timeMs" : 4, "averageMs" : 2, "medianMs" : 2, "percentage" : 66.6667 }
, { "name" : "plain", "timeMs" : 2, "averageMs" : 1, "medianMs" : 1, "percentage" : -nan }
]
)",
                                                       "p");
  EXPECT_THAT(profile.layers, ElementsAre(R"(say "hi", C:\net)", "plain"));
  EXPECT_THAT(profile.mean_ms, ElementsAre(2.0, 1.0));
}

TEST(Trtexec, ReadsTheProfilesOfOlderVersions) {
  // 8.2 has no median; before, there was no mean either.
  const TrtexecProfile older = parse_trtexec_profile(
      R"([ { "count" : 4 }, { "name" : "a", "timeMs" : 8, "percentage" : 100 } ])", "p");
  EXPECT_THAT(older.mean_ms, ElementsAre(2.0));
}

TEST(Trtexec, RefusesWhatItCannotUse) {
  EXPECT_THROW(parse_trtexec_profile("[", "p"), Error);
  EXPECT_THROW(parse_trtexec_profile("{}", "p"), Error);
  EXPECT_THROW(parse_trtexec_profile(R"([{"count":3}])", "p"), Error);
  EXPECT_THROW(parse_trtexec_profile(R"([{"count":3},{"name":"a"}])", "p"), Error);
  EXPECT_THROW(parse_trtexec_profile(R"([{"count":1e136},{"name":"a","averageMs":2}])", "p"),
               Error);
  EXPECT_THROW(parse_trtexec_times("[]", "t"), Error);
  try {
    // Brackets that are a text's before the name's quote is escaped, and not after.
    parse_trtexec_profile(
        "[\n{ \"name\" : \"a\"b\", \"timeMs\" : " + std::string(100'000, '[') + "\"", "p");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_NE(error.problem().find("nested"), std::string::npos) << error.problem();
  }
  EXPECT_THROW(parse_trtexec_times(R"([{"startComputeMs":3,"endComputeMs":2}])", "t"), Error);
  EXPECT_THROW(parse_trtexec_times(R"([{"startComputeMs":3,"endComputeMs":4e75}])", "t"), Error);
  EXPECT_THROW(
      parse_trtexec_times(R"([{"startComputeMs":3,"endComputeMs":4,"endD2hMs":4e75}])", "t"),
      Error);
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
