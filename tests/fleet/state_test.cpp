#include "fleet/state.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "fakes/scratch_directory.hpp"
#include "layerwatt/error.hpp"

namespace layerwatt::fleet {
namespace {

TEST(State, IsReadAsItWasWritten) {
  State state;
  state.command = {"profile", "a b\"c"};
  state.copied = {"m.onnx, 3 bytes"};
  state.hosts = {{"root@a:22", "a_22", Status::ok, "", 0, "", 1.5},
                 {"b", "b", Status::failed, "connect", 255, "refused \xff", 0.25},
                 {"c", "c", Status::unfinished, "", std::nullopt, "", 0.0},
                 {"d", "d", Status::gate, "run", 3, "over budget", 2.0}};
  std::ostringstream text;
  write_state(text, state);
  const fakes::ScratchDirectory scratch;
  State read = read_state(scratch.write("s.json", text.str()));
  EXPECT_EQ(read.command, state.command);
  EXPECT_EQ(read.copied, state.copied);
  ASSERT_EQ(read.hosts.size(), 4U);
  EXPECT_EQ(read.hosts[0].exit_code, 0);
  EXPECT_EQ(read.hosts[1].stage, "connect");
  EXPECT_EQ(read.hosts[1].message, "refused \xEF\xBF\xBD");
  EXPECT_EQ(read.hosts[2].exit_code, std::nullopt);
  EXPECT_EQ(read.find("d")->status, Status::gate);
  EXPECT_EQ(read.find("e"), nullptr);
}

TEST(State, WhatIsNoneIsRefused) {
  const fakes::ScratchDirectory scratch;
  for (const std::string& text :
       {std::string("{"), std::string("[]"), std::string(R"({"schema":"layerwatt.result/1"})"),
        std::string(R"({"schema":"layerwatt.fleet/1","command":[1],"copied":[],"hosts":[]})"),
        std::string(R"({"schema":"layerwatt.fleet/1","command":[],"copied":[],"hosts":[{}]})"),
        std::string(200'000, '[')}) {
    EXPECT_THROW(read_state(scratch.write("s.json", text)), Error) << text.substr(0, 80);
  }
}

}  // namespace
}  // namespace layerwatt::fleet
