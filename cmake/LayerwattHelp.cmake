# Compiles docs/cli/*.md into help_pages.hpp. A page is cut into short literals, since compilers
# bound the length of one.
function(layerwatt_help_pages output)
  file(GLOB pages CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/docs/cli/*.md")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${pages})
  set(rows "")
  foreach(page ${pages})
    get_filename_component(command "${page}" NAME_WE)
    file(READ "${page}" text)
    string(REPLACE "\n" "\n)md\"\n    R\"md(" text "${text}")
    string(APPEND rows "    {\"${command}\",\n    R\"md(${text})md\"},\n")
  endforeach()
  configure_file("${PROJECT_SOURCE_DIR}/cmake/help_pages.hpp.in" "${output}" @ONLY)
endfunction()
