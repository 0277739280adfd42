// What the fake TensorRT's layers do on a GPU: with the fake libcuda they take the time they are
// said to take; with a real one they launch kernels, so that events, graphs, clocks and power are
// real.
#pragma once

#include <cstdint>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

struct CUstream_st;
struct CUevent_st;

namespace layerwatt::fakes {

struct LayerWork {
  double ms = 0.1;             // on the fake GPU
  std::string kernel = "fma";  // on a real one: fma, one_block, copy
  std::uint32_t amount = 1000;
  bool launch = false;  // launch the kernel on the fake GPU as well
};

class GpuWork {
 public:
  static GpuWork& get();
  bool is_fake() const { return fake_work_ != nullptr; }
  bool is_capturing(CUstream_st* stream) const;
  void break_capture(CUstream_st* stream) const;
  // One layer's work, enqueued. CUDA's error in words where it refuses, else "". Kernels are loaded
  // once and remembered, as TensorRT's plugins do.
  std::string enqueue(const LayerWork& work, CUstream_st* stream);
  // Of the fake GPU: every wait gives this error from now on.
  void lose(int error) const;
  // The GPU's time that a profiler's events cost.
  void overhead(double ms, CUstream_st* stream) const;
  CUevent_st* make_event() const;
  void destroy(CUevent_st* event) const;
  bool record(CUevent_st* event, CUstream_st* stream) const;
  float elapsed_ms(CUevent_st* begin, CUevent_st* end) const;
  void wait(CUstream_st* stream) const;

 private:
  GpuWork();
  int load_kernels();
  std::string words(int error) const;

  void* library_ = nullptr;
  void (*fake_work_)(CUstream_st*, std::int64_t) = nullptr;
  bool (*fake_capturing_)(CUstream_st*) = nullptr;
  void (*fake_break_)(CUstream_st*) = nullptr;
  std::mutex mutex_;
  void* fma_ = nullptr;
  void* copy_ = nullptr;
  unsigned long long memory_ = 0;
};

}  // namespace layerwatt::fakes
