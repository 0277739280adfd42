// A line of tegrastats as the JSON object that docs/cli/parse-tegrastats.md describes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "sensor/rail_map.hpp"
#include "sensor/tegrastats_parse.hpp"

namespace layerwatt::cli {

// Appends to one string: a log of an hour is some hundred thousand objects.
class TegrastatsJson {
 public:
  // With a newline at its end.
  void append(std::string& out, const TegrastatsLine& line);
  static void append_error(std::string& out, std::string_view error, std::size_t number,
                           std::string_view text);

 private:
  const RailChoice& choice_for(const TegrastatsLine& line);
  void append_rails(std::string& out, const TegrastatsLine& line);

  // Of the line before: rails seldom change.
  std::vector<std::string> names_;
  std::vector<std::string> keys_;  // unique: "NC", "NC#2"
  RailChoice choice_;
};

}  // namespace layerwatt::cli
