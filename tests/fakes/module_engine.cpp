// A loadable engine without a runtime behind it, built twice: as liblayerwatt_fake.so, and with
// the entry of another version of the interface as liblayerwatt_outdated.so.
#include "engine/module.hpp"
#include "layerwatt/error.hpp"

namespace {

class FakeEngine final : public layerwatt::Engine {
 public:
  explicit FakeEngine(std::string model) : model_(std::move(model)) {}
  void load() override {
    if (model_ == "broken") {
      throw layerwatt::Error(layerwatt::ErrorKind::bad_input, "cannot be read", model_, "mend it");
    }
  }
  const std::vector<layerwatt::LayerInfo>& layers() const override { return layers_; }
  std::string engine_json() const override { return R"({"name":"fake"})"; }
  std::string device_json() const override { return "{}"; }
  void infer(layerwatt::Inference& out) override { out.layer_ms.assign(1, 0.5); }

 private:
  std::string model_;
  std::vector<layerwatt::LayerInfo> layers_ = {{"only", {}, {}}};
};

}  // namespace

extern "C" __attribute__((visibility("default"))) const layerwatt::EngineBackend* FAKE_ENTRY() {
  static const layerwatt::EngineBackend backend = [] {
    layerwatt::EngineBackend fake;
    fake.unavailable = [](const layerwatt::Host& host) {
      return host.sys.env("FAKE_MISSING").value_or("");
    };
    fake.create = [](const layerwatt::Host&, const layerwatt::EngineOptions& options) {
      return std::make_unique<FakeEngine>(options.model.string());
    };
    return fake;
  }();
  return &backend;
}
