#include "engine/module.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "fakes/scratch_directory.hpp"
#include "layerwatt/error.hpp"

namespace layerwatt {
namespace {

using testing::HasSubstr;

Host host_with(std::map<std::string, std::string> environment) {
  Host host;
  host.sys = SysRoot("/", [environment](const std::string& name) -> std::optional<std::string> {
    const auto found = environment.find(name);
    if (found == environment.end()) return std::nullopt;
    return found->second;
  });
  return host;
}

Host module_host() { return host_with({{"LAYERWATT_MODULE_PATH", LAYERWATT_FAKE_MODULES}}); }

EngineBackend entry(const std::string& name) { return module_engine(name, "a fake", {".f"}, ""); }

Error create_error(const EngineBackend& backend, const Host& host) {
  try {
    backend.create(host, EngineOptions{});
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "created";
  return Error(ErrorKind::engine, "created");
}

TEST(Module, OpensWhenAskedForAndRuns) {
  const EngineBackend backend = entry("fake");
  EXPECT_EQ(backend.unavailable(module_host()), "");
  const auto engine = backend.create(module_host(), EngineOptions{});
  engine->load();
  ASSERT_EQ(engine->layers().size(), 1U);
  EXPECT_EQ(engine->layers()[0].name, "only");
  Inference inference;
  engine->infer(inference);
  EXPECT_EQ(inference.layer_ms, (std::vector<double>{0.5}));
}

// The module has its own copy of Error's code; the program must still know it as its own.
TEST(Module, ErrorsCrossTheBorderWhole) {
  EngineOptions options;
  options.model = "broken";
  const auto engine = entry("fake").create(module_host(), options);
  try {
    engine->load();
    FAIL() << "loaded";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::bad_input);
    EXPECT_EQ(error.where(), "broken");
    EXPECT_EQ(error.hint(), "mend it");
  }
}

TEST(Module, ItsOwnReasonIsTheReason) {
  const Host host =
      host_with({{"LAYERWATT_MODULE_PATH", LAYERWATT_FAKE_MODULES}, {"FAKE_MISSING", "No GPU."}});
  EXPECT_EQ(entry("fake").unavailable(host), "No GPU.");
}

TEST(Module, AnotherVersionsModuleIsRefusedByName) {
  const EngineBackend backend = entry("outdated");
  const Error error = create_error(backend, module_host());
  EXPECT_EQ(error.kind(), ErrorKind::engine);
  EXPECT_THAT(error.where(), HasSubstr("liblayerwatt_outdated.so"));
  EXPECT_THAT(error.problem(), HasSubstr("another layerwatt version"));
  EXPECT_EQ(backend.unavailable(module_host()), error.what());
}

TEST(Module, AFileThatIsNoLibraryIsTheLoadersError) {
  const fakes::ScratchDirectory scratch;
  scratch.write("liblayerwatt_text.so", "not an ELF file\n");
  const Host host = host_with({{"LAYERWATT_MODULE_PATH", scratch.path().string()}});
  const Error error = create_error(entry("text"), host);
  EXPECT_EQ(error.kind(), ErrorKind::engine);
  EXPECT_THAT(error.what(), HasSubstr("liblayerwatt_text.so"));
}

TEST(Module, AMissingFileSaysWhereToPutIt) {
  const Error error = create_error(entry("nowhere"), module_host());
  EXPECT_THAT(error.problem(), HasSubstr("liblayerwatt_nowhere.so was not found"));
  EXPECT_THAT(error.hint(), HasSubstr("LAYERWATT_MODULE_PATH"));
}

TEST(Module, OneThatWasNotBuiltGivesTheBuildsReason) {
  const EngineBackend backend = module_engine("fake", "a fake", {}, "No SDK. Install it.");
  EXPECT_EQ(backend.unavailable(host_with({})), "No SDK. Install it.");
  EXPECT_EQ(backend.unavailable(module_host()), "") << "somebody else built it";
  const Error error = create_error(backend, host_with({}));
  EXPECT_EQ(error.kind(), ErrorKind::engine);
  EXPECT_EQ(error.hint(), "No SDK. Install it.");
}

}  // namespace
}  // namespace layerwatt
