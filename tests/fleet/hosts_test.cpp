#include "fleet/hosts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/scratch_directory.hpp"
#include "layerwatt/error.hpp"

namespace layerwatt::fleet {
namespace {

using testing::HasSubstr;

TEST(ParseHosts, TakesEveryFormOfAHost) {
  const auto hosts = parse_hosts("a, root@bench-1:2222,[fe80::1%eth0]:22,::1,u.s-e_r@10.0.0.7");
  ASSERT_EQ(hosts.size(), 5U);
  EXPECT_EQ(hosts[0].destination, "a");
  EXPECT_EQ(hosts[0].port, std::nullopt);
  EXPECT_EQ(hosts[0].name, "a");
  EXPECT_EQ(hosts[1].given, "root@bench-1:2222");
  EXPECT_EQ(hosts[1].destination, "root@bench-1");
  EXPECT_EQ(hosts[1].port, 2222);
  EXPECT_EQ(hosts[1].address, "bench-1");
  EXPECT_EQ(hosts[1].name, "bench-1_2222");
  EXPECT_EQ(hosts[2].destination, "fe80::1%eth0");
  EXPECT_EQ(hosts[2].port, 22);
  EXPECT_EQ(hosts[2].name.find_first_of("/:%"), std::string::npos) << hosts[2].name;
  EXPECT_EQ(hosts[3].destination, "::1");
  EXPECT_EQ(hosts[4].destination, "u.s-e_r@10.0.0.7");
}

// ssh's configuration may put %h into a shell's command (ProxyCommand), and -oX is an option.
TEST(ParseHosts, WhatCouldBeAnythingElseIsRefused) {
  for (const char* text : {"",       ",",     "a,",    "-oProxyCommand=x",
                           "a b",    "a;b",   "a`id`", "$(id)",
                           "a/b",    "a@",    "@",     "@ ",
                           "-u@a",   "u;s@a", "a:0",   "a:65536",
                           "a:x",    "a:",    "[::1",  "[::1]x",
                           "[::1]:", "[]",    "a'b",   "a\nb",
                           "..\\a",  "a|b",   "u@-a",  "h\xc3\xa4"}) {
    EXPECT_THROW(parse_hosts(text), Error) << text;
  }
}

TEST(ParseHosts, OneBoardIsNotMeasuredTwiceAtATime) {
  EXPECT_THROW(parse_hosts("a,b,a"), Error);
  EXPECT_THROW(parse_hosts("root@a,pi@a"), Error);
  EXPECT_EQ(parse_hosts("a,a:2222").size(), 2U);
}

TEST(ParseHosts, AMessageDoesNotRepeatWhatIsLongerThanAHost) {
  try {
    parse_hosts(std::string(1 << 20, 'h'));
    FAIL();
  } catch (const Error& error) {
    EXPECT_LT(error.problem().size(), 400u);
    EXPECT_NE(error.problem().find("longer"), std::string::npos);
  }
}

TEST(ParseHosts, FromAFile) {
  const fakes::ScratchDirectory scratch;
  const std::string file =
      scratch.write("hosts", "# lab\n\n a  # first\r\n\troot@b:2222\nc").string();
  const auto hosts = parse_hosts("@" + file);
  ASSERT_EQ(hosts.size(), 3U);
  EXPECT_EQ(hosts[0].given, "a");
  EXPECT_EQ(hosts[1].given, "root@b:2222");
  EXPECT_EQ(hosts[2].given, "c");
  scratch.write("hosts", "a\nb c\n");
  try {
    parse_hosts("@" + file);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::bad_input);
    EXPECT_THAT(error.where(), HasSubstr("hosts:2"));
  }
  scratch.write("hosts", "# nobody\n");
  EXPECT_THROW(parse_hosts("@" + file), Error);
  EXPECT_THROW(parse_hosts("@/no/such/file"), Error);
}

}  // namespace
}  // namespace layerwatt::fleet
