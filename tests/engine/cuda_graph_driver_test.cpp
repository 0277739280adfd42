#include "engine/cuda_graph_driver.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

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

TEST(CudaGraphDriver, AKernelThatEmptiesTheCacheIsANodeLikeOthers) {
  const auto driver = open_graph_driver(std::string(LAYERWATT_FAKE_MODULES) + "/libfake_cuda.so");
  CudaGraph graph = driver->create_graph();
  CudaNode first = driver->add_cache_sweep(graph);
  CudaNode second = driver->add_cache_sweep(graph);
  EXPECT_NE(first, second);
  EXPECT_EQ(driver->kind(first), CudaNodeKind::kernel);
  EXPECT_EQ(driver->nodes(graph).size(), 2u);
  driver->destroy(graph);
}

}  // namespace
}  // namespace layerwatt
