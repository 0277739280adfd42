// Engines seen from outside: an inference is one layer. Several run side by side, each in a thread
// of its own, and start together.
#pragma once

#include <condition_variable>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "layerwatt/engine.hpp"

namespace layerwatt {

class WholeInference final : public Engine {
 public:
  explicit WholeInference(std::vector<std::unique_ptr<Engine>> engines);
  ~WholeInference() override;

  // Of all engines; the first error is thrown.
  void load() override;
  const std::vector<LayerInfo>& layers() const override { return layers_; }
  std::string engine_json() const override;  // of the first
  std::string device_json() const override;
  std::vector<Warning> warnings() const override;
  // From the first engine's start to the last one's end.
  void infer(Inference& out) override;

 private:
  // An engine lives in one thread: made there it would be best, loaded and run there is enough.
  struct Worker {
    std::unique_ptr<Engine> engine;
    Inference inference;
    std::exception_ptr error;
    std::thread thread;
  };
  void on_all(const std::function<void(Worker&)>& job);
  void loop(Worker& worker);

  std::vector<LayerInfo> layers_ = {{"inference", {}, {}}};
  std::vector<std::unique_ptr<Worker>> workers_;
  std::mutex mutex_;
  std::condition_variable changed_;
  const std::function<void(Worker&)>* job_ = nullptr;  // guarded by mutex_, as all below
  std::size_t round_ = 0;
  std::size_t busy_ = 0;
  bool ending_ = false;
};

}  // namespace layerwatt
