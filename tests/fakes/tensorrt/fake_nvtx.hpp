// NVTX as it is in libnvinfer: at the first range it looks, once for the process, for the library
// that NVTX_INJECTION64_PATH names, and calls what that has taken of its table; without one,
// nothing.
#pragma once

#include <string>

namespace layerwatt::fakes {

class NvtxRange {
 public:
  explicit NvtxRange(const std::string& name);  // "": no range
  ~NvtxRange();
  NvtxRange(const NvtxRange&) = delete;
  NvtxRange& operator=(const NvtxRange&) = delete;

 private:
  bool open_ = false;
};

}  // namespace layerwatt::fakes
