#include "report/spreadsheet.hpp"

#include <string_view>

namespace layerwatt {

std::string neutralised(const std::string& text) {
  static constexpr std::string_view kFormulaStarts = "=+-@\t\r\n";
  if (!text.empty() && kFormulaStarts.find(text[0]) != std::string_view::npos) return "'" + text;
  return text;
}

}  // namespace layerwatt
