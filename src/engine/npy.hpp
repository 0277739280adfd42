// NumPy's .npy files, as numpy.save writes them: --input NAME:FILE.npy.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

#include "engine/element.hpp"

namespace layerwatt {

struct NpyHeader {
  Element element = Element::f32;
  std::vector<std::int64_t> shape;  // empty: a scalar
  std::size_t data_offset = 0;      // bytes from the start of the file
  std::size_t data_bytes = 0;
};

// `start`: at least the magic, version and header of the file; `where` names it in errors.
// Throws Error(bad_input) for what is not a .npy file, big-endian or Fortran-ordered data, and
// types that a network input cannot have.
NpyHeader parse_npy_header(std::string_view start, const std::string& where);

struct NpyArray {
  Element element = Element::f32;
  std::vector<std::int64_t> shape;
  std::vector<std::byte> data;  // C order, little-endian
};

// Throws Error(io) when the file cannot be read, Error(bad_input) as above and when its length is
// not what its header says.
NpyArray read_npy(const std::filesystem::path& file);

}  // namespace layerwatt
