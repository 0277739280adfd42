#include "layerwatt/error.hpp"

#include <cstddef>
#include <utility>

#include "core/without_middle.hpp"

namespace layerwatt {
namespace {

constexpr std::size_t kMostBytes = 1500;

std::string join(const std::string& what, const std::string& where, const std::string& hint) {
  std::string text = where.empty() ? what : where + ": " + what;
  if (!hint.empty()) text += " (" + hint + ")";
  return text;
}

struct KindRow {
  ErrorKind kind;
  int exit_code;
  std::string_view name;
};

constexpr KindRow kKinds[] = {
    {ErrorKind::usage, 2, "usage"},
    {ErrorKind::bad_input, 2, "bad input"},
    {ErrorKind::engine, 1, "engine"},
    {ErrorKind::sensor, 1, "sensor"},
    {ErrorKind::io, 1, "i/o"},
    {ErrorKind::gate, 3, "gate"},
    {ErrorKind::interrupted, 130, "interrupted"},
};

constexpr const KindRow& row(ErrorKind kind) {
  for (const KindRow& candidate : kKinds) {
    if (candidate.kind == kind) return candidate;
  }
  return kKinds[0];
}

}  // namespace

Error::Error(ErrorKind kind, std::string what, std::string where, std::string hint)
    : std::runtime_error(
          join(what = without_middle(std::move(what), kMostBytes, " … "), where, hint)),
      kind_(kind),
      problem_(std::move(what)),
      where_(std::move(where)),
      hint_(std::move(hint)) {}

int exit_code(ErrorKind kind) noexcept { return row(kind).exit_code; }

std::string_view to_string(ErrorKind kind) noexcept { return row(kind).name; }

}  // namespace layerwatt
