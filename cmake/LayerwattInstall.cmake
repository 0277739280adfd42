# `cmake --install`, and find_package(layerwatt) for those who use the library.
include(CMakePackageConfigHelpers)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/layerwatt")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/layerwatt"
                  "${PROJECT_BINARY_DIR}/generated/include/layerwatt"
        DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(TARGETS layerwatt layerwatt_core EXPORT layerwatt-targets)
install(TARGETS layerwatt_cli RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
install(EXPORT layerwatt-targets NAMESPACE layerwatt:: DESTINATION "${package_dir}")
configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/layerwatt-config.cmake.in"
                              "${PROJECT_BINARY_DIR}/layerwatt-config.cmake"
                              INSTALL_DESTINATION "${package_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/layerwatt-config-version.cmake"
                                 COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/layerwatt-config.cmake"
              "${PROJECT_BINARY_DIR}/layerwatt-config-version.cmake"
              "${PROJECT_SOURCE_DIR}/cmake/FindUtf8proc.cmake"
        DESTINATION "${package_dir}")
