#include <csignal>
#include <exception>
#include <iostream>

#include "cli/command.hpp"

int main(int argc, char** argv) {
  // `layerwatt … | head` must end with an error from write(2), not by a signal in mid-measurement.
  std::signal(SIGPIPE, SIG_IGN);
  // Likewise a file that meets `ulimit -f`: an error of write(2), and what is written stays.
  std::signal(SIGXFSZ, SIG_IGN);
  try {
    layerwatt::cli::Program program{{}, {}, std::cout, std::cerr, {}};
    return layerwatt::cli::run_program(argc, argv, program);
  } catch (const std::exception& unexpected) {
    std::cerr << "layerwatt: internal error: " << unexpected.what()
              << "\n  hint: this is a bug; please report it with the command that you ran\n";
    return 1;
  }
}
