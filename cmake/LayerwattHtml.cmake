# Puts a page together from the files of src/report/html and compiles it in: one style, one script,
# and a content security policy that allows exactly these two by their hashes.

# What a policy calls a hash: base64 of the SHA-256, which CMake only has in hexadecimal.
function(layerwatt_csp_hash text output)
  set(alphabet "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
  string(SHA256 hex "${text}")
  string(APPEND hex "00")  # 33 bytes are eleven groups of three
  set(result "")
  foreach(group RANGE 10)
    math(EXPR begin "${group} * 6")
    string(SUBSTRING "${hex}" ${begin} 6 digits)
    foreach(shift 18 12 6 0)
      math(EXPR index "(0x${digits} >> ${shift}) & 63")
      string(SUBSTRING "${alphabet}" ${index} 1 letter)
      string(APPEND result "${letter}")
    endforeach()
  endforeach()
  string(SUBSTRING "${result}" 0 43 result)  # the last letter is the byte that was added
  set(${output} "sha256-${result}=" PARENT_SCOPE)
endfunction()

# layerwatt_html_page(result core.js …): adds a page of that name to LAYERWATT_HTML_ROWS.
function(layerwatt_html_page name)
  set(folder "${PROJECT_SOURCE_DIR}/src/report/html")
  set(style "")
  set(script "(() => {\n'use strict';\n")
  foreach(file shell.html page.css ${ARGN})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${folder}/${file}")
    file(READ "${folder}/${file}" text)
    if(file MATCHES "[.]js$")
      string(APPEND script "${text}")
    elseif(file MATCHES "[.]css$")
      string(APPEND style "${text}")
    else()
      set(page "${text}")
    endif()
  endforeach()
  string(APPEND script "})();\n")
  layerwatt_csp_hash("${script}" script_hash)
  layerwatt_csp_hash("${style}" style_hash)
  string(REPLACE "@SCRIPT_HASH@" "${script_hash}" page "${page}")
  string(REPLACE "@STYLE_HASH@" "${style_hash}" page "${page}")
  string(REPLACE "@VERSION@" "${PROJECT_VERSION}" page "${page}")
  string(REPLACE "@STYLE@" "${style}" page "${page}")
  string(REPLACE "@SCRIPT@" "${script}" page "${page}")
  # Cut into short literals, since compilers bound the length of one.
  string(REPLACE "\n" "\n)page\"\n    R\"page(" page "${page}")
  set_property(GLOBAL APPEND_STRING PROPERTY LAYERWATT_HTML_ROWS
                                             "    {\"${name}\",\n    R\"page(${page})page\"},\n")
endfunction()

function(layerwatt_write_html_pages output)
  get_property(rows GLOBAL PROPERTY LAYERWATT_HTML_ROWS)
  configure_file("${PROJECT_SOURCE_DIR}/cmake/html_pages.hpp.in" "${output}" @ONLY)
endfunction()
