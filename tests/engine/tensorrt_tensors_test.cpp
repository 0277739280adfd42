// Shapes and inputs of TensorRT engines.
#include <gmock/gmock.h>

#include "engine/tensorrt_fixture.hpp"
#include "fakes/npy_file.hpp"

namespace layerwatt {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

json dynamic_plan() {
  json plan = small_plan();
  plan["profiles"] = 2;
  plan["inputs"] = {{{"name", "data"},
                     {"shape", {-1, 3, 8, 8}},
                     {"min", {1, 3, 8, 8}},
                     {"opt", {4, 3, 8, 8}},
                     {"max", {16, 3, 8, 8}}}};
  plan["outputs"] = {{{"name", "probabilities"}, {"shape", {-1, 10}}}};
  return plan;
}

class TensorRtTensorsTest : public TensorRtTest {
 protected:
  std::filesystem::path npy(const std::string& type, const std::string& shape, std::size_t bytes) {
    return scratch_.write(
        "array.npy", test::npy_with_header(test::npy_dict(type, shape), std::string(bytes, '\1')));
  }
};

json about(const Engine& engine) { return json::parse(engine.engine_json()); }

TEST_F(TensorRtTensorsTest, ADynamicShapeIsGivenAndNeverGuessed) {
  const Error error = load_error(dynamic_plan());
  EXPECT_EQ(error.kind(), ErrorKind::bad_input);
  EXPECT_THAT(error.problem(), HasSubstr("dynamic shape ?x3x8x8"));
  EXPECT_THAT(error.hint(), HasSubstr("--shape data:4x3x8x8"));
  EXPECT_THAT(error.hint(), HasSubstr("allows 1x3x8x8 to 16x3x8x8"));
  EngineOptions options;
  options.shapes = {{"data", {2, 3, 8, 8}}};
  options.profile_index = 1;
  const auto engine = loaded(dynamic_plan(), options);
  EXPECT_EQ(about(*engine)["inputs"][0]["shape"], json({2, 3, 8, 8}));
  EXPECT_EQ(about(*engine)["outputs"][0]["shape"], json({2, 10}));
  EXPECT_EQ(about(*engine)["profile_index"], 1);
}

// The inspector tells neither shapes nor formats before it has a context that knows them.
TEST_F(TensorRtTensorsTest, LayersOfADynamicEngineAreInspectedWithTheShapesTheyRunWith) {
  EngineOptions options;
  options.shapes = {{"data", {2, 3, 8, 8}}};
  json plan = dynamic_plan();
  plan["layers"][0]["info"]["Outputs"][0]["Dimensions"] = {2, 8, 8, 8};
  const auto engine = loaded(plan, options);
  EXPECT_EQ(engine->layers()[0].precision, "f16");
  EXPECT_EQ(about(*engine)["layers"][0]["outputs"][0],
            "f16 2x8x8x8 (Row major linear FP16 format)");
}

TEST_F(TensorRtTensorsTest, AProfileWithOneShapeNeedsNoOther) {
  json plan = dynamic_plan();
  plan["inputs"][0]["min"] = plan["inputs"][0]["max"] = {4, 3, 8, 8};
  EXPECT_EQ(about(*loaded(plan))["inputs"][0]["shape"], json({4, 3, 8, 8}));
}

TEST_F(TensorRtTensorsTest, ShapesThatDoNotFitAreRefusedWithWhatWould) {
  EngineOptions options;
  options.shapes = {{"data", {17, 3, 8, 8}}};
  EXPECT_THAT(load_error(dynamic_plan(), options).hint(), HasSubstr("to 16x3x8x8"));
  options.shapes = {{"data", {2, 4, 8, 8}}};
  EXPECT_EQ(load_error(dynamic_plan(), options).kind(), ErrorKind::bad_input);
  EXPECT_THAT(load_error(small_plan(), options).problem(), HasSubstr("which is 1x3x8x8"));
  options.shapes = {{"nobody", {1}}};
  const Error unknown = load_error(small_plan(), options);
  EXPECT_EQ(unknown.kind(), ErrorKind::usage);
  EXPECT_THAT(unknown.hint(), HasSubstr("data 1x3x8x8"));
  options.shapes.clear();
  options.profile_index = 2;
  EXPECT_THAT(load_error(dynamic_plan(), options).hint(), HasSubstr("it has 2"));
}

TEST_F(TensorRtTensorsTest, AFileOfInputSettlesTheShapeAndMustFit) {
  EngineOptions options;
  options.inputs = {{"data", npy("<f4", "(5, 3, 8, 8)", 5 * 3 * 64 * 4)}};
  EXPECT_EQ(about(*loaded(dynamic_plan(), options))["inputs"][0]["shape"], json({5, 3, 8, 8}));
  options.inputs = {{"data", npy("<f8", "(1, 3, 8, 8)", 3 * 64 * 8)}};
  const Error error = load_error(small_plan(), options);
  EXPECT_EQ(error.kind(), ErrorKind::bad_input);
  EXPECT_THAT(error.problem(), HasSubstr("holds f64 1x3x8x8, but input 'data' is f32"));
}

TEST_F(TensorRtTensorsTest, AnInputThatHoldsAShapeNeedsItsValues) {
  json plan = small_plan();
  plan["inputs"].push_back(
      {{"name", "size"}, {"type", "i64"}, {"shape", {2}}, {"host", true}, {"is_shape", true}});
  EXPECT_THAT(load_error(plan).hint(), HasSubstr("--input size:FILE.npy"));
  EngineOptions options;
  options.inputs = {{"size", npy("<i8", "(2,)", 16)}};
  loaded(plan, options);
}

TEST_F(TensorRtTensorsTest, AnOutputOfUnknownSizeTakesItsBoundOrIsRefused) {
  json plan = small_plan();
  plan["outputs"] = {{{"name", "boxes"}, {"shape", {-1, 4}}, {"bound", 4096}}};
  loaded(plan);
  EXPECT_EQ(cuda_->allocated_bytes, 0u);
  plan["inputs"] = json::array();
  plan["outputs"][0]["bound"] = 0;
  const Error error = load_error(plan);
  EXPECT_EQ(error.kind(), ErrorKind::bad_input);
  EXPECT_THAT(error.problem(), HasSubstr("how large output 'boxes' gets"));
}

}  // namespace
}  // namespace layerwatt
