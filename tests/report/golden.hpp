// Golden files: what a report printed when a person last looked at it and found it good.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "layerwatt/error.hpp"
#include "layerwatt/registry.hpp"
#include "report/sample.hpp"

namespace layerwatt {

inline std::string written(const char* report, const Result& result,
                           const ReportOptions& options = {}, const Recording& recording = {}) {
  std::ostringstream out;
  find_report(report).write(out, result, recording, options);
  return out.str();
}

// LAYERWATT_UPDATE_GOLDEN=1 rewrites the file; the diff is then for a person to read.
inline void expect_golden(const std::string& name, const std::string& text) {
  const std::string path = std::string(LAYERWATT_GOLDEN) + "/" + name;
  if (std::getenv("LAYERWATT_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path, std::ios::binary) << text;
  }
  EXPECT_EQ(text, sample::slurp(path))
      << "differs from tests/golden/" << name << "; LAYERWATT_UPDATE_GOLDEN=1 rewrites it";
}

// A disk that is full from the first byte on.
inline void expect_io_error_on_full_disk(const char* report) {
  std::ofstream full("/dev/full");
  ASSERT_TRUE(full.is_open());
  try {
    find_report(report).write(full, sample::board(), {}, {});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::io);
    EXPECT_FALSE(error.hint().empty());
  }
}

}  // namespace layerwatt
