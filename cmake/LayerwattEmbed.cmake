# layerwatt_embed(OUTPUT FILE…): compiles text files into a header, as kEmbeddedFiles. A text is cut
# into short literals, since compilers bound the length of one.
function(layerwatt_embed output)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${ARGN})
  set(rows "")
  foreach(file ${ARGN})
    get_filename_component(name "${file}" NAME)
    file(READ "${file}" text)
    string(REPLACE "\n" "\n)text\"\n    R\"text(" text "${text}")
    string(APPEND rows "    {\"${name}\",\n    R\"text(${text})text\"},\n")
  endforeach()
  configure_file("${PROJECT_SOURCE_DIR}/cmake/embedded_files.hpp.in" "${output}" @ONLY)
endfunction()
