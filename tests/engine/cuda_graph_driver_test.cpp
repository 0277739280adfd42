#include "engine/cuda_graph_driver.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "layerwatt/error.hpp"

namespace layerwatt {
namespace {

TEST(CudaGraphDriver, WithoutADriverItIsAClearError) {
  try {
    open_graph_driver();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::engine);
    EXPECT_NE(error.where(), "");
    EXPECT_NE(error.problem(), "");
    return;
  }
  GTEST_SKIP() << "this machine has a CUDA driver; the rest is tested on a fake one";
}

}  // namespace
}  // namespace layerwatt
