// The engine through the registry, as the program gets it. Where this build has no OpenVINO, what
// the registry says about that is tested, and the rest is skipped.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

#include "engine/openvino_fixture.hpp"

namespace layerwatt {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::StartsWith;
namespace fs = std::filesystem;

class OpenVino : public test::OpenVinoTest {};

TEST(OpenVinoEntry, IsListedAndSaysWhyWhenItCannotRun) {
  const EngineBackend& backend = find_engine("openvino");
  EXPECT_EQ(backend.extensions, (std::vector<std::string>{".onnx", ".xml"}));
  const std::string why = backend.unavailable(test::openvino_host());
#ifdef LAYERWATT_HAVE_OPENVINO
  EXPECT_EQ(why, "");
#else
  EXPECT_THAT(why, HasSubstr("pip install"));
  try {
    backend.create(test::openvino_host(), EngineOptions{});
    FAIL() << "created";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::engine);
    EXPECT_EQ(error.hint(), why);
  }
#endif
}

TEST_F(OpenVino, TimesEveryNodeThatRuns) {
  const auto engine = loaded(tiny(1));
  const std::vector<LayerInfo> layers = engine->layers();
  std::vector<std::string> convolutions;
  for (const LayerInfo& layer : layers) {
    ASSERT_TRUE(layer.type.has_value()) << layer.name;
    if (*layer.type == "Convolution") convolutions.push_back(layer.name);
  }
  // In execution order, and with names as the model gives them.
  // What else is fused into them depends on the CPU.
  EXPECT_THAT(convolutions,
              testing::ElementsAre(StartsWith("conv, \"first\""), StartsWith("conv zweite ü")));

  Inference inference;
  double total_ms = 0.0;
  for (int i = 0; i < 20; ++i) {
    engine->infer(inference);
    ASSERT_EQ(inference.layer_ms.size(), layers.size());
    EXPECT_GT(inference.end_ns, inference.start_ns);
    double sum_ms = 0.0;
    for (const double time_ms : inference.layer_ms) {
      EXPECT_GE(time_ms, 0.0);
      sum_ms += time_ms;
    }
    // Cut from within the inference, so not longer than it, but for 1 µs of each clock's cutting.
    EXPECT_LE(sum_ms, static_cast<double>(inference.end_ns - inference.start_ns) / 1e6 + 0.002);
    total_ms += sum_ms;
  }
  EXPECT_GT(total_ms, 0.0);
  EXPECT_EQ(engine->layers().size(), layers.size()) << "fixed after load()";
}

TEST_F(OpenVino, NodesOfOneNameStayApart) {
  const auto engine = loaded(tiny(1, true));
  std::size_t convolutions = 0;
  for (const LayerInfo& layer : engine->layers()) convolutions += layer.type == "Convolution";
  EXPECT_EQ(convolutions, 2U);
  Inference inference;
  engine->infer(inference);
  EXPECT_EQ(inference.layer_ms.size(), engine->layers().size());
}

// What scripts/demo profiles, small: 20 convolutions, as a ResNet-18 has.

TEST_F(OpenVino, RunsTheResNetOfTheDemo) {
  const fs::path source = LAYERWATT_SOURCE;
  const fs::path python = source / ".venv/bin/python";
  if (!fs::exists(python)) GTEST_SKIP() << "no .venv with onnx; scripts/build makes it";
  EngineOptions options;
  options.model = scratch_ / "resnet18.onnx";
  const std::string command =
      "'" + python.string() + "' '" + (source / "scripts/make-onnx-resnet18").string() +
      "' --width 8 --size 32 --classes 10 --batch 0 -o '" + options.model.string() + "'";
  ASSERT_EQ(std::system(command.c_str()), 0) << command;
  options.shapes = {{"input", {2, 3, 32, 32}}};
  const auto engine = loaded(options);
  std::size_t convolutions = 0;
  for (const LayerInfo& layer : engine->layers()) convolutions += layer.type == "Convolution";
  EXPECT_EQ(convolutions, 20U);
  EXPECT_EQ(engine->layers().back().type, "FullyConnected");
}

TEST_F(OpenVino, ReadsItsOwnFormatToo) {
  const auto engine = loaded(product());
  Inference inference;
  engine->infer(inference);
  ASSERT_GE(engine->layers().size(), 2U);
  EXPECT_EQ(engine->layers().back().name, "share");
  EXPECT_EQ(engine->layers().back().precision, "f32");
}

TEST_F(OpenVino, SaysWhatItRan) {
  EngineOptions options = tiny(1);
  options.threads = 1;
  options.precision = "f32";
  const auto engine = loaded(options);
  const json said = json::parse(engine->engine_json());
  EXPECT_EQ(said.at("name"), "openvino");
  EXPECT_EQ(said.at("model"), "tiny.onnx");
  EXPECT_EQ(said.at("threads"), 1);
  EXPECT_EQ(said.at("precision"), "f32");
  EXPECT_EQ(said.at("inputs"),
            json::parse(R"([{"name":"data","type":"f32","shape":[1,3,32,32]}])"));
  EXPECT_EQ(said.at("outputs"), json::parse(R"([{"name":"scores","type":"f32","shape":[1,10]}])"));
  EXPECT_EQ(said.at("parameters"), 16 * 3 * 9 + 16 * 16 * 9 + 16 * 10);
  EXPECT_FALSE(said.at("version").get<std::string>().empty());
  const json device = json::parse(engine->device_json());
  EXPECT_EQ(device.at("kind"), "cpu");
  EXPECT_FALSE(device.at("name").get<std::string>().empty());
}

// The file says what the model leaves open; only nobody's word is a reason to refuse.

TEST_F(OpenVino, ModelsThatCannotBeReadAreNamed) {
  EngineOptions options;
  options.model = "/nonexistent/model.onnx";
  EXPECT_THAT(refusal(options).what(), HasSubstr("no such file"));
  options.model = scratch_.path();
  EXPECT_THAT(refusal(options).what(), HasSubstr("is not a file"));

  refusal_of_file("empty.onnx", "");
  refusal_of_file("text.onnx", "hello\n");
  refusal_of_file("empty.xml", "");
  refusal_of_file("text.xml", "hello <\n");
  const std::string whole = test::tiny_convnet(1);
  refusal_of_file("cut.onnx", whole.substr(0, whole.size() / 2));
}

TEST_F(OpenVino, WeightsMustBeThereAndWhole) {
  std::ifstream stream(fs::path(LAYERWATT_FIXTURES) / "openvino/scaled.xml");
  const std::string xml{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  EXPECT_THAT(refusal_of_file("scaled.xml", xml).problem(), HasSubstr("bin file"));
  scratch_.write("scaled.bin", std::string(63, '\x3f'));
  EXPECT_THAT(refusal_of_file("scaled.xml", xml).problem(), HasSubstr("bin file"));
  refusal_of_file("half.xml", xml.substr(0, xml.size() / 2));

  scratch_.write("scaled.bin", std::string(64, '\x3f'));
  EngineOptions options;
  options.model = scratch_ / "scaled.xml";
  EXPECT_NO_THROW(loaded(options));
}

TEST_F(OpenVino, OptionsItCannotFollowAreRefused) {
  const auto kind_with = [&](auto change) {
    EngineOptions options = product();
    change(options);
    return refusal(options).kind();
  };
  EXPECT_EQ(kind_with([](auto& options) { options.device = 1; }), ErrorKind::usage);
  EXPECT_EQ(kind_with([](auto& options) { options.dla_core = 0; }), ErrorKind::usage);
  EXPECT_EQ(kind_with([](auto& options) { options.profile_index = 1; }), ErrorKind::usage);
  EXPECT_EQ(kind_with([](auto& options) { options.cuda_graph = true; }), ErrorKind::usage);
  EXPECT_EQ(kind_with([](auto& options) { options.threads = 0; }), ErrorKind::usage);

  EngineOptions options = product();
  options.precision = "f12";
  const Error error = refusal(options);
  EXPECT_EQ(error.kind(), ErrorKind::usage);
  EXPECT_THAT(error.hint(), HasSubstr("f32"));
  // What the hint offers is what it takes, and what it leaves out is refused.
  for (const std::string precision : {"f32", "bf16", "f16"}) {
    options.precision = precision;
    const bool offered = error.hint().find(" " + precision) != std::string::npos;
    if (offered) {
      EXPECT_EQ(json::parse(loaded(options)->engine_json()).at("precision"), precision);
    } else {
      EXPECT_EQ(refusal(options).kind(), ErrorKind::usage) << precision;
    }
  }
}

}  // namespace
}  // namespace layerwatt
