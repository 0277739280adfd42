// A libcuda that is not there. Work takes the time it is said to take, on the machine's own clock:
// a stream is busy until some moment, an event has the moment at which it is reached.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>

struct CUstream_st;

namespace layerwatt::fakes {

struct FakeCuda {
  std::mutex mutex;
  int init = 0;  // what cuInit and the counting of devices answer
  int devices = 1;
  bool integrated = false;
  std::size_t memory_bytes = std::size_t{8} << 30;
  std::size_t allocated_bytes = 0;  // on the device
  std::size_t host_memory_bytes = std::size_t{16} << 30;
  std::size_t host_bytes = 0;  // pinned
  int contexts = 0;            // held
  int context_generation = 0;  // how often the last holder let go of the context
  int objects = 0;             // streams, events, graphs that are alive; modules are not counted
  std::int64_t graph_launches = 0;
  std::int64_t worked_ns = 0;    // what all that was enqueued takes, whoever waited for it
  std::int64_t event_waits = 0;  // how often a thread went to sleep for one
  int lost = 0;                  // the error that every wait gives from now on
};

}  // namespace layerwatt::fakes

extern "C" {
layerwatt::fakes::FakeCuda* fake_cuda();
// `ns` of the GPU's time on a stream, or a node of the graph that it is captured in.
void fake_cuda_work(CUstream_st* stream, std::int64_t ns);
bool fake_cuda_is_capturing(CUstream_st* stream);
// What a call does that may not be captured: the capture is lost.
void fake_cuda_break_capture(CUstream_st* stream);
}
