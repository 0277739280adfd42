// The program in this process: what it wrote where, and its exit code.
#pragma once

#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "cli/command.hpp"

namespace layerwatt::cli {

struct Outcome {
  int code = 0;
  std::string out;
  std::string err;
};

inline Outcome run_layerwatt(const std::vector<std::string>& arguments, Host host = {}) {
  std::vector<const char*> words{"layerwatt"};
  for (const std::string& argument : arguments) words.push_back(argument.c_str());
  std::ostringstream out;
  std::ostringstream err;
  Program program{std::move(host), {}, out, err, {}};
  const int code = run_program(static_cast<int>(words.size()), words.data(), program);
  return {code, out.str(), err.str()};
}

}  // namespace layerwatt::cli
