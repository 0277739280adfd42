// The engine through the registry, as the program gets it. Where this build has no OpenVINO, what
// the registry says about that is tested, and the rest is skipped.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "fakes/onnx_model.hpp"
#include "layerwatt/error.hpp"
#include "layerwatt/registry.hpp"

namespace layerwatt {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

Host module_host() {
  Host host;
  host.sys = SysRoot("/", [](const std::string& name) -> std::optional<std::string> {
    if (name == "LAYERWATT_MODULE_PATH") return LAYERWATT_MODULES;
    return std::nullopt;
  });
  return host;
}

class OpenVino : public testing::Test {
 protected:
  void SetUp() override {
    const std::string why = find_engine("openvino").unavailable(module_host());
    if (!why.empty()) GTEST_SKIP() << why;
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    directory_ = fs::temp_directory_path() /
                 ("layerwatt_openvino_" + std::to_string(::getpid()) + "_" + test->name());
    fs::create_directories(directory_);
  }
  void TearDown() override {
    if (!directory_.empty()) fs::remove_all(directory_);
  }

  fs::path write(const std::string& name, std::string_view bytes) const {
    test::write_file(directory_ / name, bytes);
    return directory_ / name;
  }

  static std::unique_ptr<Engine> create(const EngineOptions& options) {
    return find_engine("openvino").create(module_host(), options);
  }
  static std::unique_ptr<Engine> loaded(const EngineOptions& options) {
    auto engine = create(options);
    engine->load();
    return engine;
  }
  static Error refusal(const EngineOptions& options) {
    try {
      loaded(options);
    } catch (const Error& error) {
      return error;
    }
    ADD_FAILURE() << "loaded";
    return Error(ErrorKind::engine, "loaded");
  }

  fs::path directory_;
};

TEST(OpenVinoEntry, IsListedAndSaysWhyWhenItCannotRun) {
  const EngineBackend& backend = find_engine("openvino");
  EXPECT_EQ(backend.extensions, (std::vector<std::string>{".onnx", ".xml"}));
  const std::string why = backend.unavailable(module_host());
#ifdef LAYERWATT_HAVE_OPENVINO
  EXPECT_EQ(why, "");
#else
  EXPECT_NE(why.find("pip install openvino"), std::string::npos) << why;
  try {
    backend.create(module_host(), EngineOptions{});
    FAIL() << "created";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::engine);
    EXPECT_NE(error.hint().find("pip install openvino"), std::string::npos) << error.what();
  }
#endif
}

TEST_F(OpenVino, TimesEveryNodeOfAnOnnxModel) {
  EngineOptions options;
  options.model = write("tiny.onnx", test::tiny_convnet(1));
  const auto engine = loaded(options);
  ASSERT_GE(engine->layers().size(), 3U);
  Inference inference;
  for (int i = 0; i < 5; ++i) {
    engine->infer(inference);
    ASSERT_EQ(inference.layer_ms.size(), engine->layers().size());
    EXPECT_GT(inference.end_ns, inference.start_ns);
    for (const double time_ms : inference.layer_ms) EXPECT_GE(time_ms, 0.0);
  }
  EXPECT_EQ(json::parse(engine->engine_json()).at("name"), "openvino");
}

}  // namespace
}  // namespace layerwatt
