# The seam: a backend is one file, its test, and one line here.
#
#   layerwatt_add(sensor ina3221)
#     compiles src/sensor/ina3221.cpp, which defines
#       namespace layerwatt { SensorBackend ina3221_sensor(); }
#     requires tests/sensor/ina3221_test.cpp, and puts the backend into the registry's table.
#     Likewise `engine` (EngineBackend NAME_engine()) and `report` (ReportBackend NAME_report()).
#
#   layerwatt_add(engine openvino MODULE
#                 SUMMARY "…" MODELS .onnx .xml SOURCES openvino.cpp npy.cpp
#                 [LIBRARIES target… | MISSING "why it is not built, and the command that fixes it"])
#     a heavy backend: a loadable liblayerwatt_openvino.so opened when it is asked for. With MISSING
#     it is not built, but listed with that reason. GPU: the work runs on a GPU, whose power --sensor
#     auto must see.

set_property(GLOBAL PROPERTY LAYERWATT_DECLARATIONS "")
set_property(GLOBAL PROPERTY LAYERWATT_sensor_ENTRIES "")
set_property(GLOBAL PROPERTY LAYERWATT_engine_ENTRIES "")
set_property(GLOBAL PROPERTY LAYERWATT_report_ENTRIES "")

set(LAYERWATT_MODULE_DIR "${PROJECT_BINARY_DIR}/lib/layerwatt")

function(layerwatt_add kind name)
  if(NOT kind MATCHES "^(sensor|engine|report)$")
    message(FATAL_ERROR "layerwatt_add: '${kind}' is not one of sensor, engine, report")
  endif()
  cmake_parse_arguments(arg "MODULE;GPU" "SUMMARY;MISSING" "MODELS;SOURCES;LIBRARIES" ${ARGN})
  set(test "${PROJECT_SOURCE_DIR}/tests/${kind}/${name}_test.cpp")
  if(NOT EXISTS "${test}")
    message(FATAL_ERROR "layerwatt_add(${kind} ${name}): its test is missing: ${test}")
  endif()
  string(SUBSTRING "${kind}" 0 1 initial)
  string(TOUPPER "${initial}" initial)
  string(SUBSTRING "${kind}" 1 -1 rest)
  set(type "${initial}${rest}Backend")

  if(NOT arg_MODULE)
    target_sources(layerwatt PRIVATE "${PROJECT_SOURCE_DIR}/src/${kind}/${name}.cpp")
    set_property(GLOBAL APPEND_STRING PROPERTY LAYERWATT_DECLARATIONS "${type} ${name}_${kind}();\n")
    set_property(GLOBAL APPEND_STRING PROPERTY LAYERWATT_${kind}_ENTRIES
                                               "      ${name}_${kind}(),\n")
    return()
  endif()

  if(NOT kind STREQUAL "engine")
    message(FATAL_ERROR "layerwatt_add: only engines are loadable modules")
  endif()
  list(TRANSFORM arg_MODELS PREPEND "\"" OUTPUT_VARIABLE models)
  list(TRANSFORM models APPEND "\"")
  list(JOIN models ", " models)
  set(on_gpu false)
  if(arg_GPU)
    set(on_gpu true)
  endif()
  set_property(
    GLOBAL APPEND_STRING
    PROPERTY LAYERWATT_engine_ENTRIES
             "      module_engine(\"${name}\", \"${arg_SUMMARY}\", {${models}}, \"${arg_MISSING}\", ${on_gpu}),\n")
  if(arg_MISSING)
    message(STATUS "layerwatt: engine ${name} is not built: ${arg_MISSING}")
    return()
  endif()
  list(TRANSFORM arg_SOURCES PREPEND "${PROJECT_SOURCE_DIR}/src/engine/")
  add_library(layerwatt_${name} MODULE ${arg_SOURCES})
  layerwatt_target(layerwatt_${name})
  target_include_directories(layerwatt_${name} PRIVATE "${PROJECT_SOURCE_DIR}/src")
  target_compile_definitions(
    layerwatt_${name}
    PRIVATE LAYERWATT_INSTALLED_MODULES="${CMAKE_INSTALL_FULL_LIBDIR}/layerwatt")
  target_link_libraries(layerwatt_${name} PRIVATE layerwatt_core fmt::fmt ${arg_LIBRARIES})
  set_target_properties(
    layerwatt_${name}
    PROPERTIES LIBRARY_OUTPUT_DIRECTORY "${LAYERWATT_MODULE_DIR}" CXX_VISIBILITY_PRESET hidden
               INSTALL_RPATH_USE_LINK_PATH ON)
  install(TARGETS layerwatt_${name} LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}/layerwatt")
endfunction()

# Called once after the last layerwatt_add().
function(layerwatt_generate_registry)
  get_property(LAYERWATT_DECLARATIONS GLOBAL PROPERTY LAYERWATT_DECLARATIONS)
  foreach(kind sensor engine report)
    get_property(LAYERWATT_${kind}_ENTRIES GLOBAL PROPERTY LAYERWATT_${kind}_ENTRIES)
  endforeach()
  configure_file("${PROJECT_SOURCE_DIR}/cmake/registry_tables.cpp.in"
                 "${PROJECT_BINARY_DIR}/generated/registry_tables.cpp" @ONLY)
  target_sources(layerwatt PRIVATE "${PROJECT_BINARY_DIR}/generated/registry_tables.cpp")
endfunction()
