# Sets LAYERWATT_TENSORRT_MISSING: empty when the target layerwatt_tensorrt_headers is there, else
# why not and what to do. Only headers are needed: libnvinfer and libcuda are opened by the program.
# Looked for in LAYERWATT_TENSORRT_INCLUDE (a list of folders) and where apt and CUDA put them.
set(LAYERWATT_TENSORRT_INCLUDE "" CACHE STRING "Folders of NvInfer.h, NvOnnxParser.h and CUDA's headers")
set(LAYERWATT_TENSORRT_MISSING "")
set(LAYERWATT_TENSORRT_INSTALL
    "sudo apt-get install libnvinfer-dev libnvonnxparsers-dev (on a Jetson: tensorrt-dev), or give -DLAYERWATT_TENSORRT_INCLUDE=DIR, then configure and build again."
)

foreach(header NvInfer.h NvOnnxParser.h cuda_runtime_api.h)
  string(MAKE_C_IDENTIFIER "found_${header}" found)
  # Not kept: a folder that came or went must be seen.
  unset(${found} CACHE)
  find_path(${found} ${header} HINTS ${LAYERWATT_TENSORRT_INCLUDE}
            PATHS /usr/local/cuda/include /usr/local/tensorrt/include)
endforeach()
if(NOT found_NvInfer_h)
  set(LAYERWATT_TENSORRT_MISSING
      "TensorRT's headers were not found when layerwatt was built. ${LAYERWATT_TENSORRT_INSTALL}")
  return()
endif()
if(NOT found_cuda_runtime_api_h)
  set(LAYERWATT_TENSORRT_MISSING
      "CUDA's headers were not found when layerwatt was built. Run sudo apt-get install cuda-cudart-dev-12-6 (the version that is installed), or add their folder to -DLAYERWATT_TENSORRT_INCLUDE, then configure and build again."
  )
  return()
endif()
file(STRINGS "${found_NvInfer_h}/NvInferVersion.h" version
     REGEX "define (NV_TENSORRT|TRT)_(MAJOR|MINOR)(_ENTERPRISE)? +[0-9]+")
list(TRANSFORM version REPLACE "^.* ([0-9]+).*$" "\\1")
list(JOIN version "." version)
if(version VERSION_LESS 8.5)
  set(LAYERWATT_TENSORRT_MISSING
      "TensorRT ${version} is older than 8.5 (JetPack 5.1). Install a newer one, then configure and build again."
  )
  return()
endif()
message(STATUS "layerwatt: TensorRT ${version} headers in ${found_NvInfer_h}")
add_library(layerwatt_tensorrt_headers INTERFACE)
target_include_directories(layerwatt_tensorrt_headers SYSTEM
                           INTERFACE "${found_NvInfer_h}" "${found_cuda_runtime_api_h}")
if(found_NvOnnxParser_h)
  target_include_directories(layerwatt_tensorrt_headers SYSTEM
                             INTERFACE "${found_NvOnnxParser_h}")
endif()
# What older versions need is deprecated in newer ones.
target_compile_options(layerwatt_tensorrt_headers INTERFACE -Wno-deprecated-declarations)
