#include "recording/incidents_csv.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "layerwatt/error.hpp"
#include "recording/csv_cells.hpp"

namespace layerwatt::recording {

IncidentsFile read_incidents(std::string_view text, const std::string& name) {
  IncidentsFile out;
  std::size_t line = 1;
  bool header = true;
  while (!text.empty()) {
    const auto length = record_length(text);
    if (!length) {
      out.truncated = true;
      break;
    }
    const auto record = text.substr(0, *length);
    text.remove_prefix(*length);
    const auto where = fmt::format("{}:{}", name, line);
    line += static_cast<std::size_t>(std::count(record.begin(), record.end(), '\n'));
    const auto cells = split_record(record);
    if (header) {
      header = false;
      if (cells && *cells == std::vector<std::string>{"time_ns", "code", "message"}) continue;
      throw Error(ErrorKind::bad_input, "is not a list of incidents", where,
                  "the header is time_ns,code,message; the file may be deleted");
    }
    if (record == "\n" || record == "\r\n") continue;
    const auto time = cells && cells->size() == 3 ? parse_stamp_ns(cells->front()) : std::nullopt;
    if (!time) {
      throw Error(ErrorKind::bad_input, fmt::format("'{}' is not an incident", shown(record)),
                  where, "a row is time_ns,code,message; the file may be deleted");
    }
    out.incidents.push_back({*time, to_utf8((*cells)[1]), to_utf8((*cells)[2])});
  }
  return out;
}

std::string incident_row(const Incident& incident) {
  std::string row;
  append_cell(row, incident.time_ns);
  row += ',';
  append_cell(row, to_utf8(incident.code));
  row += ',';
  append_cell(row, to_utf8(incident.message));
  row += '\n';
  return row;
}

}  // namespace layerwatt::recording
