// --shape and --input, through the engine: what they do cannot be seen without OpenVINO.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/openvino_fixture.hpp"
#include "fakes/npy_file.hpp"

namespace layerwatt {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;

class OpenVinoInputs : public test::OpenVinoTest {};

TEST_F(OpenVinoInputs, DynamicShapesMustBeGiven) {
  EngineOptions options = tiny(-1);
  const Error error = refusal(options);
  EXPECT_EQ(error.kind(), ErrorKind::bad_input);
  EXPECT_THAT(error.problem(), AllOf(HasSubstr("'data'"), HasSubstr("[?,3,32,32]")));
  EXPECT_THAT(error.hint(), HasSubstr("--shape data:1x3x32x32"));

  options.shapes = {{"data", {4, 3, 32, 32}}};
  const json said = json::parse(loaded(options)->engine_json());
  EXPECT_EQ(said.at("inputs")[0].at("shape"), json({4, 3, 32, 32}));
  EXPECT_EQ(said.at("outputs")[0].at("shape"), json({4, 10}));
}

TEST_F(OpenVinoInputs, ShapesThatDoNotFitAreRefused) {
  EngineOptions options = tiny(-1);
  for (const std::vector<std::int64_t>& shape :
       std::vector<std::vector<std::int64_t>>{{4, 3, 32}, {4, 1, 32, 32}, {4, 3, 32, 32, 1}}) {
    options.shapes = {{"data", shape}};
    const Error error = refusal(options);
    EXPECT_EQ(error.kind(), ErrorKind::bad_input);
    EXPECT_THAT(error.problem(), AllOf(HasSubstr("'data'"), HasSubstr("[?,3,32,32]")));
  }
  options.shapes = {{"data", {0, 3, 32, 32}}};
  EXPECT_EQ(refusal(options).kind(), ErrorKind::usage);
  // A static shape is the model's, too.
  EngineOptions fixed = tiny(1);
  fixed.shapes = {{"data", {2, 3, 32, 32}}};
  EXPECT_EQ(refusal(fixed).kind(), ErrorKind::bad_input);
  fixed.shapes = {{"data", {1, 3, 32, 32}}};
  EXPECT_NO_THROW(loaded(fixed));
}

TEST_F(OpenVinoInputs, UnknownInputsAreRefusedWithTheListOfThem) {
  EngineOptions options = product();
  options.shapes = {{"middle", {64, 256}}};
  Error error = refusal(options);
  EXPECT_EQ(error.kind(), ErrorKind::usage);
  EXPECT_THAT(error.hint(), AllOf(HasSubstr("left f32 [64,256]"), HasSubstr("right")));
  options.shapes.clear();
  options.inputs = {{"middle", "x.npy"}};
  error = refusal(options);
  EXPECT_EQ(error.kind(), ErrorKind::usage);
  EXPECT_EQ(error.where(), "--input");
}

TEST_F(OpenVinoInputs, InputsComeFromFiles) {
  const auto file = [&](const std::string& descr, const std::string& shape, std::size_t bytes) {
    return scratch_.write(
        "in.npy", test::npy_with_header(test::npy_dict(descr, shape), std::string(bytes, '\0')));
  };
  EngineOptions options = product();
  options.inputs = {{"right", file("<f4", "(256, 128)", 256 * 128 * 4)}};
  EXPECT_NO_THROW(loaded(options));

  options.inputs = {{"right", file("<f4", "(128, 256)", 256 * 128 * 4)}};
  Error error = refusal(options);
  EXPECT_EQ(error.kind(), ErrorKind::bad_input);
  EXPECT_THAT(error.problem(), AllOf(HasSubstr("128x256"), HasSubstr("f32 256x128")));

  options.inputs = {{"right", file("<f8", "(256, 128)", 256 * 128 * 8)}};
  error = refusal(options);
  EXPECT_EQ(error.kind(), ErrorKind::bad_input);
  EXPECT_THAT(error.problem(), HasSubstr("f64"));
  EXPECT_THAT(error.hint(), HasSubstr("astype"));

  options.inputs = {{"right", scratch_ / "missing.npy"}};
  EXPECT_EQ(refusal(options).kind(), ErrorKind::io);
}

TEST_F(OpenVinoInputs, AFilesShapeSettlesADynamicInput) {
  EngineOptions options = tiny(-1);
  const std::string data(std::size_t{2} * 3 * 32 * 32 * 4, '\0');
  options.inputs = {
      {"data", scratch_.write("in.npy", test::npy_with_header(
                                            test::npy_dict("<f4", "(2, 3, 32, 32)"), data))}};
  const json said = json::parse(loaded(options)->engine_json());
  EXPECT_EQ(said.at("inputs")[0].at("shape"), json({2, 3, 32, 32}));
}

}  // namespace
}  // namespace layerwatt
