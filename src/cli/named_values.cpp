#include "cli/named_values.hpp"

#include <charconv>
#include <string_view>
#include <system_error>

#include "layerwatt/error.hpp"

namespace layerwatt::cli {
namespace {

Error bad_shape(const std::string& text) {
  return Error(
      ErrorKind::usage, "'" + text + "' is not a shape", "--shape",
      "write NAME:1x3x224x224: the input's name, and positive whole numbers with x between them");
}

Error bad_range(const std::string& text) {
  return Error(ErrorKind::usage, "'" + text + "' is not a range of shapes", "--shape",
               "write NAME:1x3x224x224 for one shape, or the least, the best and the largest with "
               "commas between: NAME:1x3x224x224,4x3x224x224,8x3x224x224");
}

}  // namespace

ShapeRange parse_shape_range(const std::string& text) {
  const std::string::size_type first = text.find(',');
  const auto [name, least] = parse_shape(text.substr(0, first));
  if (first == std::string::npos) return {name, least, least, least};
  const std::string::size_type second = text.find(',', first + 1);
  if (second == std::string::npos) throw bad_range(text);
  const auto best = parse_shape(name + ":" + text.substr(first + 1, second - first - 1)).second;
  const auto most = parse_shape(name + ":" + text.substr(second + 1)).second;
  bool ascend = least.size() == best.size() && best.size() == most.size();
  for (std::size_t i = 0; ascend && i < least.size(); ++i) {
    ascend = least[i] <= best[i] && best[i] <= most[i];
  }
  if (!ascend) throw bad_range(text);
  return {name, least, best, most};
}

std::pair<std::string, std::vector<std::int64_t>> parse_shape(const std::string& text) {
  const std::string::size_type colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) throw bad_shape(text);
  const std::string name = text.substr(0, colon);
  std::string_view dimensions = std::string_view(text).substr(colon + 1);
  std::vector<std::int64_t> shape;
  while (true) {
    std::int64_t& dimension = shape.emplace_back();
    const char* end = dimensions.data() + dimensions.size();
    const auto [stop, failed] = std::from_chars(dimensions.data(), end, dimension);
    if (failed != std::errc() || dimension < 1) throw bad_shape(text);
    if (stop == end) return {name, shape};
    if (*stop != 'x') throw bad_shape(text);
    dimensions.remove_prefix(static_cast<std::size_t>(stop + 1 - dimensions.data()));
  }
}

std::pair<std::string, std::filesystem::path> parse_input(const std::string& text) {
  const std::string::size_type first = text.find(':');
  if (first == std::string::npos || first == 0 || first + 1 == text.size()) {
    throw Error(ErrorKind::usage, "'" + text + "' is not an input", "--input",
                "write NAME:FILE.npy");
  }
  std::error_code failed;
  for (auto colon = first; colon != std::string::npos; colon = text.find(':', colon + 1)) {
    const std::filesystem::path file = text.substr(colon + 1);
    if (std::filesystem::is_regular_file(file, failed)) return {text.substr(0, colon), file};
  }
  throw Error(ErrorKind::bad_input, "no such file", text.substr(first + 1),
              "--input takes NAME:FILE.npy, the file as numpy.save() writes it");
}

}  // namespace layerwatt::cli
