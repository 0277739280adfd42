#include <array>
#include <cstdlib>
#include <fstream>
#include <utility>

#include "layerwatt/host.hpp"

namespace layerwatt {

SysRoot::SysRoot()
    : SysRoot("/", [](const std::string& name) -> std::optional<std::string> {
        const char* value = std::getenv(name.c_str());
        if (value == nullptr) return std::nullopt;
        return value;
      }) {}

SysRoot::SysRoot(std::filesystem::path root,
                 std::function<std::optional<std::string>(const std::string&)> environment)
    : root_(std::move(root)), environment_(std::move(environment)) {}

std::filesystem::path SysRoot::path(std::string_view absolute) const {
  return root_ / std::filesystem::path(absolute).relative_path();
}

std::optional<std::string> SysRoot::env(const std::string& name) const {
  return environment_ ? environment_(name) : std::nullopt;
}

std::optional<std::string> SysRoot::read_text(std::string_view absolute) const {
  std::ifstream file(path(absolute), std::ios::binary);
  if (!file) return std::nullopt;
  // Not by istreambuf_iterator: it lets the exception out that a file of /sys causes when its
  // driver answers with an error (a thermal zone that is switched off, a disabled channel).
  std::string text;
  std::array<char, 4096> block;
  while (file.read(block.data(), block.size()), file.gcount() > 0) {
    text.append(block.data(), static_cast<std::size_t>(file.gcount()));
  }
  if (file.bad()) return std::nullopt;
  if (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

}  // namespace layerwatt
