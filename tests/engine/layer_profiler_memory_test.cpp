// A profiler that runs out of memory in TensorRT's call, where nothing may be thrown. Not under the
// sanitizers, which have allocation to themselves.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <new>
#include <string>

#include "layerwatt/layer_profiler.hpp"

namespace {

thread_local bool no_memory = false;

}  // namespace

// For the whole test program; it differs from the library's only where a test says so.
void* operator new(std::size_t bytes) {
  if (!no_memory) {
    if (void* memory = std::malloc(bytes != 0 ? bytes : 1)) return memory;
  }
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace layerwatt {
namespace {

TEST(LayerProfiler, AReportThatDoesNotFitIntoMemoryIsCountedAndMovesNoOther) {
  const std::string second = "a name that is too long to be kept inside of a string itself";
  LayerProfiler profiler;
  profiler.start_iteration();
  profiler.report_layer_time("a", 1.0F);
  no_memory = true;
  profiler.report_layer_time(second.c_str(), 2.0F);
  no_memory = false;
  profiler.finalize_iteration();
  EXPECT_EQ(profiler.lost_reports(), 1u);
  EXPECT_EQ(profiler.iterations(), 1u);

  profiler.start_iteration();
  profiler.report_layer_time("a", 1.0F);
  profiler.report_layer_time(second.c_str(), 2.0F);
  profiler.report_layer_time("c", 3.0F);
  profiler.finalize_iteration();
  std::vector<double> row;
  profiler.row(0, row);
  EXPECT_TRUE(std::isnan(row[1])) << "missing, not 0";
  profiler.row(1, row);
  EXPECT_EQ(row, (std::vector<double>{1.0, 2.0, 3.0}));
  EXPECT_EQ(profiler.lost_reports(), 1u);
  profiler.reset();
  EXPECT_EQ(profiler.lost_reports(), 0u);
}

}  // namespace
}  // namespace layerwatt

#endif
