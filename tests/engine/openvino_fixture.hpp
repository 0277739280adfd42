// What tests of the OpenVINO engine share; they are skipped where this build has none.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>

#include "fakes/onnx_model.hpp"
#include "fakes/scratch_directory.hpp"
#include "layerwatt/error.hpp"
#include "layerwatt/registry.hpp"

namespace layerwatt::test {

inline Host openvino_host() {
  Host host;
  host.sys = SysRoot("/", [](const std::string& name) -> std::optional<std::string> {
    if (name == "LAYERWATT_MODULE_PATH") return LAYERWATT_MODULES;
    return std::nullopt;
  });
  return host;
}

class OpenVinoTest : public testing::Test {
 protected:
  void SetUp() override {
    const std::string why = find_engine("openvino").unavailable(openvino_host());
    if (!why.empty()) GTEST_SKIP() << why;
  }

  static std::unique_ptr<Engine> loaded(const EngineOptions& options) {
    auto engine = find_engine("openvino").create(openvino_host(), options);
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
  Error refusal_of_file(const std::string& name, const std::string& content) const {
    EngineOptions options;
    options.model = scratch_.write(name, content);
    const Error error = refusal(options);
    EXPECT_EQ(error.kind(), ErrorKind::bad_input) << error.what();
    EXPECT_EQ(error.where(), options.model.string());
    EXPECT_THAT(error.what(), testing::Not(testing::HasSubstr("src/")))
        << "OpenVINO's own source files";
    return error;
  }

  EngineOptions tiny(std::int64_t batch, bool same_names = false) const {
    EngineOptions options;
    options.model = scratch_.write("tiny.onnx", tiny_convnet(batch, same_names));
    return options;
  }
  static EngineOptions product() {
    EngineOptions options;
    options.model = std::filesystem::path(LAYERWATT_FIXTURES) / "openvino/product.xml";
    return options;
  }

  fakes::ScratchDirectory scratch_;
};

}  // namespace layerwatt::test
