#include "sensor/rail_follower.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace layerwatt {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::IsNan;

class Collected final : public Problems {
 public:
  void report(std::string_view code, std::string_view message) override {
    codes.emplace_back(code);
    messages.emplace_back(message);
  }
  std::vector<std::string> codes;
  std::vector<std::string> messages;
};

class RailFollowerTest : public testing::Test {
 protected:
  std::vector<double> follow(const std::string& rails) {
    EXPECT_FALSE(parse_tegrastats_line("RAM 1/2MB (lfb 1x4MB) " + rails, line_).has_value());
    std::vector<double> values(3);
    follower_.follow(line_, values, problems_);
    return values;
  }
  RailFollower follower_{{{"VDD_IN", true}, {"NC", false}, {"NC", false}}};
  Collected problems_;
  TegrastatsLine line_;
};

TEST_F(RailFollowerTest, TakesRailsOfOneNameInOrder) {
  EXPECT_THAT(follow("VDD_IN 5/5 NC 1/1 NC 2/2"), ElementsAre(5, 1, 2));
  EXPECT_THAT(follow("NC 3/3 VDD_IN 6/6 NC 4/4"), ElementsAre(6, 3, 4));
  EXPECT_THAT(problems_.codes, IsEmpty());
}

TEST_F(RailFollowerTest, ARailThatIsGoneIsMissingAndToldOnce) {
  EXPECT_THAT(follow("NC 1/1 NC 2/2"), ElementsAre(IsNan(), 1, 2));
  EXPECT_THAT(follow("NC 1/1 NC 2/2"), ElementsAre(IsNan(), 1, 2));
  EXPECT_THAT(follow("VDD_IN 5/5 NC 1/1 NC 2/2"), ElementsAre(5, 1, 2));
  EXPECT_THAT(follow("VDD_IN 6/6 NC 1/1 NC 2/2"), ElementsAre(6, 1, 2));
  EXPECT_THAT(problems_.codes, ElementsAre("rail_gone", "rail_back"));
  EXPECT_THAT(problems_.messages[0], testing::HasSubstr("VDD_IN"));
}

TEST_F(RailFollowerTest, ANewRailIsToldAndLeftOut) {
  EXPECT_THAT(follow("VDD_IN 5/5 VDD_NEW 9/9 NC 1/1 NC 2/2"), ElementsAre(5, 1, 2));
  EXPECT_THAT(problems_.codes, ElementsAre("rail_new"));
}

TEST_F(RailFollowerTest, ANewRailMayComeFirst) {
  EXPECT_THAT(follow("VDD_NEW 9/9 VDD_IN 5/5 NC 1/1 NC 2/2"), ElementsAre(5, 1, 2));
  EXPECT_THAT(problems_.codes, ElementsAre("rail_new"));
}

TEST_F(RailFollowerTest, ANewRailMayComeLast) {
  EXPECT_THAT(follow("VDD_IN 5/5 NC 1/1 NC 2/2 VDD_NEW 9/9"), ElementsAre(5, 1, 2));
  EXPECT_THAT(problems_.codes, ElementsAre("rail_new"));
}

TEST_F(RailFollowerTest, NoRailNeedStandWhereItDid) {
  RailFollower three({{"A", true}, {"B", true}, {"C", true}});
  ASSERT_FALSE(parse_tegrastats_line("RAM 1/2MB (lfb 1x4MB) B 2/2 C 3/3 A 1/1", line_));
  std::vector<double> values(3);
  three.follow(line_, values, problems_);
  EXPECT_THAT(values, ElementsAre(1, 2, 3));
  EXPECT_THAT(problems_.codes, IsEmpty());
}

}  // namespace
}  // namespace layerwatt
