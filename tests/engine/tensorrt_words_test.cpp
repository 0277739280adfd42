#include "engine/tensorrt_words.hpp"

#include <gtest/gtest.h>

namespace layerwatt {
namespace {

TEST(ExplainTensorRt, KnowsTheCauseByTensorRtsWords) {
  const Error version = explain_tensorrt(
      {"1: [stdArchiveReader.cpp::StdArchiveReaderInitCommon::54] Error Code 1: Serialization "
       "(Serialization assertion stdVersionRead == kSERIALIZATION_VERSION failed.Version tag does "
       "not match. Note: Current Version: 232, Serialized Engine Version: 213)",
       "4: [runtime.cpp::deserializeCudaEngine::65] Error Code 4: Internal Error (Engine "
       "deserialization failed.)"},
      "loading the plan", "a.engine");
  EXPECT_EQ(version.kind(), ErrorKind::bad_input);
  EXPECT_EQ(version.problem(),
            "is a plan of another TensorRT version: Serialization (Serialization assertion "
            "stdVersionRead == kSERIALIZATION_VERSION failed.Version tag does not match. Note: "
            "Current Version: 232, Serialized Engine Version: 213)");
  EXPECT_EQ(version.where(), "a.engine");
  const Error plugin = explain_tensorrt(
      {"1: [pluginV2Runner.cpp::load::303] Error Code 1: Serialization (Serialization assertion "
       "creator failed.Cannot deserialize plugin since corresponding IPluginCreator not found in "
       "Plugin Registry)"},
      "loading the plan", "a.engine");
  EXPECT_EQ(plugin.kind(), ErrorKind::bad_input);
  EXPECT_NE(plugin.hint().find("--plugin"), std::string::npos) << plugin.what();
  EXPECT_EQ(explain_tensorrt({"2: Error Code 2: OutOfMemory (no further information)"}, "x", "y")
                .problem(),
            "out of device memory: OutOfMemory (no further information)");
}

TEST(ExplainTensorRt, GivesTensorRtsOwnWordsForTheRest) {
  const Error error = explain_tensorrt({"9: Error Code 9: Something new\n"}, "running it", "f");
  EXPECT_EQ(error.kind(), ErrorKind::engine);
  EXPECT_EQ(error.problem(), "running it failed: Something new");
  EXPECT_EQ(explain_tensorrt({"6: Words without a code"}, "running it", "f").problem(),
            "running it failed: Words without a code");
  EXPECT_EQ(explain_tensorrt({}, "running it", "f").problem(),
            "running it failed, and TensorRT did not say why");
  const Error both = explain_tensorrt({"9: Error Code 9: Something new"}, "running it", "f",
                                      "unspecified launch failure (CUDA_ERROR_LAUNCH_FAILED)");
  EXPECT_EQ(both.problem(),
            "running it failed: Something new; CUDA: unspecified launch failure "
            "(CUDA_ERROR_LAUNCH_FAILED)");
  EXPECT_NE(both.hint().find("compute-sanitizer"), std::string::npos);
  EXPECT_EQ(
      explain_tensorrt({}, "running it", "f", "out of memory (CUDA_ERROR_OUT_OF_MEMORY)").problem(),
      "out of device memory: CUDA: out of memory (CUDA_ERROR_OUT_OF_MEMORY)");
}

TEST(ExplainTensorRt, ANetworkNamedDlaIsNoAccelerator) {
  EXPECT_EQ(
      explain_tensorrt({"9: Error Code 9: dla34.base conv of DLA-34 failed"}, "x", "y").hint(), "");
  for (const char* words : {"DLA Layer conv1 does not support dynamic shapes",
                            "Failed to initialise runtime on DLA.", "NvDLA compiler failed"}) {
    EXPECT_NE(explain_tensorrt({words}, "x", "y").problem().find("the DLA refused it"),
              std::string::npos)
        << words;
  }
}

TEST(LoadingWarnings, AreThoseThatSaySomethingOfThisRun) {
  const auto warnings = loading_warnings(
      {"CUDA lazy loading is not enabled. Enabling it can significantly reduce device memory usage",
       "Using an engine plan file across different models of devices is not recommended and is "
       "likely to affect performance or even cause errors.",
       "Something else\n"});
  ASSERT_EQ(warnings.size(), 2u);
  EXPECT_EQ(warnings[0].code, "plan_of_other_gpu");
  EXPECT_NE(warnings[0].hint.find("layerwatt build"), std::string::npos);
  EXPECT_EQ(warnings[1].code, "tensorrt_said");
  EXPECT_EQ(warnings[1].message, "TensorRT: Something else");
}

TEST(NotAPlan, TellsWhatAFileIsInstead) {
  EXPECT_EQ(not_a_plan("", 0), "is empty");
  EXPECT_EQ(not_a_plan("\x08\x08\x12\x07pytorch", 5000), "is an ONNX model, not a TensorRT plan");
  EXPECT_EQ(not_a_plan("version https://git-lfs.github.com/spec/v1\n", 130),
            "is a git LFS pointer, not the file itself (git lfs pull)");
  EXPECT_EQ(not_a_plan("PK\x03\x04", 5000), "is a zip archive, not a TensorRT plan");
  EXPECT_EQ(not_a_plan("<html>\n", 5000), "is text, not a TensorRT plan");
  EXPECT_EQ(not_a_plan("ftrt\x01", 20), "is too short for a TensorRT plan");
  // How plans of TensorRT 8 and 10 begin.
  EXPECT_EQ(not_a_plan(std::string_view("ptrt\xa0\x86\x01\x00", 8), 5000), "");
  EXPECT_EQ(not_a_plan(std::string_view("ftrt\x00\x00\x00\x00", 8), 5000), "");
  EXPECT_EQ(not_an_onnx_model("", 0), "is empty");
  EXPECT_EQ(not_an_onnx_model("<html>\n", 5000), "is text, not an ONNX model");
  EXPECT_EQ(not_an_onnx_model("PK\x03\x04", 5000), "is a zip archive, not an ONNX model");
  EXPECT_EQ(not_an_onnx_model("ftrt\x01", 5000), "is a TensorRT plan already, not an ONNX model");
  EXPECT_EQ(not_an_onnx_model("vtrt\x01", 5000), "is a TensorRT plan already, not an ONNX model");
  EXPECT_EQ(not_an_onnx_model("\x08", 5000), "");
  EXPECT_EQ(not_an_onnx_model("\x08\x08\x12\x07pytorch", 5000), "");
  EXPECT_NE(onnx_hint("No importer registered for op: Foo").find("--plugin"), std::string::npos);
  EXPECT_NE(onnx_hint("Failed to parse ONNX model").find("damaged"), std::string::npos);
}

TEST(DlaPart, IsByTheNamesOfTheCopies) {
  EXPECT_EQ(dla_part("head_3 from nvm"), DlaPart::wait);
  EXPECT_EQ(dla_part("data to nvm"), DlaPart::copy_in);
  EXPECT_EQ(dla_part("{ForeignNode[a...b]}"), DlaPart::none) << "GPU parts are called that too";
  EXPECT_EQ(dla_part("from nvmx"), DlaPart::none);
}

TEST(NamesAreNumbers, IsTrueOfKNoneAlone) {
  EXPECT_TRUE(names_are_numbers({"0", "12"}));
  EXPECT_FALSE(names_are_numbers({"0", "Conv_0"}));
  EXPECT_FALSE(names_are_numbers({}));
}

TEST(TensorRtVersion, ChangedItsDigitsAtTen) {
  EXPECT_EQ(tensorrt_version(8503), "8.5.3");
  EXPECT_EQ(tensorrt_version(8601), "8.6.1");
  EXPECT_EQ(tensorrt_version(100300), "10.3.0");
  EXPECT_EQ(tensorrt_version(101303), "10.13.3");
  EXPECT_EQ(tensorrt_version(110100), "11.1.0");
  EXPECT_EQ(tensorrt_version(10701), "1.7.1") << "TensorRT-RTX";
}

}  // namespace
}  // namespace layerwatt
