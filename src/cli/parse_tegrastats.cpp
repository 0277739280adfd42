// `layerwatt parse-tegrastats`: tegrastats lines in, one JSON object a line out.
#include <CLI/CLI.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

#include "cli/command.hpp"
#include "cli/help.hpp"
#include "cli/tegrastats_json.hpp"
#include "recording/block_reader.hpp"
#include "report/stream.hpp"
#include "sensor/tegrastats_parse.hpp"

namespace layerwatt::cli {
namespace {

class Converter {
 public:
  // `whole`: a newline ended the line.
  void line(std::string& out, std::string_view text, bool whole) {
    ++lines_;
    std::optional<TegrastatsProblem> problem = parse_tegrastats_line(text, parsed_);
    if (!problem && began_ && !parsed_.has_beginning()) problem = TegrastatsProblem::no_beginning;
    // The end of a log whose writer was killed: cut between two tokens, its rails give it away.
    if (!problem && !whole && parsed_.rails.size() < rails_before_) {
      problem = TegrastatsProblem::cut_short;
    }
    if (problem) {
      ++unreadable_;
      TegrastatsJson::append_error(out, describe(*problem), lines_, text);
      return;
    }
    began_ = began_ || parsed_.has_beginning();
    rails_before_ = parsed_.rails.size();
    json_.append(out, parsed_);
  }
  std::size_t lines() const { return lines_; }
  std::size_t unreadable() const { return unreadable_; }

 private:
  TegrastatsLine parsed_;
  TegrastatsJson json_;
  std::size_t lines_ = 0;
  std::size_t unreadable_ = 0;
  std::size_t rails_before_ = 0;
  bool began_ = false;
};

int convert(Program& program, const std::string& file) {
  recording::BlockReader reader(file == "-" ? "/dev/stdin" : file);
  Converter converter;
  std::string out;
  for (auto block = reader.lines(); !block.empty(); block = reader.lines()) {
    out.clear();
    while (!block.empty()) {
      const std::size_t newline = block.find('\n');
      const bool whole = newline != std::string_view::npos;
      converter.line(out, block.substr(0, newline), whole);
      block.remove_prefix(whole ? newline + 1 : block.size());
    }
    // Each block, so that a live tegrastats in front of the pipe is live behind it too.
    program.out << out;
    finish(program.out, "converted lines");
  }
  if (converter.unreadable() > 0 && !program.globals.quiet) {
    program.err << "layerwatt: " << converter.unreadable() << " of " << converter.lines()
                << " lines could not be read\n";
  }
  return 0;
}

}  // namespace

void add_parse_tegrastats(CLI::App& app, Program& program) {
  const Help help("parse-tegrastats");
  CLI::App* command = app.add_subcommand("parse-tegrastats", help.description());
  auto file = std::make_shared<std::string>();
  command->add_option("FILE", *file, help.option("FILE"))->required()->option_text(" ");
  command->callback(
      [&program, file] { program.run = [&program, file] { return convert(program, *file); }; });
}

}  // namespace layerwatt::cli
