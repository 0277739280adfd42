// THE list of the archive's columns (docs/archive.md), and a Result as rows of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "archive/table.hpp"
#include "layerwatt/recording.hpp"
#include "layerwatt/result.hpp"

namespace layerwatt::archive {

// Columns are only ever added. A change of what one means is another version.
inline constexpr int kSchemaVersion = 1;

// What a run is known by, beside its result.
struct RunFacts {
  std::string run_id;
  std::int64_t recorded_us = 0;  // since 1970, UTC
  std::string time_source;       // "recording", "file" (when RESULT was written), "given"
  std::int64_t archived_us = 0;
  std::string model;
  std::string device;
  std::optional<std::string> commit;
  std::optional<std::string> board;  // a hashed id unless the user wants the name
};

Table runs_table(const RunFacts& facts, const Result& result);
Table layers_table(const RunFacts& facts, const Result& result);
// One row a reading and rail; readings that are missing are left out.
Table samples_table(const RunFacts& facts, const PowerSamples& samples);

// Name and type of every column of a data set, without those of the partition.
std::vector<std::pair<std::string, ColumnType>> columns_of(const std::string& table);

// "name" of the device as the result tells it, "unknown" where it does not.
std::string device_name(const Result& result);
// The model's file name (never its folder), the spec of a simulation, or "unknown".
std::string model_name(const Result& result);
// Times or power came from a simulated device.
bool is_simulated(const Result& result);

}  // namespace layerwatt::archive
