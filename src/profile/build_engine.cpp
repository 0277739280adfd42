#include "layerwatt/build.hpp"
#include "layerwatt/registry.hpp"

namespace layerwatt {

BuildReport build_engine(const Host& host, const BuildOptions& options) {
  return find_engine("tensorrt").build(host, options);
}

}  // namespace layerwatt
