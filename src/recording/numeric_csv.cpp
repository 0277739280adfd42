#include "recording/numeric_csv.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>

#include "layerwatt/error.hpp"
#include "recording/csv_cells.hpp"
#include "recording/fast_decimal.hpp"

namespace layerwatt::recording {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

// Reads rows of text that end in '\n' with kReadAhead bytes behind it.
class RowScanner {
 public:
  RowScanner(const BlockReader& reader, std::span<const std::string_view> stamps,
             const NumericHeader& header)
      : reader_(reader), stamp_names_(stamps), header_(header), stamps_(stamps.size()) {}

  const std::vector<std::int64_t>& stamps() const { return stamps_; }

  // Returns behind the row's newline. `values` has room for one a column; `end` is that of the
  // text.
  const char* scan(const char* p, const char* end, std::size_t line, double* values) {
    const char* const row = p;
    const std::size_t columns = header_.columns.size();
    for (std::size_t i = 0; i < stamps_.size(); ++i) {
      const char* next = scan_short_stamp(p, stamps_[i]);
      p = next != nullptr ? next : hard_stamp(p, i, line);
      const bool last = columns == 0 && i + 1 == stamps_.size();
      p = last ? row_end(p, row, line) : comma(p, row, line);
    }
    for (std::size_t i = 0; i < columns; ++i) {
      if (ends_cell(*p)) {
        values[i] = kNone;
      } else {
        const char* next = scan_short_decimal(p, values[i]);
        if (next == nullptr) {
          next = scan_number(p, end, values[i]);
          if (next == nullptr || !ends_cell(*next)) next = hard_value(p, i, line, values[i]);
        }
        p = next;
      }
      p = i + 1 == columns ? row_end(p, row, line) : comma(p, row, line);
    }
    return p;
  }

 private:
  const char* comma(const char* p, const char* row, std::size_t line) const {
    if (*p != ',') wrong_count(row, line);
    return p + 1;
  }

  const char* row_end(const char* p, const char* row, std::size_t line) const {
    if (*p == '\r' && p[1] == '\n') ++p;
    if (*p != '\n') wrong_count(row, line);
    return p + 1;
  }

  // The cell as text, trimmed and unquoted: numbers may be quoted too.
  static std::string_view cell_text(const char* p, const char*& end) {
    end = p;
    while (*end != ',' && *end != '\n' && !(*end == '\r' && end[1] == '\n')) ++end;
    std::string_view text(p, static_cast<std::size_t>(end - p));
    const auto trim = [&text] {
      while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
      while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    };
    trim();
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
      text = text.substr(1, text.size() - 2);
      trim();
    }
    return text;
  }

  const char* hard_stamp(const char* p, std::size_t index, std::size_t line) {
    const char* end = nullptr;
    const auto text = cell_text(p, end);
    const auto stamp = parse_stamp_ns(text);
    if (!stamp) {
      throw Error(ErrorKind::bad_input,
                  fmt::format("{} is '{}', not a whole number of nanoseconds", stamp_names_[index],
                              shown(text)),
                  place(reader_, line), "stamps are nanoseconds since 1970, without a fraction");
    }
    stamps_[index] = *stamp;
    return end;
  }

  const char* hard_value(const char* p, std::size_t column, std::size_t line, double& value) {
    const char* end = nullptr;
    const auto text = cell_text(p, end);
    if (text.empty()) {
      value = kNone;
      return end;
    }
    const auto number = parse_number(text);
    if (!number) {
      const bool nul = text.find('\0') != std::string_view::npos;
      throw Error(ErrorKind::bad_input,
                  nul ? fmt::format("column '{}' holds a NUL byte", header_.columns[column])
                      : fmt::format("column '{}' holds '{}', not a finite number",
                                    header_.columns[column], shown(text)),
                  place(reader_, line),
                  nul ? "the file is damaged; restore it, or cut it off before this line"
                      : "leave the cell empty where nothing was measured");
    }
    value = *number;
    return end;
  }

  [[noreturn]] void wrong_count(const char* row, std::size_t line) const {
    std::size_t cells = 1;
    for (; *row != '\n'; ++row) cells += *row == ',' ? 1 : 0;
    throw Error(ErrorKind::bad_input,
                fmt::format("{} cells, but the header names {} columns", cells,
                            stamps_.size() + header_.columns.size()),
                place(reader_, line), "every row has one cell a column, empty where not measured");
  }

  const BlockReader& reader_;
  std::span<const std::string_view> stamp_names_;
  const NumericHeader& header_;
  std::vector<std::int64_t> stamps_;
};

// Room for all rows if the rest of the file looks like its first block. Only a start, and bounded:
// a sparse file claims any size.
void reserve_like(std::vector<double>& values, std::string_view block, std::size_t columns,
                  std::optional<std::size_t> file_size) {
  const auto rows = static_cast<std::size_t>(std::count(block.begin(), block.end(), '\n'));
  const std::size_t times = file_size ? *file_size / std::max<std::size_t>(block.size(), 1) + 1 : 1;
  constexpr std::size_t kMost = std::size_t{1} << 27;  // 1 GiB
  const std::size_t all = rows * times;
  values.reserve(values.size() + std::min(kMost, (all + all / 64 + 1) * columns));
}

}  // namespace

std::string place(const BlockReader& reader, std::size_t line) {
  return fmt::format("{}:{}", reader.name(), line);
}

NumericHeader read_numeric_header(BlockReader& reader, std::span<const std::string_view> stamps) {
  const auto record = reader.record();
  const auto expected = fmt::format("the header is {},<name>,<name>,...", fmt::join(stamps, ","));
  if (record.empty()) {
    throw Error(ErrorKind::bad_input, "the file is empty", reader.name(), expected);
  }
  if (record.find('\0') != std::string_view::npos) {
    throw Error(ErrorKind::bad_input, "the header holds a NUL byte", place(reader, 1), expected);
  }
  auto cells = split_record(record);
  if (!cells) {
    throw Error(ErrorKind::bad_input, "a quote in the header is never closed", place(reader, 1),
                "double every quote inside a quoted name");
  }
  for (std::size_t i = 0; i < stamps.size(); ++i) {
    if (i < cells->size() && (*cells)[i] == stamps[i]) continue;
    throw Error(ErrorKind::bad_input,
                fmt::format("column {} is '{}', not '{}'", i + 1,
                            i < cells->size() ? shown((*cells)[i]) : "", stamps[i]),
                place(reader, 1), expected);
  }
  NumericHeader header;
  header.next_line = 1 + static_cast<std::size_t>(std::count(record.begin(), record.end(), '\n'));
  header.columns.reserve(cells->size() - stamps.size());
  for (std::size_t i = stamps.size(); i < cells->size(); ++i) {
    header.columns.push_back(to_utf8((*cells)[i]));
    header.not_utf8 = header.not_utf8 || header.columns.back() != (*cells)[i];
  }
  return header;
}

bool read_numeric_rows(BlockReader& reader, std::span<const std::string_view> stamps,
                       const NumericHeader& header, LastRow last_row, std::vector<double>& values,
                       const std::function<void(const NumericRow&)>& on_row) {
  const std::size_t columns = header.columns.size();
  RowScanner scanner(reader, stamps, header);
  std::size_t line = header.next_line;

  // Returns behind the row; blank lines are passed over.
  const auto one_row = [&](const char* p, const char* end) {
    if (*p == '\n' || (*p == '\r' && p[1] == '\n')) return p + (*p == '\r' ? 2 : 1);
    const std::size_t begin = values.size();
    values.resize(begin + columns);
    p = scanner.scan(p, end, line, values.data() + begin);
    on_row({scanner.stamps(), {values.data() + begin, columns}, line});
    return p;
  };

  bool first = true;
  for (auto block = reader.lines(); !block.empty(); block = reader.lines()) {
    if (block.back() != '\n') {  // only at the end of the file
      if (last_row == LastRow::drop || block.find('\0') != std::string_view::npos) return true;
      const std::string row = std::string(block) + '\n' + std::string(kReadAhead, '\0');
      const char* const end = row.c_str() + block.size() + 1;
      std::vector<double> cells(columns);
      try {
        scanner.scan(row.c_str(), end, line, cells.data());
      } catch (const Error&) {
        return true;
      }
      one_row(row.c_str(), end);
      return false;
    }
    if (first) reserve_like(values, block, columns, reader.size());
    first = false;
    for (const char *p = block.data(), *end = p + block.size(); p < end; ++line)
      p = one_row(p, end);
  }
  return false;
}

}  // namespace layerwatt::recording
