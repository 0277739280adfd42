// The loadable module: tables to Parquet and back through Arrow C++. The only file that knows
// Arrow.
#include <arrow/api.h>
#include <arrow/filesystem/filesystem.h>
#include <arrow/io/api.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/writer.h>
#include <parquet/file_reader.h>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "archive/format.hpp"
#include "archive/schema.hpp"
#include "core/dynlib.hpp"
#include "layerwatt/error.hpp"

namespace layerwatt::archive {
namespace {

void check(const arrow::Status& status, const std::string& where, const std::string& hint = {}) {
  if (!status.ok()) throw Error(ErrorKind::io, status.ToString(), where, hint);
}

template <class T>
T checked(arrow::Result<T> result, const std::string& where, const std::string& hint = {}) {
  check(result.status(), where, hint);
  return std::move(result).ValueUnsafe();
}

std::shared_ptr<arrow::DataType> arrow_type(ColumnType type) {
  switch (type) {
    case ColumnType::text:
      return arrow::utf8();
    case ColumnType::integer:
      return arrow::int64();
    case ColumnType::number:
      return arrow::float64();
    case ColumnType::boolean:
      return arrow::boolean();
    case ColumnType::timestamp:
      // Without a zone, and UTC by the schema's word: readers then show the same for everyone.
      return arrow::timestamp(arrow::TimeUnit::MICRO);
  }
  return arrow::null();
}

template <class Builder, class T>
std::shared_ptr<arrow::Array> built(Builder& builder, const Values<T>& values) {
  check(builder.Reserve(static_cast<std::int64_t>(values.size())), "archive");
  for (const auto& value : values) {
    check(value ? builder.Append(*value) : builder.AppendNull(), "archive");
  }
  return checked(builder.Finish(), "archive");
}

std::shared_ptr<arrow::Array> to_arrow(const Column& column) {
  if (column.type == ColumnType::text) {
    arrow::StringBuilder builder;
    return built(builder, std::get<Values<std::string>>(column.values));
  }
  if (column.type == ColumnType::number) {
    arrow::DoubleBuilder builder;
    return built(builder, std::get<Values<double>>(column.values));
  }
  if (column.type == ColumnType::boolean) {
    arrow::BooleanBuilder builder;
    return built(builder, std::get<Values<bool>>(column.values));
  }
  const auto& integers = std::get<Values<std::int64_t>>(column.values);
  if (column.type == ColumnType::integer) {
    arrow::Int64Builder builder;
    return built(builder, integers);
  }
  arrow::TimestampBuilder builder(arrow_type(column.type), arrow::default_memory_pool());
  return built(builder, integers);
}

std::string encode(const Table& table) {
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  for (const Column& column : table.columns) {
    fields.push_back(arrow::field(column.name, arrow_type(column.type)));
    arrays.push_back(to_arrow(column));
  }
  const auto rows = arrow::Table::Make(arrow::schema(std::move(fields)), std::move(arrays),
                                       static_cast<std::int64_t>(table.rows()));
  const auto sink = checked(arrow::io::BufferOutputStream::Create(), table.name);
  parquet::WriterProperties::Builder properties;
  properties.compression(arrow::Compression::ZSTD)->version(parquet::ParquetVersion::PARQUET_2_6);
  // WriteTable() of the whole would lose the metadata.
  const auto writer =
      checked(parquet::arrow::FileWriter::Open(*rows->schema(), arrow::default_memory_pool(), sink,
                                               properties.build()),
              table.name);
  check(writer->AddKeyValueMetadata(
            arrow::key_value_metadata({{"layerwatt.archive", std::to_string(kSchemaVersion)},
                                       {"layerwatt.table", table.name}})),
        table.name);
  check(writer->WriteTable(*rows, 1 << 20), table.name);
  check(writer->Close(), table.name);
  const auto buffer = checked(sink->Finish(), table.name);
  return buffer->ToString();
}

template <class Array, class T>
void append(const arrow::ChunkedArray& chunks, Values<T>& out) {
  for (const auto& chunk : chunks.chunks()) {
    const auto& array = static_cast<const Array&>(*chunk);
    for (std::int64_t i = 0; i < array.length(); ++i) {
      if (array.IsNull(i)) {
        out.emplace_back(std::nullopt);
      } else if constexpr (std::is_same_v<T, std::string>) {
        out.emplace_back(array.GetString(i));
      } else {
        out.emplace_back(array.Value(i));
      }
    }
  }
}

void add_column(Table& table, const std::string& name, const arrow::ChunkedArray& chunks) {
  Column column{name, ColumnType::text, {}};
  if (chunks.type()->id() == arrow::Type::STRING) {
    append<arrow::StringArray>(chunks, column.values.emplace<Values<std::string>>());
  } else if (chunks.type()->id() == arrow::Type::INT64) {
    column.type = ColumnType::integer;
    append<arrow::Int64Array>(chunks, column.values.emplace<Values<std::int64_t>>());
  } else if (chunks.type()->Equals(arrow_type(ColumnType::timestamp))) {
    column.type = ColumnType::timestamp;
    append<arrow::TimestampArray>(chunks, column.values.emplace<Values<std::int64_t>>());
  } else if (chunks.type()->id() == arrow::Type::DOUBLE) {
    column.type = ColumnType::number;
    append<arrow::DoubleArray>(chunks, column.values.emplace<Values<double>>());
  } else if (chunks.type()->id() == arrow::Type::BOOL) {
    column.type = ColumnType::boolean;
    append<arrow::BooleanArray>(chunks, column.values.emplace<Values<bool>>());
  } else {
    return;  // of a later version
  }
  table.columns.push_back(std::move(column));
}

// Arrow 24 has a call of its own for this, and warns about the one before.
template <class Reader>
std::shared_ptr<arrow::Table> read_all(Reader& reader, const std::string& where) {
  if constexpr (requires { reader.ReadTable(); }) {
    return checked(reader.ReadTable(), where);
  } else {
    std::shared_ptr<arrow::Table> rows;
    check(reader.ReadTable(&rows), where);
    return rows;
  }
}

Table decode(const std::filesystem::path& file) {
  const std::string where = file.string();
  // Parquet's reader throws where Arrow returns a status.
  try {
    const auto input = checked(arrow::io::ReadableFile::Open(where), where);
    const auto reader =
        checked(parquet::arrow::OpenFile(input, arrow::default_memory_pool()), where);
    const auto rows = read_all(*reader, where);
    Table table;
    if (const auto& metadata = reader->parquet_reader()->metadata()->key_value_metadata()) {
      table.name = metadata->Get("layerwatt.table").ValueOr("");
    }
    for (int i = 0; i < rows->num_columns(); ++i) {
      add_column(table, rows->field(i)->name(), *rows->column(i));
    }
    return table;
  } catch (const parquet::ParquetException& error) {
    throw Error(ErrorKind::bad_input, error.what(), where);
  }
}

struct Remote {
  std::shared_ptr<arrow::fs::FileSystem> files;
  std::string prefix;
};

// Arrow has its file systems in libraries of their own, beside its main one.
void load_factories(const std::string& archive) {
  static std::mutex mutex;
  static bool tried = false;
  const std::lock_guard lock(mutex);
  if (tried || std::string(LAYERWATT_ARROW_S3_LIBRARY).empty()) return;
  tried = true;
  check(arrow::fs::LoadFileSystemFactories(LAYERWATT_ARROW_S3_LIBRARY), archive);
}

Remote remote(const std::string& archive) {
  if (archive.rfind("s3://", 0) == 0) load_factories(archive);
  Remote opened;
  opened.files = checked(arrow::fs::FileSystemFromUri(archive, &opened.prefix), archive,
                         "local folders and s3://BUCKET/FOLDER are understood, the latter where "
                         "Arrow was built with it");
  return opened;
}

void put(const std::string& archive, const std::string& name, const std::string& bytes) {
  const std::string where = archive + "/" + name;
  const Remote there = remote(archive);
  const auto out = checked(there.files->OpenOutputStream(there.prefix + "/" + name), where);
  check(out->Write(bytes.data(), static_cast<std::int64_t>(bytes.size())), where);
  check(out->Close(), where);
}

bool has(const std::string& archive, const std::string& name) {
  const Remote there = remote(archive);
  const auto info = checked(there.files->GetFileInfo(there.prefix + "/" + name), archive);
  return info.type() == arrow::fs::FileType::File;
}

}  // namespace
}  // namespace layerwatt::archive

extern "C" __attribute__((visibility("default"))) const layerwatt::archive::Format*
LAYERWATT_ARCHIVE_MODULE() {
  using namespace layerwatt::archive;
  static const Format format{std::string("Arrow ") + ARROW_VERSION_STRING, encode, decode, put,
                             has};
  return &format;
}
