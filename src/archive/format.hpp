// Parquet, which lives in a loadable module (liblayerwatt_archive.so, over Arrow C++), so that a
// build and a machine without Arrow do everything else.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "archive/table.hpp"
#include "layerwatt/host.hpp"

// The number is the version of this interface: it changes when Format or Table does.
#define LAYERWATT_ARCHIVE_MODULE layerwatt_archive_module_1

namespace layerwatt::archive {

// All throw Error(io) or Error(bad_input), naming the file.
struct Format {
  std::string library;  // "Arrow 22.0.0"
  // A whole Parquet file.
  std::string (*encode)(const Table& table) = nullptr;
  // Only the columns that table.hpp has types for.
  Table (*decode)(const std::filesystem::path& file) = nullptr;
  // One object below a remote archive (s3://bucket/prefix), which appears whole or not at all.
  void (*put)(const std::string& archive, const std::string& name,
              const std::string& bytes) = nullptr;
  bool (*has)(const std::string& archive, const std::string& name) = nullptr;
};

// Opened once, and kept. Throws Error(io) that says what is missing and the command for it.
const Format& open_format(const Host& host);

}  // namespace layerwatt::archive
