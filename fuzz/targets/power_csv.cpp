// power.csv and energy.csv.
#include "recording/power_csv.hpp"

#include <cmath>

#include "fuzz/targets.hpp"

namespace layerwatt::fuzz {

void fuzz_power_csv(std::string_view bytes) {
  const std::filesystem::path path = as_file(bytes);
  for (const auto last_row : {recording::LastRow::drop, recording::LastRow::accept_if_whole}) {
    try {
      recording::BlockReader reader(path);
      const recording::Readings read = recording::read_power_csv(reader, last_row);
      require(read.values.size() == read.time_ns.size() * read.rails.size(), "not one cell a rail");
      for (std::size_t i = 1; i < read.time_ns.size(); ++i) {
        require(read.time_ns[i - 1] < read.time_ns[i], "times that do not ascend");
      }
      for (const double value : read.values) require(!std::isinf(value), "an infinite reading");
      static_cast<void>(recording::looks_cumulative(read));
      const auto power = recording::power_from_energy(read.time_ns, read.values, read.rails.size());
      require(power.mw.size() == power.end_ns.size() * read.rails.size(), "not one mean a rail");
      for (const double mw : power.mw) require(!(mw < 0.0), "a counter that gives back");
    } catch (const Error& error) {
      require_useful(error);
    }
  }
}

}  // namespace layerwatt::fuzz
