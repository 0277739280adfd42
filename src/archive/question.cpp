#include "archive/question.hpp"

#include <sstream>
#include <stdexcept>
#include <utility>

#include "archive/embedded_files.hpp"
#include "layerwatt/error.hpp"

namespace layerwatt::archive {
namespace {

constexpr std::string_view kSuffix = ".sql";

std::vector<Question> all_questions() {
  std::vector<Question> found;
  for (const EmbeddedFile& file : kEmbeddedFiles) {
    if (!file.name.ends_with(kSuffix)) continue;
    found.push_back(parse_question(
        std::string(file.name.substr(0, file.name.size() - kSuffix.size())), file.text));
  }
  return found;
}

}  // namespace

Question parse_question(std::string name, std::string_view text) {
  Question question;
  question.name = std::move(name);
  question.sql = text;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line) && line.starts_with("-- ");) {
    const auto colon = line.find(": ");
    const std::string key = line.substr(3, colon == std::string::npos ? colon : colon - 3);
    const std::string value = colon == std::string::npos ? "" : line.substr(colon + 2);
    if (key == "title" && !value.empty()) {
      question.title = value;
    } else if (key == "plot" && !value.empty()) {
      question.axes = value;
    } else if (key == "parameter" && !value.empty()) {
      const auto equals = value.find(" = ");
      question.parameters[value.substr(0, equals)] =
          equals == std::string::npos ? std::nullopt : std::optional(value.substr(equals + 3));
    } else if (key != "needs" || value.empty()) {  // those are asked beside the question itself
      throw std::logic_error("fleet/questions/" + question.name + ".sql: '" + line + "'");
    }
  }
  return question;
}

const std::vector<Question>& questions() {
  static const std::vector<Question> found = all_questions();
  return found;
}

const Question& find_question(const std::string& name) {
  std::string names;
  for (const Question& question : questions()) {
    if (question.name == name) return question;
    names += (names.empty() ? "" : ", ") + question.name;
  }
  throw Error(ErrorKind::usage, "there is no ready question '" + name + "'", "--question",
              "there are " + names);
}

PlotAxes parse_axes(const std::string& text) {
  const Error wrong(ErrorKind::usage, "'" + text + "' does not say what to draw", "--axes",
                    "line x=COLUMN y=COLUMN series=COLUMN, or bar x=COLUMN y=COLUMN");
  std::istringstream words(text);
  PlotAxes axes;
  std::string word;
  if (!(words >> word) || (word != "line" && word != "bar")) throw wrong;
  axes.bars = word == "bar";
  while (words >> word) {
    const auto equals = word.find('=');
    const std::string key = word.substr(0, equals);
    const std::string value = equals == std::string::npos ? "" : word.substr(equals + 1);
    if (key == "x") {
      axes.x = value;
    } else if (key == "y") {
      axes.y = value;
    } else if (key == "series") {
      axes.series = value;
    } else {
      throw wrong;
    }
  }
  if (axes.x.empty() || axes.y.empty()) throw wrong;
  return axes;
}

}  // namespace layerwatt::archive
