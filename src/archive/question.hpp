// The ready questions: fleet/questions/*.sql, compiled in. Lines of comment at the top of one say
//   -- title: what it tells
//   -- parameter: layer                  must be given
//   -- parameter: model = %              its value unless given
//   -- needs: no run has this commit: SELECT …      must find a row, or that is what is wrong
//   -- plot: line x=date y=energy_mj series=device
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace layerwatt::archive {

// What to draw of an answer: names of its columns.
struct PlotAxes {
  bool bars = false;
  std::string x;
  std::string y;
  std::string series;  // may be empty
};

struct Question {
  std::string name;
  std::string title;
  std::map<std::string, std::optional<std::string>> parameters;  // value unless given
  std::string axes;
  std::string sql;
};

const std::vector<Question>& questions();
// Throws Error(usage) with the names that there are.
const Question& find_question(const std::string& name);

// A question from its file. Throws std::logic_error for a header line that is not understood.
Question parse_question(std::string name, std::string_view text);

// "line x=a y=b series=c". Throws Error(usage).
PlotAxes parse_axes(const std::string& text);

}  // namespace layerwatt::archive
