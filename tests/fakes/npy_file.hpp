// .npy files as numpy.save writes them, format version 1.
#pragma once

#include <string>

namespace layerwatt::test {

// Of the given header dict, e.g. "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }".
inline std::string npy_with_header(std::string header, const std::string& data = {}) {
  while ((10 + header.size() + 1) % 64 != 0) header += ' ';
  header += '\n';
  std::string file("\x93NUMPY\x01\x00", 8);
  file += static_cast<char>(header.size() & 0xff);
  file += static_cast<char>(header.size() >> 8);
  return file + header + data;
}

inline std::string npy_dict(const std::string& descr, const std::string& shape,
                            const std::string& order = "False") {
  return "{'descr': '" + descr + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }";
}

}  // namespace layerwatt::test
