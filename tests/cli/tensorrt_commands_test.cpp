// build, profile and benchmark of TensorRT engines, over the fake libraries; and trtexec's files.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <nlohmann/json.hpp>

#include "cli/outcome.hpp"
#include "fakes/scratch_directory.hpp"
#include "fakes/tensorrt/fake_plan.hpp"

namespace layerwatt::cli {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;

class TensorRtCommands : public testing::Test {
 protected:
  TensorRtCommands() {
    set("LAYERWATT_MODULE_PATH", LAYERWATT_FAKE_MODULES);
    set("LAYERWATT_CUDA", LAYERWATT_FAKE_MODULES "/libfake_cuda.so");
    set("LAYERWATT_TENSORRT_LIB", LAYERWATT_FAKE_MODULES "/libfake_nvinfer.so");
    set("LAYERWATT_TENSORRT_PARSER_LIB", LAYERWATT_FAKE_MODULES "/libfake_nvinfer.so");
    set("LAYERWATT_NVML", LAYERWATT_FAKE_MODULES "/libfake_nvml.so");
  }
  ~TensorRtCommands() override {
    for (const std::string& name : names_) ::unsetenv(name.c_str());
  }
  void set(const std::string& name, const std::string& value) {
    ::setenv(name.c_str(), value.c_str(), 1);
    names_.push_back(name);
  }
  std::string model() {
    const json layers = {{{"name", "conv"}, {"ms", 0.3}, {"info", {{"LayerType", "Convolution"}}}},
                         {{"name", "fc"}, {"ms", 0.1}}};
    const json plan{{"inputs", {{{"name", "data"}, {"shape", {4, 3, 8, 8}}}}},
                    {"outputs", {{{"name", "y"}, {"shape", {4, 10}}}}},
                    {"layers", layers}};
    return scratch_.write("m.onnx", fakes::onnx_bytes(plan)).string();
  }
  std::string at(const std::string& name) const { return (scratch_ / name).string(); }

  fakes::ScratchDirectory scratch_;
  std::vector<std::string> names_;
};

TEST_F(TensorRtCommands, BuildsProfilesAndBenchmarks) {
  const Outcome built = run_layerwatt({"build", model(), "-o", at("m.engine"), "--fp16"});
  EXPECT_EQ(built.code, 0) << built.err;
  EXPECT_THAT(built.out, AllOf(HasSubstr("m.engine"), HasSubstr("TensorRT 10.3.0")));
  EXPECT_THAT(built.err, HasSubstr("TensorRT: Using default"));

  const Outcome profiled =
      run_layerwatt({"profile", at("m.engine"), "--iterations", "500", "--json", at("r.json")});
  EXPECT_EQ(profiled.code, 0) << profiled.err;
  EXPECT_THAT(profiled.err, HasSubstr("sensor nvml"));
  const json result = json::parse(scratch_.read("r.json"));
  EXPECT_EQ(result["engine"]["name"], "tensorrt");
  EXPECT_EQ(result["engine"]["cuda_graph"], true) << "unless told otherwise";
  EXPECT_EQ(result["layers"][0]["type"], "Convolution");
  EXPECT_NEAR(result["layers"][0]["time_ms"]["mean"].get<double>(), 0.3, 1e-3);
  // The parts make the whole, whatever the machine was doing meanwhile.
  const double layers = result["layers"][0]["time_ms"]["mean"].get<double>() +
                        result["layers"][1]["time_ms"]["mean"].get<double>();
  EXPECT_NEAR(layers + result["outside_layers"]["time_ms"]["mean"].get<double>(),
              result["total"]["time_ms"]["mean"].get<double>(), 1e-6);

  const Outcome benched =
      run_layerwatt({"benchmark", at("m.engine"), at("m.engine"), "--parallel", "--iterations",
                     "50", "--sensor", "none", "--json", at("b.json")});
  EXPECT_EQ(benched.code, 0) << benched.err;
  EXPECT_THAT(benched.out, HasSubstr("m.engine + m.engine"));
  const json bench = json::parse(scratch_.read("b.json"));
  EXPECT_EQ(bench["schema"], "layerwatt.benchmark/1");
  EXPECT_EQ(bench["results"].size(), 1u);
  EXPECT_EQ(bench["results"][0]["batch"], 4);
  EXPECT_TRUE(bench["results"][0]["energy_mj"].is_null());
  EXPECT_FALSE(bench["results"][0]["reason"].is_null());
}

TEST_F(TensorRtCommands, ABenchmarkHasNoLayersToTellApart) {
  EXPECT_EQ(run_layerwatt({"build", model(), "-o", at("m.engine")}).code, 0);
  const Outcome benched =
      run_layerwatt({"benchmark", at("m.engine"), "--iterations", "1200", "--json", at("b.json")});
  EXPECT_EQ(benched.code, 0) << benched.err;
  EXPECT_THAT(benched.err, testing::Not(HasSubstr("separable")));
  const json result = json::parse(scratch_.read("b.json"))["results"][0];
  EXPECT_FALSE(result["energy_mj"].is_null()) << result["reason"];
  EXPECT_NEAR(result["energy_mj_per_frame"].get<double>(),
              result["energy_mj"]["mean"].get<double>() / 4.0, 1e-9);
}

TEST_F(TensorRtCommands, MistakesAreExitCode2AndFailures1) {
  EXPECT_EQ(run_layerwatt({"build", at("nowhere.onnx"), "-o", at("a")}).code, 2);
  EXPECT_EQ(run_layerwatt({"build", model()}).code, 2) << "-o is needed";
  EXPECT_EQ(run_layerwatt({"build", model(), "-o", at("a"), "--shape", "data"}).code, 2);
  EXPECT_EQ(run_layerwatt({"profile", scratch_.write("text.engine", "hello").string()}).code, 2);
  EXPECT_EQ(run_layerwatt({"benchmark", at("nowhere.engine")}).code, 2);
  EXPECT_EQ(run_layerwatt({"benchmark"}).code, 2);
  EXPECT_EQ(run_layerwatt({"profile", model(), "--iterations", "0"}).code, 2);
  EXPECT_EQ(run_layerwatt({"build", model(), "-o", at("m.engine")}).code, 0);
  const Outcome no_gpu = run_layerwatt({"profile", at("m.engine"), "--device", "3"});
  EXPECT_EQ(no_gpu.code, 2);
  EXPECT_THAT(no_gpu.err, HasSubstr("--device 3: there is no GPU 3"));
  set("LAYERWATT_TENSORRT_PARSER_LIB", "/nowhere/libnvonnxparser.so");
  const Outcome failed = run_layerwatt({"build", model(), "-o", at("a")});
  EXPECT_EQ(failed.code, 1);
  EXPECT_THAT(failed.err, HasSubstr("apt-get install"));
}

class TrtexecFiles : public TensorRtCommands {
 protected:
  std::vector<std::string> files() {
    return {
        "analyze", "--trtexec-profile",
        scratch_
            .write("p.json",
                   R"([{"count":2},{"name":"conv","averageMs":3.0},{"name":"fc","averageMs":1.0}])")
            .string(),
        "--trtexec-times",
        scratch_
            .write("t.json", R"([{"startComputeMs":10,"endComputeMs":15,"endD2hMs":16},
                                     {"startComputeMs":20,"endComputeMs":22,"endD2hMs":23}])")
            .string()};
  }
};

TEST_F(TrtexecFiles, BecomeAResultWithAndWithoutPower) {
  auto words = files();
  words.insert(words.end(), {"--json", at("times.json"), "--layer-info",
                             scratch_
                                 .write("l.json", R"({"Layers":[{"Name":"conv",
                                       "LayerType":"CaskConvolution","TacticName":"k"}]})")
                                 .string()});
  const Outcome times = run_layerwatt(words);
  EXPECT_EQ(times.code, 0) << times.err;
  json result = json::parse(scratch_.read("times.json"));
  EXPECT_EQ(result["iterations"], 2);
  EXPECT_EQ(result["layers"][0]["type"], "CaskConvolution");
  EXPECT_EQ(result["engine"]["layers"][0]["tactic"], "k");
  EXPECT_DOUBLE_EQ(result["layers"][0]["time_ms"]["max"].get<double>(), 3.0);
  EXPECT_DOUBLE_EQ(result["layers"][0]["time_ms"]["min"].get<double>(), 1.5) << "into 2 ms";

  std::string power = "time_ns,GPU\n";
  for (int i = 0; i < 40; ++i) power += std::to_string(1000000000000 + i * 1000000) + ",5000\n";
  words = files();
  words.insert(words.end(), {"--power", scratch_.write("power.csv", power).string(),
                             "--trtexec-start", "1000", "--json", at("power.json")});
  const Outcome powered = run_layerwatt(words);
  EXPECT_EQ(powered.code, 0) << powered.err;
  result = json::parse(scratch_.read("power.json"));
  EXPECT_NEAR(result["total"]["power_mw"]["mean"].get<double>(), 5000.0, 1.0);
}

TEST_F(TrtexecFiles, OfALongRunHaveStampsThatAreTooCoarseForLayers) {
  // As trtexec prints 125 s: to the millisecond, the durations finer.
  std::string times;
  std::string power = "time_ns,GPU\n";
  for (int i = 0; i < 40; ++i) {
    times += std::string(i == 0 ? "[" : ",") + R"({"startComputeMs":)" +
             std::to_string(125000 + 2 * i) + R"(,"endComputeMs":)" +
             std::to_string(125001 + 2 * i) + R"(,"endD2hMs":)" + std::to_string(125001 + 2 * i) +
             R"(,"computeMs":1.25})";
  }
  for (int i = 0; i < 100; ++i) power += std::to_string(1125000000000 + i * 1000000) + ",5000\n";
  auto words = files();
  words[4] = scratch_.write("long.json", times + "]").string();
  words.insert(words.end(), {"--power", scratch_.write("power.csv", power).string(),
                             "--trtexec-start", "1000", "--json", at("long-result.json")});
  const Outcome outcome = run_layerwatt(words);
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  const json result = json::parse(scratch_.read("long-result.json"));
  EXPECT_NEAR(result["total"]["time_ms"]["mean"].get<double>(), 1.25, 1e-6);
  EXPECT_THAT(result["warnings"].dump(), HasSubstr("trtexec_stamps_coarse"));
}

TEST_F(TrtexecFiles, BelongTogetherAndToTheEngine) {
  auto words = files();
  words.resize(3);
  EXPECT_EQ(run_layerwatt(words).code, 2) << "times are missing";
  words = files();
  words.insert(words.end(), {"--layer-info", scratch_.write("l.json", R"(["other"])").string()});
  const Outcome other = run_layerwatt(words);
  EXPECT_EQ(other.code, 2);
  EXPECT_THAT(other.err, HasSubstr("another engine"));
  words = files();
  words.push_back(at("recording"));
  EXPECT_EQ(run_layerwatt(words).code, 2);
}

}  // namespace
}  // namespace layerwatt::cli
