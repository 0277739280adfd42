// The functions of libcuda.so.1 that are used, with the little that is said about their arguments:
// handles are void*, enumerations int. CUDA's driver interface is stable C.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>

#include "core/dynlib.hpp"

struct CUstream_st;

namespace layerwatt::graph_api {

using Result = int;

// CUgraphEdgeData.
struct EdgeData {
  unsigned char bytes[8];
};

// CUDA_KERNEL_NODE_PARAMS_v2; the others are only ever handed from a getter to an adder.
struct KernelParams {
  void* func;
  unsigned grid[3];
  unsigned block[3];
  unsigned shared_bytes;
  void** params;
  void** extra;
  void* kernel;
  void* context;
};
static_assert(sizeof(KernelParams) == 72);

// Larger than CUDA_MEMCPY3D (200 bytes) and CUDA_MEMSET_NODE_PARAMS (40).
struct alignas(16) OpaqueParams {
  std::array<unsigned char, 512> bytes{};
};

struct Functions {
  Result (*init)(unsigned);
  Result (*error_string)(Result, const char**);
  Result (*driver_version)(int*);
  Result (*context_current)(void**);
  Result (*context_set)(void*);
  Result (*context_device)(int*);
  Result (*device_name)(char*, int, int);
  Result (*device_uuid)(unsigned char*, int);
  Result (*begin_capture)(CUstream_st*, int);
  Result (*end_capture)(CUstream_st*, void**);
  Result (*capture_info)(CUstream_st*, int*, std::uint64_t*, void**, const void**, std::size_t*);
  Result (*get_nodes)(void*, void**, std::size_t*);
  Result (*get_edges)(void*, void**, void**, std::size_t*);
  Result (*get_edges_v2)(void*, void**, void**, EdgeData*, std::size_t*);
  Result (*node_type)(void*, int*);
  Result (*kernel_get)(void*, KernelParams*);
  Result (*kernel_add)(void**, void*, const void*, std::size_t, const KernelParams*);
  Result (*kernel_copy_attributes)(void*, void*);
  Result (*function_name)(const char**, void*);
  Result (*kernel_name)(const char**, void*);
  Result (*memcpy_get)(void*, OpaqueParams*);
  Result (*memcpy_add)(void**, void*, const void*, std::size_t, const OpaqueParams*, void*);
  Result (*memset_get)(void*, OpaqueParams*);
  Result (*memset_add)(void**, void*, const void*, std::size_t, const OpaqueParams*, void*);
  Result (*empty_add)(void**, void*, const void*, std::size_t);
  Result (*event_record_add)(void**, void*, const void*, std::size_t, void*);
  Result (*graph_create)(void**, unsigned);
  Result (*clone)(void**, void*);
  Result (*find_in_clone)(void**, void*, void*);
  Result (*add_edges)(void*, void* const*, void* const*, std::size_t);
  Result (*add_edges_v2)(void*, void* const*, void* const*, const EdgeData*, std::size_t);
  Result (*remove_edges)(void*, void* const*, void* const*, std::size_t);
  Result (*remove_edges_v2)(void*, void* const*, void* const*, const EdgeData*, std::size_t);
  Result (*graph_destroy)(void*);
  Result (*instantiate)(void**, void*, unsigned long long);
  Result (*exec_destroy)(void*);
  Result (*launch)(void*, CUstream_st*);
  Result (*event_create)(void**, unsigned);
  Result (*event_destroy)(void*);
  Result (*event_record)(void*, CUstream_st*);
  Result (*event_wait)(void*);
  Result (*event_elapsed)(float*, void*, void*);
  Result (*stream_wait)(CUstream_st*);
  Result (*copy_to_host)(void*, std::uint64_t, std::size_t);
  Result (*device_attribute)(int*, int, int);
  Result (*allocate)(std::uint64_t*, std::size_t);
  Result (*release)(std::uint64_t);
  Result (*module_load)(void**, const void*);
  Result (*module_unload)(void*);
  Result (*module_function)(void**, void*, const char*);
};

// Throws Error(engine) where one is missing that every driver since CUDA 12 has; the others are
// null.
Functions load_functions(const DynamicLibrary& library, const std::filesystem::path& file);

}  // namespace layerwatt::graph_api
