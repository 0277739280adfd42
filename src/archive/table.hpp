// Rows for the archive, column by column: plain values, without a word of Parquet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace layerwatt::archive {

enum class ColumnType { text, integer, number, boolean, timestamp };

template <class T>
using Values = std::vector<std::optional<T>>;

struct Column {
  std::string name;
  ColumnType type = ColumnType::text;
  // text, integer (and timestamp: microseconds since 1970, UTC), number, boolean.
  std::variant<Values<std::string>, Values<std::int64_t>, Values<double>, Values<bool>> values;

  std::size_t size() const {
    return std::visit([](const auto& list) { return list.size(); }, values);
  }
};

struct Table {
  std::string name;  // the data set: "runs", "layers", "samples"
  std::vector<Column> columns;

  // nullptr where there is no such column.
  const Column* find(const std::string& column) const {
    for (const Column& candidate : columns) {
      if (candidate.name == column) return &candidate;
    }
    return nullptr;
  }
  std::size_t rows() const { return columns.empty() ? 0 : columns.front().size(); }
};

}  // namespace layerwatt::archive
