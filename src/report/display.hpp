// Text on a terminal: how wide it is, how to cut it, and how to keep it from doing anything but
// being read. Widths are columns, not bytes and not code points. Input is UTF-8 of any quality.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace layerwatt {

// Layer names come out of model files. Control characters (an ESC sequence can retitle or rewrite a
// terminal), line breaks and the characters that reverse the reading direction become visible
// escapes (\n, \x1b, \u202e); bytes that are not UTF-8 become U+FFFD.
std::string harmless(std::string_view text);

// The following take harmless() text.

// Columns: 2 for East Asian wide characters and emoji, 0 for combining marks. A sequence that some
// terminals draw as one picture counts as its parts, as wcwidth() does.
std::size_t display_width(std::string_view text);

// Cut in the middle ("resnet/stage1/…/conv2"): both ends of a layer's name tell layers apart. Never
// cuts through a character with its combining marks.
std::string shorten_middle(std::string_view text, std::size_t width);

// Filled with spaces up to `width`; left as it is where it is wider.
std::string pad_left(std::string_view text, std::size_t width);
std::string pad_right(std::string_view text, std::size_t width);

// Lines of at most `width` columns, broken at spaces; a word that is wider is broken inside.
std::vector<std::string> wrap(std::string_view text, std::size_t width);

}  // namespace layerwatt
