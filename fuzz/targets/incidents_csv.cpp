// incidents.csv.
#include "recording/incidents_csv.hpp"

#include "fuzz/targets.hpp"

namespace layerwatt::fuzz {

void fuzz_incidents_csv(std::string_view bytes) {
  try {
    const auto read = recording::read_incidents(bytes, "incidents.csv").incidents;
    std::string text(recording::kIncidentsHeader);
    for (const Incident& incident : read) text += recording::incident_row(incident);
    const auto again = recording::read_incidents(text, "incidents.csv").incidents;
    require(again.size() == read.size(), "rows that do not read back");
    for (std::size_t i = 0; i < read.size(); ++i) {
      require(again[i].time_ns == read[i].time_ns && again[i].code == read[i].code &&
                  again[i].message == read[i].message,
              "a row that reads back as another");
    }
  } catch (const Error& error) {
    require_useful(error);
  }
}

}  // namespace layerwatt::fuzz
