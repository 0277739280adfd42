// A page with everything in it: style, script and data. What is in src/report/html, with the data
// put in so that nothing in it can act as markup.
#pragma once

#include <ostream>
#include <string>
#include <string_view>

namespace layerwatt {

// JSON that may stand inside a <script>: no `<`, `>` or `&` is left, each is an escape of JSON.
std::string json_for_script(std::string_view json);

// Writes the page `name` ("result") with `json` as its data. Throws std::out_of_range for a name
// that was not compiled in.
void write_html_page(std::ostream& out, std::string_view name, std::string_view json);

}  // namespace layerwatt
