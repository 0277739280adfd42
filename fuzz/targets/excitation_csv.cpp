// excitation.csv and idle.csv. The first byte says how many layers the recording has.
#include "recording/excitation_csv.hpp"

#include "fuzz/targets.hpp"
#include "recording/idle_csv.hpp"

namespace layerwatt::fuzz {

void fuzz_excitation_csv(std::string_view bytes) {
  if (bytes.empty()) return;
  const std::size_t layers = static_cast<unsigned char>(bytes.front()) % 8;
  const std::filesystem::path path = as_file(bytes.substr(1));
  for (const auto last_row : {recording::LastRow::drop, recording::LastRow::accept_if_whole}) {
    try {
      recording::BlockReader reader(path);
      for (const auto& window : recording::read_excitation(reader, last_row, layers).windows) {
        require(window.extra.size() == layers + 1, "not one count a layer");
        require(window.passes > 0, "a window without a pass");
        require(window.start_ns <= window.settled_ns && window.settled_ns <= window.end_ns,
                "a window out of order");
      }
    } catch (const Error& error) {
      require_useful(error);
    }
    try {
      recording::BlockReader reader(path);
      for (const auto& window : recording::read_idle(reader, last_row).windows) {
        require(window.start_ns <= window.settled_ns && window.settled_ns <= window.end_ns,
                "a window out of order");
      }
    } catch (const Error& error) {
      require_useful(error);
    }
  }
}

}  // namespace layerwatt::fuzz
