# Sets LAYERWATT_OPENVINO_MISSING: empty when the target openvino::runtime is there, else why not
# and what to do. Looked for in this order: -DOpenVINO_DIR and the usual places of find_package, the
# Python environment of this source tree (.venv), the python3 in PATH.
set(LAYERWATT_OPENVINO_MISSING "")

if(NOT OpenVINO_DIR)
  foreach(python "${PROJECT_SOURCE_DIR}/.venv/bin/python" python3)
    execute_process(
      COMMAND "${python}" -c "from openvino.utils import get_cmake_path; print(get_cmake_path())"
      OUTPUT_VARIABLE openvino_hint OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET
      RESULT_VARIABLE failed)
    if(NOT failed AND IS_DIRECTORY "${openvino_hint}")
      break()
    endif()
    set(openvino_hint "")
  endforeach()
endif()
# A changed or removed environment must not leave a stale answer in the cache.
if(OpenVINO_DIR AND NOT EXISTS "${OpenVINO_DIR}/OpenVINOConfig.cmake")
  unset(OpenVINO_DIR CACHE)
endif()
find_package(OpenVINO QUIET COMPONENTS Runtime HINTS "${openvino_hint}")

if(NOT OpenVINO_FOUND)
  set(LAYERWATT_OPENVINO_MISSING
      "OpenVINO was not found when layerwatt was built. Run pip install openvino, or give -DOpenVINO_DIR, then configure and build again."
  )
  return()
endif()
get_target_property(openvino_headers openvino::runtime INTERFACE_INCLUDE_DIRECTORIES)
foreach(directory ${openvino_headers})
  if(EXISTS "${directory}/openvino/runtime/profiling_info.hpp")
    file(STRINGS "${directory}/openvino/runtime/profiling_info.hpp" start_time REGEX " start_time;")
  endif()
endforeach()
if(NOT start_time)
  set(LAYERWATT_OPENVINO_MISSING
      "OpenVINO ${OpenVINO_VERSION} does not tell when a node started. Run pip install -U openvino, then configure and build again."
  )
endif()
