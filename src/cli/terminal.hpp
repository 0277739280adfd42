// What is on the other end of a file descriptor, and how the program talks beside its results.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "cli/command.hpp"
#include "layerwatt/result.hpp"

namespace layerwatt::cli {

// Columns; 100 where it is no terminal. Never below 20.
std::size_t terminal_width(int file_descriptor);

// Lines; 24 where it is no terminal. Never below 2.
std::size_t terminal_height(int file_descriptor);

// What files say, in messages: lines stay lines, and what a terminal would obey becomes visible.
std::string printable(std::string_view text);

// "layerwatt: note: …" on stderr, unless --quiet.
void print_note(const Program& program, const std::string& note);
// "layerwatt: warning: …" with its hint on stderr, always.
void print_warning(const Program& program, const Warning& warning);

}  // namespace layerwatt::cli
