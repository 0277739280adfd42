// Readings as lines of tegrastats, as a board's own program prints them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "sim/spec.hpp"

namespace layerwatt::sim {

enum class PrintedTime {
  local,  // as tegrastats does
  utc,    // the same on every machine, for recordings
};

// Why lines of this spec could not be read back; empty when they can.
std::string tegrastats_problem(const Spec& spec);

class TegrastatsFormat {
 public:
  TegrastatsFormat(const Spec& spec, PrintedTime printed_time);

  // values: whole mW, one a rail. The second figure of a rail is the mean of every value since this
  // object was made, as in tegrastats: not over a window.
  std::string line(std::int64_t unix_ns, std::span<const double> values);

 private:
  std::vector<std::string> rails_;
  TegrastatsStyle style_;
  std::string tokens_;
  PrintedTime printed_time_;
  std::int64_t lines_ = 0;
  std::vector<std::int64_t> sum_mw_;
  std::vector<std::int64_t> max_mw_;
};

}  // namespace layerwatt::sim
