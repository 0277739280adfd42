#include "cli/validators.hpp"

#include <cmath>
#include <string>

namespace layerwatt::cli {

CLI::Validator positive() {
  return CLI::Validator(
      [](std::string& text) -> std::string {
        double value = 0.0;
        if (CLI::detail::lexical_cast(text, value) && std::isfinite(value) && value > 0.0) {
          return {};
        }
        return "'" + text + "' is not a number above 0";
      },
      "", "positive");
}

}  // namespace layerwatt::cli
