# How every target of ours is compiled: one place for the standard, the warnings and the sanitizers.

function(layerwatt_target target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF POSITION_INDEPENDENT_CODE ON)
  target_compile_options(
    ${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
                      -Wold-style-cast -Wcast-qual -Wfloat-conversion)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # GCC 11 to 13 report the inside of an empty std::optional; the sanitizers see the true cases.
    target_compile_options(${target} PRIVATE -Wno-maybe-uninitialized)
  endif()
  if(LAYERWATT_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  if(LAYERWATT_SANITIZE)
    # Public on both sides: a sanitized library only links into a sanitized program.
    target_compile_options(${target} PUBLIC -fsanitize=${LAYERWATT_SANITIZE}
                                            -fno-sanitize-recover=all -fno-omit-frame-pointer)
    if(LAYERWATT_SANITIZE MATCHES "undefined")
      # A check at every member access takes a third of the compile time, and ASan stops at the
      # access itself.
      target_compile_options(
        ${target} PUBLIC -fno-sanitize=null,alignment,vptr,object-size)
    endif()
    target_link_options(${target} PUBLIC -fsanitize=${LAYERWATT_SANITIZE})
  endif()
endfunction()

# The heaviest of what the files of a target include.
function(layerwatt_precompile target)
  if(LAYERWATT_PCH)
    target_precompile_headers(${target} PRIVATE <algorithm> <filesystem> <fstream> <functional> <map>
                              <optional> <string> <vector> <nlohmann/json.hpp> ${ARGN})
  endif()
endfunction()
