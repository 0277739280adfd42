// The functions of libcuda.so.1 that are used, by the names and types of cuda.h.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "core/dynlib.hpp"

struct CUstream_st;
struct CUevent_st;

namespace layerwatt::cuda {

enum Result : int {
  kSuccess = 0,
  kOutOfMemory = 2,
  kNoDevice = 100,
  kNotReady = 600,
};

enum Attribute : int { kIntegrated = 18, kComputeMajor = 75, kComputeMinor = 76 };

struct Api {
  // Opens the library and calls cuInit. Throws Error(engine) with a hint.
  explicit Api(const std::filesystem::path& file);

  // "out of memory"
  std::string words(int result) const;
  // Throws Error(engine) for all but kSuccess.
  void check(int result, const std::string& what) const;

  DynamicLibrary library;
  int (*init)(unsigned);
  int (*error_string)(int, const char**);
  int (*error_name)(int, const char**);
  int (*driver_version)(int*);
  int (*device_count)(int*);
  int (*device_get)(int*, int);
  int (*device_name)(char*, int, int);
  int (*device_attribute)(int*, int, int);
  int (*device_memory)(std::size_t*, int);
  int (*context_retain)(void**, int);
  int (*context_release)(int);
  int (*context_set)(void*);
  int (*memory_info)(std::size_t*, std::size_t*);
  int (*allocate)(unsigned long long*, std::size_t);
  int (*release)(unsigned long long);
  int (*host_allocate)(void**, std::size_t, unsigned);
  int (*host_release)(void*);
  int (*host_device_pointer)(unsigned long long*, void*, unsigned);
  int (*copy_to_device)(unsigned long long, const void*, std::size_t, CUstream_st*);
  int (*copy_to_host)(void*, unsigned long long, std::size_t, CUstream_st*);
  int (*stream_create)(CUstream_st**, unsigned);
  int (*stream_destroy)(CUstream_st*);
  int (*stream_wait)(CUstream_st*);
  int (*capture_begin)(CUstream_st*, int);
  int (*capture_end)(CUstream_st*, void**);
  int (*graph_instantiate)(void**, void*, unsigned long long);
  int (*graph_destroy)(void*);
  int (*executable_destroy)(void*);
  int (*graph_launch)(void*, CUstream_st*);
  int (*module_load)(void**, const void*);
  int (*module_unload)(void*);
  int (*module_function)(void**, void*, const char*);
  int (*launch)(void*, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned,
                CUstream_st*, void**, void**);
  int (*event_create)(CUevent_st**, unsigned);
  int (*event_destroy)(CUevent_st*);
  int (*event_record)(CUevent_st*, CUstream_st*);
  int (*event_query)(CUevent_st*);
  int (*event_wait)(CUevent_st*);
  int (*event_elapsed)(float*, CUevent_st*, CUevent_st*);
};

}  // namespace layerwatt::cuda
