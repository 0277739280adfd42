// iterations.csv.
#include "recording/iterations_csv.hpp"

#include "fuzz/targets.hpp"

namespace layerwatt::fuzz {

void fuzz_iterations_csv(std::string_view bytes) {
  const std::filesystem::path path = as_file(bytes);
  for (const auto last_row : {recording::LastRow::drop, recording::LastRow::accept_if_whole}) {
    try {
      recording::BlockReader reader(path);
      const Iterations all = recording::read_iterations(reader, last_row).iterations;
      require(all.size() > 0, "no inference");
      require(all.end_ns.size() == all.size(), "not one end an inference");
      require(all.layer_ms.size() == all.size() * all.layers.size(), "not one time a layer");
      for (std::size_t i = 0; i < all.size(); ++i) {
        require(all.start_ns[i] <= all.end_ns[i], "an inference that ends before it starts");
        require(i == 0 || all.end_ns[i - 1] <= all.start_ns[i], "inferences that overlap");
      }
      for (const double ms : all.layer_ms) require(!(ms < 0.0), "a layer took less than no time");
    } catch (const Error& error) {
      require_useful(error);
    }
  }
}

}  // namespace layerwatt::fuzz
