#include "engine/nvtx_ranges.hpp"

#include <cstdlib>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "core/dynlib.hpp"
#include "layerwatt/cuda_graph.hpp"

namespace layerwatt {
namespace {

namespace fs = std::filesystem;

constexpr const char* kVariable = "NVTX_INJECTION64_PATH";

struct Follower {
  std::mutex mutex;
  GraphRecorder* recorder = nullptr;
  std::thread::id thread;
};

Follower& follower() {
  static Follower one;
  return one;
}

// Runs in whatever calls NVTX, C code mostly: nothing may be thrown. A broken capture is told by
// the recorder's end().
template <class Act>
void with_recorder(const Act& act) noexcept {
  try {
    Follower& now = follower();
    const std::lock_guard lock(now.mutex);
    if (now.recorder != nullptr && now.thread == std::this_thread::get_id()) act(*now.recorder);
  } catch (const std::exception&) {
    return;
  }
}

void on_push(const char* name) {
  with_recorder([name](GraphRecorder& recorder) { recorder.push(name != nullptr ? name : ""); });
}

void on_pop() {
  with_recorder([](GraphRecorder& recorder) { recorder.pop(); });
}

// Open for good: NVTX keeps pointers into it.
const DynamicLibrary* injection() {
  static const DynamicLibrary* const library = []() -> const DynamicLibrary* {
    const fs::path file = nvtx_injection_library();
    return file.empty() ? nullptr : new DynamicLibrary(file);
  }();
  return library;
}

}  // namespace

fs::path nvtx_injection_library() {
  std::vector<fs::path> directories;
  if (const char* given = std::getenv("LAYERWATT_MODULE_PATH")) directories.emplace_back(given);
  if (const fs::path here = directory_of_this_code(); !here.empty()) {
    directories.push_back(here / "../lib/layerwatt");
    directories.push_back(here / "layerwatt");
    directories.push_back(here);
  }
  directories.emplace_back(LAYERWATT_INSTALLED_MODULES);
  for (const fs::path& directory : directories) {
    std::error_code failed;
    const fs::path file = fs::canonical(directory / "liblayerwatt_nvtx.so", failed);
    if (!failed) return file;
  }
  return {};
}

bool offer_nvtx_listener() {
  const fs::path file = nvtx_injection_library();
  if (file.empty()) return false;
  const char* const before = std::getenv(kVariable);
  if (before != nullptr && *before != '\0' && file != before) return false;
  ::setenv(kVariable, file.c_str(), 1);
  return true;
}

bool follow_nvtx(GraphRecorder& recorder) {
  if (!offer_nvtx_listener()) return false;
  using Listen = void (*)(void (*)(const char*), void (*)());
  const auto listen = injection()->find_function<Listen>("layerwatt_nvtx_listen_1");
  if (listen == nullptr) return false;
  {
    Follower& now = follower();
    const std::lock_guard lock(now.mutex);
    now.recorder = &recorder;
    now.thread = std::this_thread::get_id();
  }
  listen(&on_push, &on_pop);
  return true;
}

void stop_following_nvtx(const GraphRecorder& recorder) {
  Follower& now = follower();
  const std::lock_guard lock(now.mutex);
  if (now.recorder == &recorder) now.recorder = nullptr;
}

}  // namespace layerwatt
