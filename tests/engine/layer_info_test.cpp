#include "engine/layer_info.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "layerwatt/error.hpp"

namespace layerwatt {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr const char* kDetailed = R"({"Layers": [
  {"Name": "Reformatting CopyNode for Input Tensor 0 to conv", "LayerType": "Reformat",
   "Inputs": [{"Name": "data", "Location": "Device", "Dimensions": [1,3,8,8],
               "Format/Datatype": "Row major linear FP32"}],
   "Outputs": [{"Name": "r", "Dimensions": [1,3,8,8],
                "Format/Datatype": "Channel major FP16 format where channel % 4 == 0"}],
   "TacticValue": "0x00000000000003ea"},
  {"Name": "conv + relu", "LayerType": "CaskConvolution",
   "Inputs": [{"Name": "r", "Dimensions": [1,3,8,8], "Format/Datatype": "Half"}],
   "Outputs": [{"Name": "c", "Dimensions": [1,8,8,8], "Format/Datatype": "Int8"}],
   "TacticName": "sm86_xmma", "TacticValue": "0x1",
   "Metadata": "[ONNX Layer: conv][ONNX Layer: relu]"},
  {"Name": "pool"}, {"Name": "pool", "LayerType": "CudaPooling"}],
 "Bindings": ["data", "c"]})";

TEST(LayerInformation, ReadsWhatTheInspectorAndTrtexecWrite) {
  const LayerInformation information = parse_layer_information(kDetailed, "f");
  EXPECT_TRUE(information.detailed);
  ASSERT_EQ(information.layers.size(), 4u);
  const InspectedLayer& copy = information.layers[0];
  EXPECT_EQ(copy.type, "Reformat");
  EXPECT_EQ(copy.precision, "f16");
  EXPECT_EQ(copy.tactic, "0x00000000000003ea") << "no name: the number";
  EXPECT_THAT(copy.inputs, ElementsAre("f32 1x3x8x8 (Row major linear FP32)"));
  EXPECT_THAT(copy.onnx, IsEmpty()) << "no node of the model";
  EXPECT_EQ(information.layers[1].precision, "i8") << "of what it writes";
  EXPECT_EQ(information.layers[1].tactic, "sm86_xmma");
  EXPECT_THAT(information.layers[1].onnx, ElementsAre("conv", "relu"));
  EXPECT_FALSE(information.layers[2].type);
}

TEST(LayerInformation, NamesAloneAreLittleButNoError) {
  const LayerInformation information =
      parse_layer_information(R"({"Layers": ["Conv_0 + Relu_1", "{ForeignNode[a...b]}"]})", "f");
  EXPECT_FALSE(information.detailed);
  EXPECT_THAT(information.layers[0].onnx, ElementsAre("Conv_0", "Relu_1"));
  EXPECT_THAT(information.layers[1].onnx, ElementsAre("a", "b"));
}

TEST(LayerInformation, RefusesWhatIsSomethingElse) {
  EXPECT_THROW(parse_layer_information("Layers", "f"), Error);
  EXPECT_THROW(parse_layer_information("{}", "f"), Error);
  try {
    parse_layer_information(R"({"Layers": [3]})", "info.json");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::bad_input);
    EXPECT_EQ(error.where(), "info.json");
  }
}

TEST(MatchLayers, IsByNameAndByHowOftenItCameBefore) {
  const LayerInformation information = parse_layer_information(kDetailed, "f");
  std::vector<LayerInfo> layers = {
      {"pool", {}, {}}, {"conv + relu", "mine", {}}, {"pool", {}, {}}, {"pool", {}, {}}};
  EXPECT_THAT(match_layers(layers, information), ElementsAre(2u, 1u, 3u, std::nullopt));
  join_layer_information(layers, information);
  EXPECT_EQ(layers[1].type, "mine") << "what is known stays";
  EXPECT_EQ(layers[1].precision, "i8");
  EXPECT_EQ(layers[2].type, "CudaPooling");
  const auto json = nlohmann::json::parse(layer_information_json(layers, information));
  EXPECT_EQ(json[1]["onnx"], (nlohmann::json{"conv", "relu"}));
  EXPECT_TRUE(json[3].is_null());
}

TEST(OnnxNodes, AreInTheNameWhereThereIsNoMetadata) {
  EXPECT_THAT(onnx_nodes("/a/Conv + /b/Relu", ""), ElementsAre("/a/Conv", "/b/Relu"));
  EXPECT_THAT(onnx_nodes("{ForeignNode[/x.../y]}", ""), ElementsAre("/x", "/y"));
  EXPECT_THAT(onnx_nodes("__myl_MulAdd_myl0_3", ""), ElementsAre("__myl_MulAdd"));
  EXPECT_THAT(onnx_nodes("reformatted_a", ""), IsEmpty());
}

TEST(PrecisionOfFormat, FindsTheTypeInTheWords) {
  EXPECT_EQ(precision_of_format("Row major linear BF16"), "bf16");
  EXPECT_EQ(precision_of_format("Thirty-two wide channel vectorized row major INT8 format"), "i8");
  EXPECT_EQ(precision_of_format("UINT8"), "u8");
  EXPECT_FALSE(precision_of_format("Unknown format"));
}

}  // namespace
}  // namespace layerwatt
