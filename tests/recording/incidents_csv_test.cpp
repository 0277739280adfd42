#include "recording/incidents_csv.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "temp_dir.hpp"

namespace layerwatt::recording {
namespace {

using testing::HasSubstr;

TEST(Incidents, ReadBackAsTheyWere) {
  const Incident incident{1753900000000000001, "gap", "8 ms,\n\"late\" 层"};
  const auto file = read_incidents(std::string(kIncidentsHeader) + incident_row(incident), "i");
  ASSERT_EQ(file.incidents.size(), 1U);
  EXPECT_EQ(file.incidents[0].time_ns, incident.time_ns);
  EXPECT_EQ(file.incidents[0].code, incident.code);
  EXPECT_EQ(file.incidents[0].message, incident.message);
  EXPECT_FALSE(file.truncated);
}

TEST(Incidents, ACutRowIsLeftOut) {
  for (const auto* cut : {"2,gap,b", "2,gap,\"b\nc", "2", "2,gap,\""}) {
    const auto file = read_incidents(std::string("time_ns,code,message\r\n1,gap,a\r\n") + cut, "i");
    EXPECT_EQ(file.incidents.size(), 1U) << cut;
    EXPECT_TRUE(file.truncated) << cut;
  }
}

TEST(Incidents, NameTheLineThatIsWrong) {
  auto error = error_of([] { read_incidents("a,b\n", "i"); }, ErrorKind::bad_input);
  EXPECT_EQ(error.where(), "i:1");
  error = error_of([] { read_incidents("time_ns,code,message\n1,gap,\"a\nb\"\nx,gap,c\n", "i"); },
                   ErrorKind::bad_input);
  EXPECT_EQ(error.where(), "i:4");
  EXPECT_THAT(error.hint(), HasSubstr("may be deleted"));
  error_of([] { read_incidents("time_ns,code,message\n1,gap\n", "i"); }, ErrorKind::bad_input);
}

}  // namespace
}  // namespace layerwatt::recording
