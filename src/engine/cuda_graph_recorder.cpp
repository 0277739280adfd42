#include "engine/cuda_graph_recorder.hpp"

#include <cxxabi.h>
#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "engine/nvtx_ranges.hpp"
#include "layerwatt/error.hpp"

namespace layerwatt {
namespace {

// Not finite: all bits of the exponent are set.
template <class Bits>
bool finite(const unsigned char* bytes, Bits exponent) {
  Bits bits{};
  std::memcpy(&bits, bytes, sizeof bits);
  return static_cast<Bits>(bits & exponent) != exponent;
}

bool finite_at(const unsigned char* bytes, DeviceNumber type) {
  switch (type) {
    case DeviceNumber::f16:
      return finite<std::uint16_t>(bytes, 0x7C00);
    case DeviceNumber::bf16:
      return finite<std::uint16_t>(bytes, 0x7F80);
    case DeviceNumber::f32:
      return finite<std::uint32_t>(bytes, 0x7F800000U);
    case DeviceNumber::f64:
      return finite<std::uint64_t>(bytes, 0x7FF0000000000000U);
  }
  return true;
}

}  // namespace

std::size_t bytes_of(DeviceNumber type) {
  switch (type) {
    case DeviceNumber::f16:
    case DeviceNumber::bf16:
      return 2;
    case DeviceNumber::f32:
      return 4;
    case DeviceNumber::f64:
      return 8;
  }
  return 1;
}

bool all_finite(const std::vector<unsigned char>& bytes, DeviceNumber type) {
  const std::size_t size = bytes_of(type);
  for (std::size_t at = 0; at + size <= bytes.size(); at += size) {
    if (!finite_at(bytes.data() + at, type)) return false;
  }
  return true;
}

std::string short_kernel_name(const std::string& mangled) {
  int status = 0;
  char* const text = abi::__cxa_demangle(mangled.c_str(), nullptr, nullptr, &status);
  std::string name = status == 0 && text != nullptr ? text : mangled;
  std::free(text);
  // A template's return type stands before the name.
  if (name.rfind("void ", 0) == 0) name.erase(0, 5);
  static const std::string kAnonymous = "(anonymous namespace)::";
  if (name.rfind(kAnonymous, 0) == 0) name.erase(0, kAnonymous.size());
  const std::size_t end = name.find_first_of("<(");
  return end == std::string::npos || end == 0 ? name : name.substr(0, end);
}

CapturingRecorder::~CapturingRecorder() {
  if (follows_nvtx_) stop_following_nvtx(*this);
  try {
    if (capturing_) driver_->destroy(driver_->end_capture(stream_));
    if (captured_) driver_->destroy(captured_->graph);
  } catch (const std::exception&) {
    // Whatever broke the capture has been told already.
  }
}

void CapturingRecorder::begin(CUstream_st* stream) {
  if (capturing_ || captured_) {
    throw Error(ErrorKind::usage, "a recorder captures once", "GraphRecorder::begin()");
  }
  driver_->begin_capture(stream);
  stream_ = stream;
  capturing_ = true;
}

void CapturingRecorder::claim_new_nodes(CudaGraph graph) {
  std::vector<CudaNode> nodes = driver_->nodes(graph);
  for (CudaNode node : nodes) {
    if (!known_.emplace(node, nodes_.size()).second) continue;
    nodes_.push_back(node);
    scope_of_.push_back(open_.empty() ? std::nullopt : std::optional(open_.back()));
  }
}

void CapturingRecorder::push(std::string_view name) {
  if (!capturing_) return;  // ranges of the warm-up
  claim_new_nodes(driver_->capturing(stream_));
  open_.push_back(scopes_.size());
  scopes_.emplace_back(name);
}

void CapturingRecorder::pop() {
  if (!capturing_ || open_.empty()) return;
  claim_new_nodes(driver_->capturing(stream_));
  open_.pop_back();
}

void CapturingRecorder::watch(const void* device_address, std::size_t count, DeviceNumber type) {
  watched_.push_back({device_address, count, type});
}

bool CapturingRecorder::follow_nvtx() {
  follows_nvtx_ = layerwatt::follow_nvtx(*this);
  return follows_nvtx_;
}

void CapturingRecorder::end() {
  if (!capturing_) throw Error(ErrorKind::usage, "there is no capture", "GraphRecorder::end()");
  claim_new_nodes(driver_->capturing(stream_));
  capturing_ = false;
  CapturedGraph captured;
  captured.graph = driver_->end_capture(stream_);
  if (captured.graph == nullptr || nodes_.empty()) {
    throw Error(ErrorKind::engine, "nothing was captured", "cuda graph",
                "launch the kernels on the stream that was given to begin(), between begin() and "
                "end()");
  }
  captured.stream = stream_;
  captured.nodes = nodes_;
  captured.watched = watched_;
  // Scopes without a kernel of their own (that of a whole block around its layers) are no layers.
  std::vector<std::optional<std::size_t>> layer_of(scopes_.size());
  std::vector<std::size_t> more;
  for (std::size_t n = 0; n < nodes_.size(); ++n) {
    if (!scope_of_[n]) continue;
    std::optional<std::size_t>& layer = layer_of[*scope_of_[n]];
    if (!layer) {
      layer = captured.layers.size();
      captured.layers.push_back(
          {scopes_[*scope_of_[n]], short_kernel_name(driver_->name(nodes_[n]))});
      more.push_back(0);
    } else {
      ++more[*layer];
    }
  }
  for (std::size_t j = 0; j < more.size(); ++j) {
    if (more[j] > 0) captured.layers[j].kernels += fmt::format(" +{}", more[j]);
  }
  for (const auto& scope : scope_of_) {
    captured.owner.push_back(scope ? *layer_of[*scope] : captured.layers.size());
  }
  captured_ = std::move(captured);
}

CapturedGraph CapturingRecorder::take() {
  if (!captured_) {
    throw Error(ErrorKind::usage, "the capture has not been ended", "GraphRecorder",
                "call begin(), launch the work, and call end()");
  }
  return *std::exchange(captured_, std::nullopt);
}

std::unique_ptr<GraphRecorder> make_graph_recorder() {
  return std::make_unique<CapturingRecorder>(open_graph_driver());
}

}  // namespace layerwatt
