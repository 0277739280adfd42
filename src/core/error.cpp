#include "layerwatt/error.hpp"

#include <cstddef>
#include <utility>

namespace layerwatt {
namespace {

constexpr std::size_t kMostBytes = 1500;

// Where a character begins, at `at` or before it.
std::size_t character_at(const std::string& text, std::size_t at) {
  while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U) --at;
  return at;
}

// What happened stands at the end as often as at the begin.
std::string without_middle(std::string text) {
  if (text.size() <= kMostBytes) return text;
  constexpr std::string_view kLeftOut = " … ";
  constexpr std::size_t kKept = (kMostBytes - kLeftOut.size() - 3) / 2;  // 3: of a character
  const std::size_t begin = character_at(text, kKept);
  const std::size_t end = character_at(text, text.size() - kKept);
  text.replace(begin, end - begin, kLeftOut);
  return text;
}

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
    : std::runtime_error(join(what = without_middle(std::move(what)), where, hint)),
      kind_(kind),
      problem_(std::move(what)),
      where_(std::move(where)),
      hint_(std::move(hint)) {}

int exit_code(ErrorKind kind) noexcept { return row(kind).exit_code; }

std::string_view to_string(ErrorKind kind) noexcept { return row(kind).name; }

}  // namespace layerwatt
