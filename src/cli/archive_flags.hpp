// --archive and what belongs to it, on the commands that end in a result.
#pragma once

#include <optional>
#include <string>

#include "archive/add.hpp"
#include "cli/command.hpp"
#include "cli/help.hpp"
#include "layerwatt/recording.hpp"
#include "layerwatt/result.hpp"

namespace CLI {
class App;
}

namespace layerwatt::cli {

class ArchiveFlags {
 public:
  // The page "archive" describes them.
  void add_to(CLI::App& command);
  // As add_to(), where a file's own time may be overridden and no model is run.
  void add_to_import(CLI::App& command);
  // As add_to(), for results of other machines: the board is told with each.
  void add_to_fleet(CLI::App& command);

  bool wanted() const { return !options_.archive.empty(); }
  // Throws before a long run what put() would throw after it.
  void check(const Program& program) const;
  // The board is this machine where `measured_here` and the device is no simulation, unless --board
  // names it.
  void put(const Program& program, const Result& result, const Recording& recording,
           bool measured_here) const;
  // A result without a recording, written at `file_us`.
  void put_result(const Program& program, const Result& result, std::int64_t file_us) const;
  // The same, measured on `board`.
  void put_of_board(const Program& program, const Result& result, std::int64_t file_us,
                    const std::string& board) const;

 private:
  void put(const Program& program, const Result& result, archive::RunToAdd run,
           bool measured_here) const;

  archive::AddOptions options_;
  bool samples_ = false;
  std::string time_;
};

}  // namespace layerwatt::cli
