// A result into an archive.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "layerwatt/host.hpp"
#include "layerwatt/recording.hpp"
#include "layerwatt/result.hpp"

namespace layerwatt::archive {

struct AddOptions {
  std::string archive;               // a folder, or s3://BUCKET/FOLDER
  std::optional<std::string> model;  // instead of what the result tells
  std::optional<std::string> commit;
  std::optional<std::string> board;  // the name of the board that was measured
  bool board_names = false;          // keep `board` as it is, instead of a hash of it
};

struct RunToAdd {
  const Result& result;
  std::string json;  // the result as layerwatt.result/1: what the run's identity is made of
  std::int64_t recorded_us = 0;
  std::string time_source;
  const PowerSamples* samples = nullptr;  // not archived where null
};

struct Added {
  std::string run_id;
  std::string name;    // of the run's file in `runs`
  bool known = false;  // it was there already, and nothing was written
};

// Whether runs can be added at all, found out before a long measurement: the module is there, the
// folder is (or could be made). Throws Error.
void check_archive(const Host& host, const AddOptions& options);

// Throws Error(io), Error(bad_input).
Added add_run(const Host& host, const AddOptions& options, const RunToAdd& run);

}  // namespace layerwatt::archive
