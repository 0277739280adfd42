// incidents.csv: time_ns,code,message.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/recording.hpp"

namespace layerwatt::recording {

inline constexpr std::string_view kIncidentsHeader = "time_ns,code,message\n";

struct IncidentsFile {
  std::vector<Incident> incidents;
  bool truncated = false;  // the last one was cut short and left out
};

// `name` is the file's, for errors. Throws Error(bad_input).
IncidentsFile read_incidents(std::string_view text, const std::string& name);

// One row, its newline included; what is not UTF-8 in it is replaced.
std::string incident_row(const Incident& incident);

}  // namespace layerwatt::recording
