#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "layerwatt/error.hpp"
#include "layerwatt/registry.hpp"

namespace layerwatt {
namespace {

using testing::HasSubstr;

TEST(CudaGraph, IsTheEngineOfASharedLibrary) {
  EXPECT_EQ(engine_for_model("nets/libresnet.so").name, "cuda-graph");
}

TEST(CudaGraph, ALibraryThatCapturesNothingIsSaid) {
  EngineOptions options;
  options.model = std::string(LAYERWATT_MODULES) + "/liblayerwatt_nvtx.so";
  const auto engine = find_engine("cuda-graph").create({}, options);
  EXPECT_EQ(engine->repeating(), nullptr) << "before load()";
  try {
    engine->load();
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::bad_input);
    EXPECT_THAT(error.problem(), HasSubstr("exports no layerwatt_capture_1"));
    EXPECT_THAT(error.hint(), HasSubstr("cuda_graph.hpp"));
  }
}

}  // namespace
}  // namespace layerwatt
