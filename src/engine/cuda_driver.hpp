// The part of CUDA's driver API that is used, opened while the program runs: libcuda.so.1 is on
// every machine with a GPU's driver, and neither the toolkit nor its headers are needed to build.
// TensorRT's cudaStream_t and the driver's CUstream are the same type.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "layerwatt/host.hpp"

struct CUstream_st;
struct CUevent_st;

namespace layerwatt::cuda {

struct Api;

// One GPU, made current for the thread that calls it. All objects below are of that thread; they
// free what they hold, and throw Error(engine) where CUDA refuses.
class Device {
 public:
  // Opens libcuda.so.1 (or the library that LAYERWATT_CUDA names). Throws Error(engine) with a hint
  // where there is no driver or no such GPU.
  Device(const SysRoot& sys, int index);
  ~Device();
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  const Api& api() const { return *api_; }
  const std::string& name() const { return name_; }
  bool integrated() const { return integrated_; }  // shares its memory with the CPU: a Jetson
  int compute_major() const { return compute_major_; }
  int compute_minor() const { return compute_minor_; }
  std::size_t memory_bytes() const { return memory_bytes_; }
  std::size_t free_bytes() const;
  // Keeps the context when this object and all others are gone, until the process ends. What a
  // library has loaded into it and remembers (TensorRT's plugins keep their kernels in static
  // objects) would be gone with it, and the next engine of the process would fail.
  void keep_context() const;
  int driver_version() const { return driver_version_; }  // 13000 is 13.0

 private:
  std::shared_ptr<const Api> api_;
  int device_ = 0;
  std::string name_;
  bool integrated_ = false;
  int compute_major_ = 0;
  int compute_minor_ = 0;
  std::size_t memory_bytes_ = 0;
  int driver_version_ = 0;
};

// Empty where the driver can be opened and shows a GPU; else why not and what to do.
std::string unavailable(const SysRoot& sys);

class Event {
 public:
  // A thread that waits for it sleeps instead of spinning: where CPU and GPU share a rail, spinning
  // would be charged to the layers.
  explicit Event(const Device& device);
  Event(Event&& other) noexcept
      : device_(other.device_), event_(std::exchange(other.event_, nullptr)) {}
  Event(const Event&) = delete;
  ~Event();
  void swap(Event& other) noexcept { std::swap(event_, other.event_); }
  CUevent_st* get() const { return event_; }
  bool done() const;
  void wait() const;
  // From `earlier` to this event, both done.
  double ms_since(const Event& earlier) const;

 private:
  const Device* device_;
  CUevent_st* event_ = nullptr;
};

// Device memory; on an integrated GPU, host memory that the device sees, with no copies to make.
class Buffer {
 public:
  Buffer(const Device& device, std::size_t bytes, const std::string& what);
  Buffer(Buffer&& other) noexcept;
  Buffer(const Buffer&) = delete;
  ~Buffer();
  void* device() const { return device_address_; }
  // Pinned: what copies go from and to.
  std::span<std::byte> host() const { return {static_cast<std::byte*>(host_address_), bytes_}; }
  bool mapped() const { return mapped_; }

 private:
  const Device* device_;
  std::size_t bytes_;
  bool mapped_;
  void* host_address_ = nullptr;
  void* device_address_ = nullptr;
};

// Kernels given as PTX, which the driver compiles.
class Kernels {
 public:
  Kernels(const Device& device, const char* ptx);
  Kernels(const Kernels&) = delete;
  ~Kernels();
  void* find(const char* name) const;
  // `arguments`: addresses of the kernel's parameters.
  void launch(void* kernel, unsigned blocks, unsigned threads, std::span<void*> arguments,
              CUstream_st* stream) const;

 private:
  const Device* device_;
  void* module_ = nullptr;
};

class Graph {
 public:
  Graph(const Device& device, void* executable) : device_(&device), executable_(executable) {}
  Graph(const Graph&) = delete;
  ~Graph();
  void launch(CUstream_st* stream) const;

 private:
  const Device* device_;
  void* executable_;
};

class Stream {
 public:
  explicit Stream(const Device& device);
  Stream(const Stream&) = delete;
  ~Stream();
  CUstream_st* get() const { return stream_; }
  void wait() const;
  void record(const Event& event) const;
  void upload(const Buffer& buffer) const;    // host to device; nothing where it is mapped
  void download(const Buffer& buffer) const;  // device to host
  // What went wrong with the work so far, in CUDA's words; "" where CUDA knows of nothing. For the
  // message when a library fails without one. Waits for what is enqueued.
  std::string trouble() const;
  // What `work` puts on this stream, as a graph. nullptr, and the reason in `why_not`, where it
  // cannot be captured (`work` returns false, or CUDA refuses): the stream is usable again then.
  std::unique_ptr<Graph> capture(const std::function<bool()>& work, std::string& why_not) const;

 private:
  const Device* device_;
  CUstream_st* stream_ = nullptr;
};

}  // namespace layerwatt::cuda
