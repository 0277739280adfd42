# Sets LAYERWATT_ARROW_MISSING: empty when the target layerwatt_arrow is there, else why not and what
# to do. Looked for in this order: -DLAYERWATT_PYARROW (the folder of a pyarrow wheel), the Python
# environment of this source tree (.venv), the python3 in PATH, Arrow C++ of the system.
set(LAYERWATT_ARROW_MISSING "")
set(LAYERWATT_ARROW_VERSION "")
set(LAYERWATT_ARROW_S3 "")
set(LAYERWATT_PYARROW "" CACHE PATH "The folder of a pyarrow wheel, for `layerwatt archive`")

add_library(layerwatt_arrow INTERFACE)
set(wheel "${LAYERWATT_PYARROW}")
if(NOT wheel)
  foreach(python "${PROJECT_SOURCE_DIR}/.venv/bin/python" python3)
    execute_process(
      COMMAND "${python}" -c "import pyarrow, os; print(os.path.dirname(pyarrow.__file__))"
      OUTPUT_VARIABLE wheel OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
    if(NOT failed AND EXISTS "${wheel}/include/parquet/arrow/writer.h")
      break()
    endif()
    set(wheel "")
  endforeach()
endif()

if(wheel)
  file(GLOB arrow_library "${wheel}/libarrow.so.[0-9]*")
  file(GLOB parquet_library "${wheel}/libparquet.so.[0-9]*")
  file(GLOB LAYERWATT_ARROW_S3 "${wheel}/libarrow_s3.so.[0-9]*")
  file(STRINGS "${wheel}/include/arrow/util/config.h" version REGEX "define ARROW_VERSION_STRING")
  string(REGEX MATCH "[0-9]+[0-9.]*" LAYERWATT_ARROW_VERSION "${version}")
  list(LENGTH arrow_library arrow_count)
  list(LENGTH parquet_library parquet_count)
  if(arrow_count EQUAL 1 AND parquet_count EQUAL 1)
    # SYSTEM: its headers have warnings of their own.
    target_include_directories(layerwatt_arrow SYSTEM INTERFACE "${wheel}/include")
    target_link_libraries(layerwatt_arrow INTERFACE "${arrow_library}" "${parquet_library}")
    # A wheel built for the old ABI of std::string cannot be called from here.
    include(CheckCXXSourceCompiles)
    set(CMAKE_REQUIRED_INCLUDES "${wheel}/include")
    set(CMAKE_REQUIRED_LIBRARIES "${arrow_library}" "${parquet_library}")
    set(CMAKE_REQUIRED_FLAGS "-std=c++20")
    unset(LAYERWATT_ARROW_LINKS CACHE)
    check_cxx_source_compiles(
      "#include <arrow/status.h>
       int main() { return arrow::Status::Invalid(\"x\").ToString().empty(); }"
      LAYERWATT_ARROW_LINKS)
    unset(CMAKE_REQUIRED_INCLUDES)
    unset(CMAKE_REQUIRED_LIBRARIES)
    unset(CMAKE_REQUIRED_FLAGS)
    if(LAYERWATT_ARROW_LINKS)
      return()
    endif()
    set(LAYERWATT_ARROW_MISSING
        "pyarrow ${LAYERWATT_ARROW_VERSION} cannot be linked by this compiler. Run pip install -U pyarrow, then configure and build again."
    )
    return()
  endif()
endif()

find_package(Arrow QUIET CONFIG)
find_package(Parquet QUIET CONFIG)
if(TARGET Arrow::arrow_shared AND TARGET Parquet::parquet_shared)
  set(LAYERWATT_ARROW_VERSION "${Arrow_VERSION}")
  target_link_libraries(layerwatt_arrow INTERFACE Arrow::arrow_shared Parquet::parquet_shared)
  return()
endif()
set(LAYERWATT_ARROW_MISSING
    "Arrow was not found when layerwatt was built. Run pip install pyarrow, then configure and build again."
)
