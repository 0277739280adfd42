// .npy files.
#include "engine/npy.hpp"

#include "fuzz/targets.hpp"

namespace layerwatt::fuzz {

void fuzz_npy(std::string_view bytes) {
  try {
    static_cast<void>(parse_npy_header(bytes, "x.npy"));
    const NpyArray array = read_npy(as_file(bytes));
    require(array.data.size() <= bytes.size(), "more data than there is");
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::io) require_useful(error);
  }
}

}  // namespace layerwatt::fuzz
