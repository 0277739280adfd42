// What is fuzzed: one function for each kind of text that comes from outside. Each takes any bytes;
// an exception that is not layerwatt::Error, an access that a sanitizer reports, or a broken
// promise (require) is a bug. fuzz/targets/NAME.cpp has fuzz_NAME, fuzz/seeds/NAME its seeds.
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>

#include "layerwatt/error.hpp"

namespace layerwatt::fuzz {

using Target = void (*)(std::string_view bytes);

struct NamedTarget {
  std::string_view name;
  Target run;
};

inline void require(bool promise, const char* what) {
  if (!promise) throw std::logic_error(what);
}

// What a refused input must look like: of the input, with words that fit on a screen whatever the
// file holds.
inline void require_useful(const Error& error) {
  require(error.kind() == ErrorKind::bad_input || error.kind() == ErrorKind::sensor,
          "refused as something else than bad input");
  require(!error.problem().empty(), "refused without a word");
  require(error.problem().size() < 2000, "the message repeats the input");
}

// `bytes` as a file that readers can open by this path; good until the next call with this slot.
std::filesystem::path as_file(std::string_view bytes, int slot = 0);

}  // namespace layerwatt::fuzz
