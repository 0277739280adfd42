// Writes a Result for a reader: a person, a spreadsheet, a program.
#pragma once

#include <cstddef>
#include <iosfwd>
#include <string>

#include "layerwatt/recording.hpp"
#include "layerwatt/result.hpp"

namespace layerwatt {

struct ReportOptions {
  bool color = false;
  int verbosity = 0;     // 1: per-rail columns, every layer
  std::size_t top = 20;  // layers in the table, by energy (time where energy is missing); 0 = all
  std::size_t width = 100;  // of the terminal, in columns
};

struct ReportBackend {
  std::string name;     // also the flag: "json" → --json F
  std::string summary;  // one line
  // Throws Error(io) when the stream fails. The recording is there for reports with a timeline.
  void (*write)(std::ostream&, const Result&, const Recording&, const ReportOptions&) = nullptr;
};

// layerwatt.result/1, the inverse of the json report. Throws Error(bad_input).
Result read_result_json(const std::string& text, const std::string& where);

}  // namespace layerwatt
