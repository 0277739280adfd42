#include "layerwatt/result.hpp"

namespace layerwatt {

const char* to_string(Method method) noexcept {
  switch (method) {
    case Method::overlap:
      return "overlap";
    case Method::deconvolve:
      return "deconvolve";
    case Method::excite:
      return "excite";
  }
  return "overlap";
}

}  // namespace layerwatt
