// Opens a page in headless Chromium, where there is one.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <string>

#include "fakes/scratch_directory.hpp"

namespace layerwatt {

constexpr int kNoBrowser = 77;
constexpr int kNoPython = 127;

// Runs page/check_page.py on a page; its lines on failure. kNoBrowser where there is none.
inline int check_in_browser(const std::string& arguments, std::string& said) {
  const std::string command =
      "python3 -B '" LAYERWATT_SOURCE "/tests/report/page/check_page.py' " + arguments + " 2>&1";
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return kNoBrowser;
  char text[4096];
  while (std::fgets(text, sizeof text, pipe) != nullptr) said += text;
  const int status = pclose(pipe);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// An argument of expect_good_page(): the screenshots' structure is that of this golden file.
inline std::string like_golden(const std::string& name) {
  return "--structure '" LAYERWATT_GOLDEN "/" + name + "'";
}

inline void expect_good_page(const std::string& text, const std::string& arguments) {
  const fakes::ScratchDirectory scratch;
  const auto page = scratch.write("page.html", text);
  std::string said;
  const int code = check_in_browser("'" + page.string() + "' " + arguments, said);
  if (code == kNoBrowser || code == kNoPython) {
    GTEST_SKIP() << "no chromium or no python3 here (apt-get install chromium python3): " << said;
  }
  EXPECT_EQ(code, 0) << said;
}

}  // namespace layerwatt
