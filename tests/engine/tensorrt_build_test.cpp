#include <gmock/gmock.h>

#include <array>

#include "engine/tensorrt_fixture.hpp"

namespace layerwatt {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class TensorRtBuildTest : public TensorRtTest {
 protected:
  // An "ONNX model" of the fake parser is a plan's JSON.
  BuildOptions options_for(const json& model) {
    BuildOptions options;
    options.model = scratch_.write("model.onnx", fakes::onnx_bytes(model));
    options.output = scratch_ / "model.engine";
    return options;
  }
  json built(const BuildOptions& options) {
    backend().build(host(), options);
    return json::parse(scratch_.read("model.engine").substr(fakes::kPlanHeader));
  }
  Error build_error(const BuildOptions& options) {
    const Error error = error_of([&] { backend().build(host(), options); });
    EXPECT_FALSE(std::filesystem::exists(options.output)) << "half an engine is none";
    return error;
  }
};

TEST_F(TensorRtBuildTest, BuildsADetailedEngineThatRuns) {
  BuildOptions options = options_for(small_plan());
  options.workspace_mib = 64;
  options.aux_streams = 0;
  const BuildReport report = backend().build(host(), options);
  EXPECT_EQ(report.bytes, std::filesystem::file_size(options.output));
  EXPECT_EQ(report.version, "10.3.0");
  EXPECT_THAT(report.said.at(0), HasSubstr("timing_cache"));
  EXPECT_EQ(built(options)["verbosity"], "detailed");
  EXPECT_EQ(built(options)["workspace"], std::size_t{64} << 20);
  EXPECT_EQ(built(options)["aux_streams"], 0);
  EngineOptions run;
  run.model = options.output;
  const auto engine = backend().create(host(), run);
  engine->load();
  EXPECT_EQ(engine->layers().size(), 3u);
}

TEST_F(TensorRtBuildTest, PassesPrecisionCalibrationAndDlaOn) {
  ::setenv("FAKE_TENSORRT_DLA_CORES", "1", 1);
  BuildOptions options = options_for(small_plan());
  options.fp16 = true;
  options.int8 = true;
  options.calibration_cache = scratch_.write("cache", "TRT-8601-EntropyCalibration2\n");
  options.dla_core = 0;
  const json plan = built(options);
  EXPECT_EQ(plan["flags"], json({0, 1, 3})) << "fp16, int8, GPU fallback";
  EXPECT_EQ(plan["calibration"], "TRT-8601-EntropyCalibration2\n");
  EXPECT_EQ(plan["dla"], true);
  EXPECT_EQ(plan["dla_core"], 0);
}

TEST_F(TensorRtBuildTest, DlaWithoutABoardOrWithoutAPrecisionIsRefused) {
  BuildOptions options = options_for(small_plan());
  options.fp16 = true;
  options.dla_core = 0;
  EXPECT_THAT(build_error(options).problem(), HasSubstr("no DLA"));
  ::setenv("FAKE_TENSORRT_DLA_CORES", "1", 1);
  options.fp16 = false;
  EXPECT_THAT(build_error(options).hint(), HasSubstr("--fp16"));
}

TEST_F(TensorRtBuildTest, DynamicInputsNeedTheirShapes) {
  json model = small_plan();
  model["inputs"][0]["shape"] = {-1, 3, 8, 8};
  BuildOptions options = options_for(model);
  const Error error = build_error(options);
  EXPECT_EQ(error.kind(), ErrorKind::bad_input);
  EXPECT_THAT(error.hint(), HasSubstr("--shape data:1x3x8x8"));
  options.shapes = {{"data", {1, 3, 8, 8}, {4, 3, 8, 8}, {8, 3, 8, 8}}};
  EXPECT_EQ(built(options)["shapes"]["data"]["opt"], json({4, 3, 8, 8}));
  EXPECT_EQ(built(options)["shapes"]["data"]["max"], json({8, 3, 8, 8}));
  std::filesystem::remove(options.output);
  for (const auto& [least, best, most] : std::vector<std::array<std::vector<std::int64_t>, 3>>{
           {{{1, 3, 8}, {1, 3, 8}, {1, 3, 8}}},
           {{{1, 3, 8, 8}, {4, 3, 8, 8}, {8, 4, 8, 8}}},
           {{{5, 3, 8, 8}, {4, 3, 8, 8}, {8, 3, 8, 8}}}}) {
    options.shapes[0] = {"data", least, best, most};
    const Error unfit = build_error(options);
    EXPECT_EQ(unfit.kind(), ErrorKind::bad_input);
    EXPECT_THAT(unfit.problem(), HasSubstr("which is ?x3x8x8"));
  }
  options.shapes[0] = {"data", {1, 3, 8, 8}, {4, 3, 8, 8}, {8, 3, 8, 8}};
  options.shapes.push_back({"nobody", {1}, {1}, {1}});
  EXPECT_THAT(build_error(options).hint(), HasSubstr("its inputs: data"));
}

TEST_F(TensorRtBuildTest, AShapeThatTheModelFixesCannotBeAnother) {
  BuildOptions options = options_for(small_plan());
  options.shapes = {{"data", {2, 3, 8, 8}, {2, 3, 8, 8}, {2, 3, 8, 8}}};
  EXPECT_THAT(build_error(options).problem(), HasSubstr("which is 1x3x8x8"));
  options.shapes = {{"data", {1, 3, 8, 8}, {1, 3, 8, 8}, {1, 3, 8, 8}}};
  EXPECT_FALSE(built(options).contains("shapes")) << "it says what is so anyway";
}

TEST_F(TensorRtBuildTest, KeepsATimingCache) {
  BuildOptions options = options_for(small_plan());
  options.timing_cache = scratch_ / "timing.cache";
  backend().build(host(), options);
  EXPECT_EQ(scratch_.read("timing.cache"), "+");
  backend().build(host(), options);
  EXPECT_EQ(scratch_.read("timing.cache"), "++") << "read before it was written";
}

TEST_F(TensorRtBuildTest, WhatFailsSaysWhy) {
  BuildOptions options = options_for(small_plan());
  const std::string whole = scratch_.read("model.onnx");
  scratch_.write("model.onnx", whole.substr(0, whole.size() / 2));
  const Error parse = build_error(options);
  EXPECT_EQ(parse.kind(), ErrorKind::bad_input);
  EXPECT_THAT(parse.problem(), HasSubstr("Failed to parse the ONNX model."));
  EXPECT_THAT(parse.hint(), HasSubstr("onnx.checker"));
  scratch_.write("model.onnx", "not a model");
  EXPECT_EQ(build_error(options).problem(), "is text, not an ONNX model");
  scratch_.write("model.onnx", "");
  EXPECT_EQ(build_error(options).problem(), "is empty");

  json model = small_plan();
  model["unknown_operator"] = "NoSuchOp";
  options = options_for(model);
  const Error unknown = build_error(options);
  EXPECT_THAT(unknown.problem(), HasSubstr("at node 7, 'node_7' (NoSuchOp): creator"));
  EXPECT_THAT(unknown.hint(), HasSubstr("--plugin FILE.so"));

  model = small_plan();
  model["fail"] = "build";
  options = options_for(model);
  EXPECT_THAT(build_error(options).problem(), HasSubstr("implementation for node Conv_7"));

  options = options_for(small_plan());
  options.output = scratch_ / "nowhere/model.engine";
  EXPECT_EQ(build_error(options).kind(), ErrorKind::io);

  options = options_for(small_plan());
  options.device = 3;
  EXPECT_THAT(build_error(options).problem(), HasSubstr("no GPU 3"));

  options = options_for(small_plan());
  environment_["LAYERWATT_TENSORRT_PARSER_LIB"] = "/nowhere/libnvonnxparser.so";
  EXPECT_THAT(build_error(options).hint(), HasSubstr("apt-get install libnvonnxparsers10"));
}

}  // namespace
}  // namespace layerwatt
