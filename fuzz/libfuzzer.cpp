// libFuzzer's entry for one target, named by FUZZ_TARGET at build time.
#include <cstddef>
#include <cstdint>

#include "fuzz/targets.hpp"

namespace layerwatt::fuzz {
void FUZZ_TARGET(std::string_view bytes);
}  // namespace layerwatt::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  layerwatt::fuzz::FUZZ_TARGET({reinterpret_cast<const char*>(data), size});
  return 0;
}
