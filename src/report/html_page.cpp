#include "report/html_page.hpp"

#include <stdexcept>

#include "report/html_pages.hpp"

namespace layerwatt {
namespace {

constexpr std::string_view kData = "@DATA@";

std::string_view page_named(std::string_view name) {
  for (const HtmlPage& page : kHtmlPages) {
    if (page.name == name) return page.text;
  }
  throw std::out_of_range("no page " + std::string(name));
}

}  // namespace

std::string json_for_script(std::string_view json) {
  std::string text;
  text.reserve(json.size() + json.size() / 64);
  for (const char c : json) {
    switch (c) {
      case '<':
        text += "\\u003c";
        break;
      case '>':
        text += "\\u003e";
        break;
      case '&':
        text += "\\u0026";
        break;
      default:
        text += c;
    }
  }
  return text;
}

void write_html_page(std::ostream& out, std::string_view name, std::string_view json) {
  const std::string_view page = page_named(name);
  const auto at = page.find(kData);
  out << page.substr(0, at) << json_for_script(json) << page.substr(at + kData.size());
}

}  // namespace layerwatt
