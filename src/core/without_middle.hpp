// Long texts for places that have room for short ones.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace layerwatt {

// Of a text of UTF-8 longer than `most_bytes` the begin and the end, in whole characters, with
// `cut` between them: what tells names and messages apart stands at the end as often as at the
// begin.
inline std::string without_middle(std::string text, std::size_t most_bytes, std::string_view cut) {
  if (text.size() <= most_bytes) return text;
  const auto continues = [&](std::size_t at) {
    return (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U;
  };
  std::size_t head = (most_bytes - cut.size()) / 2;
  std::size_t tail = text.size() - (most_bytes - cut.size() - head);
  while (head > 0 && continues(head)) --head;
  while (tail < text.size() && continues(tail)) ++tail;
  return text.replace(head, tail - head, cut);
}

}  // namespace layerwatt
