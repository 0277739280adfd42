#include "engine/openvino_words.hpp"

#include <gtest/gtest.h>

namespace layerwatt {
namespace {

TEST(OpenVinoWords, KeepsTheSentenceAndDropsTheSourceFiles) {
  EXPECT_EQ(useful_part("Exception from src/inference/src/cpp/core.cpp:84:\n"
                        "Check 'm_weights_provider' failed at src/core/x.cpp:887:\n"
                        "Empty weights data in bin file or bin file cannot be found!\n\n"),
            "Empty weights data in bin file or bin file cannot be found!");
}

TEST(OpenVinoWords, JoinsAListIntoOneLine) {
  EXPECT_EQ(useful_part("Exception from src/inference/src/cpp/core.cpp:84:\n"
                        "Check 'false' failed at src/frontends/report.cpp:151:\n"
                        "FrontEnd API failed with OpConversionFailure:\n"
                        "Model wasn't fully converted.\nSummary:\n"
                        "-- No conversion rule found for operations: my.dom.Foo\n\n"),
            "Model wasn't fully converted. No conversion rule found for operations: my.dom.Foo");
}

TEST(OpenVinoWords, ANodeIsKnownByItsFriendlyName) {
  EXPECT_EQ(useful_part("Check 'a.compatible(b)' failed at src/core/conv.hpp:307:\n"
                        "While validating node 'opset1::Convolution C (opset1::Parameter "
                        "data[0]:f32[1,5,8,8]) -> (f32[1,64,8,8])' with friendly_name 'conv1':\n"
                        "Data batch channel count (5) does not match filter input count (3).\n"),
            "node 'conv1': Data batch channel count (5) does not match filter input count (3).");
}

TEST(OpenVinoWords, PlainWordsStayAndNoiseAloneIsBetterThanNothing) {
  EXPECT_EQ(useful_part("std::bad_alloc"), "std::bad_alloc");
  EXPECT_EQ(useful_part("Exception from src/x.cpp:1:\n"), "Exception from src/x.cpp:1:");
  EXPECT_EQ(useful_part(""), "");
}

TEST(OpenVinoWords, LongTextsAreCutBetweenCharacters) {
  const std::string words = useful_part(std::string(399, 'a') + std::string("\xc3\xbc", 2) + "bbb");
  EXPECT_EQ(words, std::string(399, 'a') + " …");
}

TEST(OpenVinoWords, PrecisionEndsTheImplementationsName) {
  EXPECT_EQ(precision_of("brgconv_avx2_f32"), "f32");
  EXPECT_EQ(precision_of("brgconv_avx512_amx_bf16"), "bf16");
  EXPECT_EQ(precision_of("jit_avx512_u8"), "u8");
  EXPECT_EQ(precision_of("undef"), std::nullopt);
  EXPECT_EQ(precision_of("ref_any"), std::nullopt);
  EXPECT_EQ(precision_of("f32"), std::nullopt);
  EXPECT_EQ(precision_of(""), std::nullopt);
}

const std::set<std::string, std::less<>> kKnown = {
    "/conv1/Conv", "/conv1/Conv/WithoutBiases", "/relu/Relu", "conv, \"first\"", "conv", "bn"};

TEST(OpenVinoWords, ALayerIsNamedByTheOperationsOfTheModel) {
  EXPECT_EQ(layer_name("/conv1/Conv/WithoutBiases",
                       "/conv1/Conv/WithoutBiases,/conv1/Conv,/relu/Relu", kKnown),
            "/conv1/Conv + /relu/Relu");
  EXPECT_EQ(layer_name("Multiply_5133", "Multiply_5133,bn,/relu/Relu", kKnown), "bn + /relu/Relu");
  EXPECT_EQ(layer_name("conv", "conv", kKnown), "conv");
}

TEST(OpenVinoWords, CommasInNamesDoNotSplitThem) {
  EXPECT_EQ(layer_name("conv, \"first\"", "conv, \"first\",/relu/Relu", kKnown),
            "conv, \"first\" + /relu/Relu");
  EXPECT_EQ(layer_name("x", "made, up,conv, \"first\"", kKnown), "conv, \"first\"");
}

TEST(OpenVinoWords, WhatOpenVinoPutInKeepsItsName) {
  EXPECT_EQ(layer_name("data_abcd_acdb_conv", "", kKnown), "data_abcd_acdb_conv");
  EXPECT_EQ(layer_name("Multiply_5133", "Multiply_5133", kKnown), "Multiply_5133");
  EXPECT_EQ(layer_name("/conv1/Conv/WithoutBiases", "/conv1/Conv/WithoutBiases", kKnown),
            "/conv1/Conv/WithoutBiases");
}

}  // namespace
}  // namespace layerwatt
