// power.tegrastats.
#include "recording/tegrastats_log.hpp"

#include "fuzz/targets.hpp"

namespace layerwatt::fuzz {

void fuzz_tegrastats_log(std::string_view bytes) {
  const std::filesystem::path path = as_file(bytes);
  for (const auto last_row : {recording::LastRow::drop, recording::LastRow::accept_if_whole}) {
    try {
      recording::BlockReader reader(path);
      const recording::Readings log = recording::read_tegrastats_log(reader, last_row);
      require(log.values.size() == log.time_ns.size() * log.rails.size(), "not one cell a rail");
      for (std::size_t i = 1; i < log.time_ns.size(); ++i) {
        require(log.time_ns[i - 1] < log.time_ns[i], "times that do not ascend");
      }
      for (const Signal& signal : log.signals) {
        require(signal.time_ns.size() == signal.values.size(), "a signal without its times");
      }
    } catch (const Error& error) {
      require_useful(error);
    }
  }
}

}  // namespace layerwatt::fuzz
