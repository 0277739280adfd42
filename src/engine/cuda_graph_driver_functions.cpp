#include "engine/cuda_graph_driver_functions.hpp"

#include <fmt/format.h>

#include <type_traits>

#include "layerwatt/error.hpp"

namespace layerwatt::graph_api {

Functions load_functions(const DynamicLibrary& library, const std::filesystem::path& file) {
  Functions call{};
  const auto need = [&](auto& function, const char* symbol) {
    function = library.find_function<std::remove_reference_t<decltype(function)>>(symbol);
    if (function != nullptr) return;
    throw Error(ErrorKind::engine, fmt::format("has no {}", symbol), file.string(),
                "repeating layers needs a driver of CUDA 12 or newer");
  };
  const auto want = [&](auto& function, const char* symbol) {
    function = library.find_function<std::remove_reference_t<decltype(function)>>(symbol);
  };
  need(call.init, "cuInit");
  need(call.error_string, "cuGetErrorString");
  need(call.driver_version, "cuDriverGetVersion");
  need(call.context_current, "cuCtxGetCurrent");
  need(call.context_set, "cuCtxSetCurrent");
  need(call.context_device, "cuCtxGetDevice");
  need(call.device_name, "cuDeviceGetName");
  need(call.device_uuid, "cuDeviceGetUuid");
  need(call.begin_capture, "cuStreamBeginCapture_v2");
  need(call.end_capture, "cuStreamEndCapture");
  need(call.capture_info, "cuStreamGetCaptureInfo_v2");
  need(call.get_nodes, "cuGraphGetNodes");
  need(call.get_edges, "cuGraphGetEdges");
  want(call.get_edges_v2, "cuGraphGetEdges_v2");
  need(call.node_type, "cuGraphNodeGetType");
  need(call.kernel_get, "cuGraphKernelNodeGetParams_v2");
  need(call.kernel_add, "cuGraphAddKernelNode_v2");
  need(call.kernel_copy_attributes, "cuGraphKernelNodeCopyAttributes");
  want(call.function_name, "cuFuncGetName");
  want(call.kernel_name, "cuKernelGetName");
  need(call.memcpy_get, "cuGraphMemcpyNodeGetParams");
  need(call.memcpy_add, "cuGraphAddMemcpyNode");
  need(call.memset_get, "cuGraphMemsetNodeGetParams");
  need(call.memset_add, "cuGraphAddMemsetNode");
  need(call.empty_add, "cuGraphAddEmptyNode");
  need(call.event_record_add, "cuGraphAddEventRecordNode");
  need(call.graph_create, "cuGraphCreate");
  need(call.clone, "cuGraphClone");
  need(call.find_in_clone, "cuGraphNodeFindInClone");
  need(call.add_edges, "cuGraphAddDependencies");
  want(call.add_edges_v2, "cuGraphAddDependencies_v2");
  need(call.remove_edges, "cuGraphRemoveDependencies");
  want(call.remove_edges_v2, "cuGraphRemoveDependencies_v2");
  need(call.graph_destroy, "cuGraphDestroy");
  need(call.instantiate, "cuGraphInstantiateWithFlags");
  need(call.exec_destroy, "cuGraphExecDestroy");
  need(call.launch, "cuGraphLaunch");
  need(call.event_create, "cuEventCreate");
  need(call.event_destroy, "cuEventDestroy_v2");
  need(call.event_record, "cuEventRecord");
  need(call.event_wait, "cuEventSynchronize");
  need(call.event_elapsed, "cuEventElapsedTime");
  need(call.stream_wait, "cuStreamSynchronize");
  need(call.copy_to_host, "cuMemcpyDtoH_v2");
  need(call.device_attribute, "cuDeviceGetAttribute");
  need(call.allocate, "cuMemAlloc_v2");
  need(call.release, "cuMemFree_v2");
  need(call.module_load, "cuModuleLoadData");
  need(call.module_unload, "cuModuleUnload");
  need(call.module_function, "cuModuleGetFunction");
  return call;
}

}  // namespace layerwatt::graph_api
