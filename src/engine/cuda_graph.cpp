// Any CUDA work that a shared library captures (include/layerwatt/cuda_graph.hpp) as an engine of
// the command line.
#include "layerwatt/cuda_graph.hpp"

#include <deque>
#include <filesystem>
#include <mutex>
#include <utility>

#include "core/dynlib.hpp"
#include "engine/cuda_graph_recorder.hpp"
#include "layerwatt/error.hpp"

namespace layerwatt {
namespace {

constexpr const char* kEntry = "layerwatt_capture_1";

// Never closed: its kernels are still being run when the last of us is gone.
const DynamicLibrary& opened_for_good(const std::filesystem::path& file) {
  static auto& mutex = *new std::mutex;
  static auto& opened = *new std::deque<DynamicLibrary>;
  const std::lock_guard lock(mutex);
  return opened.emplace_back(file);
}

// The captured engine is there once the library has run, which is load()'s job.
class LibraryEngine final : public Engine {
 public:
  LibraryEngine(Host host, const EngineOptions& options)
      : host_(std::move(host)), file_(options.model) {
    graph_.empty_cache = options.empty_cache;
    graph_.half_passes = options.half_passes;
  }

  void load() override {
    const DynamicLibrary& library = opened_for_good(std::filesystem::absolute(file_));
    const auto capture = library.find_function<void (*)(GraphRecorder&)>(kEntry);
    if (capture == nullptr) {
      throw Error(ErrorKind::bad_input, std::string("exports no ") + kEntry, file_.string(),
                  "export what include/layerwatt/cuda_graph.hpp declares at its end");
    }
    auto recorder = make_graph_recorder();
    try {
      capture(*recorder);
    } catch (const Error&) {
      throw;
    } catch (const std::exception& thrown) {
      throw Error(ErrorKind::engine, thrown.what(), file_.string());
    }
    engine_ = make_graph_engine(std::move(recorder), host_, graph_);
    engine_->load();
  }

  const std::vector<LayerInfo>& layers() const override { return engine_->layers(); }
  std::string engine_json() const override { return engine_->engine_json(); }
  std::string device_json() const override { return engine_->device_json(); }
  void infer(Inference& out) override { engine_->infer(out); }
  Repeating* repeating() override { return engine_ ? engine_->repeating() : nullptr; }
  std::string why_not_repeating() const override {
    return engine_ ? engine_->why_not_repeating() : std::string();
  }

 private:
  Host host_;
  std::filesystem::path file_;
  GraphEngineOptions graph_;
  std::unique_ptr<Engine> engine_;
};

}  // namespace

EngineBackend cuda_graph_engine() {
  EngineBackend backend;
  backend.name = "cuda-graph";
  backend.summary = "any CUDA work that a shared library captures into a graph";
  backend.extensions = {".so"};
  backend.on_gpu = true;
  backend.unavailable = [](const Host&) -> std::string {
    try {
      open_graph_driver();
      return "";
    } catch (const Error& error) {
      return error.what();
    }
  };
  backend.create = [](const Host& host, const EngineOptions& options) -> std::unique_ptr<Engine> {
    return std::make_unique<LibraryEngine>(host, options);
  };
  return backend;
}

}  // namespace layerwatt
