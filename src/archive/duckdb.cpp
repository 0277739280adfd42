#include "archive/duckdb.hpp"

#include <fmt/format.h>

#include <chrono>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "archive/embedded_files.hpp"
#include "core/subprocess.hpp"
#include "layerwatt/error.hpp"

namespace layerwatt::archive {
namespace {

using Json = nlohmann::json;

constexpr const char* kProgram = "layerwatt_archive.py";
constexpr std::size_t kMostPrinted = 4096;  // beside the answer: a traceback
constexpr const char* kHint =
    "run pip install duckdb, and set LAYERWATT_PYTHON to a Python that has it where python3 is "
    "another";

std::string program_text() {
  for (const EmbeddedFile& file : kEmbeddedFiles) {
    if (file.name == kProgram) return std::string(file.text);
  }
  throw std::logic_error(std::string(kProgram) + " is not compiled in");
}

Answer run(const Host& host, const Json& request, const std::atomic<bool>& stop) {
  const std::string python = host.sys.env("LAYERWATT_PYTHON").value_or("python3");
  SubprocessOptions options;
  options.command = {python, "-c", program_text(), request.dump()};
  // Apart from what else is printed: DuckDB draws a bar of progress, without a line's end, after
  // two seconds, and the row that followed it was lost.
  options.separate = true;
  std::vector<std::string> lines;
  try {
    Subprocess child(options);
    child.close_input();
    std::string printed;
    for (;;) {
      std::string_view piece;
      const auto read = child.read_line(piece, std::chrono::milliseconds(100));
      if (stop) {
        child.terminate();
        throw Error(ErrorKind::interrupted, "interrupted before the answer came");
      }
      if (read == Subprocess::Read::end) break;
      if (read == Subprocess::Read::timeout) continue;
      if (printed.size() < kMostPrinted) (printed += piece) += '\n';
    }
    child.wait();
    std::istringstream answer(child.output());
    for (std::string line; std::getline(answer, line);) lines.push_back(line);
    if (!printed.empty()) lines.push_back(printed);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::interrupted) throw;
    throw Error(ErrorKind::io, "DuckDB could not be asked: " + error.problem(), python, kHint);
  }
  return read_answer(lines, python);
}

}  // namespace

Answer read_answer(const std::vector<std::string>& lines, const std::string& where) {
  Answer answer;
  std::string other;
  bool ended = false;
  std::size_t announced = 0;
  for (const std::string& line : lines) {
    const Json value = Json::parse(line, nullptr, false);
    if (value.is_array()) {
      answer.rows.push_back(value.get<std::vector<Json>>());
    } else if (value.is_object() && value.contains("error")) {
      const std::string kind = value.value("kind", "io");
      const std::string what = value["error"].get<std::string>();
      if (kind == "missing") throw Error(ErrorKind::io, what, where, kHint);
      throw Error(kind == "io" ? ErrorKind::io : ErrorKind::bad_input, what, {},
                  kind == "io" ? "" : "docs/archive.md lists the tables and their columns");
    } else if (value.is_object() && value.contains("columns")) {
      answer.columns = value["columns"].get<std::vector<std::string>>();
      answer.types = value["types"].get<std::vector<std::string>>();
    } else if (value.is_object() && value.contains("rows")) {
      ended = true;
      announced = value["rows"].get<std::size_t>();
      answer.files = value.value("files", std::size_t{0});
      for (const auto& [step, seconds] : value["seconds"].items()) {
        answer.seconds += seconds.get<double>();
      }
    } else {
      other += line + '\n';
    }
  }
  if (!ended) {
    throw Error(ErrorKind::io, "the answer broke off" + (other.empty() ? "" : ": " + other), where,
                "is there enough memory?");
  }
  // A row that something else was printed into would otherwise be missing without a word.
  if (answer.columns.empty() || answer.rows.size() != announced) {
    throw Error(ErrorKind::io,
                fmt::format("{} of {} rows of the answer could be read{}", answer.rows.size(),
                            announced, other.empty() ? "" : ": " + other),
                where, "what else does this Python print when it starts?");
  }
  return answer;
}

Answer ask(const Host& host, const std::string& archive, const std::string& sql,
           const std::map<std::string, std::string>& parameters, const std::atomic<bool>& stop) {
  return run(host, {{"archive", archive}, {"sql", sql}, {"parameters", parameters}}, stop);
}

Answer compact(const Host& host, const std::string& archive, const std::string& target,
               const std::atomic<bool>& stop) {
  return run(host, {{"archive", archive}, {"compact", target}}, stop);
}

}  // namespace layerwatt::archive
