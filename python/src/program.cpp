// `python -m layerwatt`: the program's own code, in this process.
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>
#include <signal.h>

#include <iostream>
#include <string>
#include <vector>

#include "bindings.hpp"
#include "cli/command.hpp"

namespace layerwatt::python {
namespace {

// Ctrl-C does what it does to the program, and not what Python makes of it: most commands have no
// Python to return to until they end.
class OwnInterrupt {
 public:
  OwnInterrupt() {
    ::sigaction(SIGINT, nullptr, &before_);
    if (before_.sa_handler == SIG_IGN) return;
    struct sigaction defaults {};
    defaults.sa_handler = SIG_DFL;
    ::sigaction(SIGINT, &defaults, nullptr);
  }
  ~OwnInterrupt() { ::sigaction(SIGINT, &before_, nullptr); }
  OwnInterrupt(const OwnInterrupt&) = delete;
  OwnInterrupt& operator=(const OwnInterrupt&) = delete;

 private:
  struct sigaction before_ {};
};

int run(const std::vector<std::string>& words) {
  std::vector<const char*> arguments;
  for (const std::string& word : words) arguments.push_back(word.c_str());
  const nb::gil_scoped_release no_gil;
  const OwnInterrupt interrupt;
  // A host of its own: the program may be given a simulated one.
  cli::Program program{{}, {}, std::cout, std::cerr, {}};
  const int code = cli::run_program(static_cast<int>(arguments.size()), arguments.data(), program);
  std::cout.flush();
  std::cerr.flush();
  return code;
}

}  // namespace

void bind_program(nb::module_& module) {
  module.def("run_program", &run, "words"_a,
             "Runs the command line (words[0] is the program's name) and returns its exit code.\n\n"
             "Writes to the process's stdout and stderr, not to sys.stdout.");
}

}  // namespace layerwatt::python
