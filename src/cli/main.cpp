#include <CLI/CLI.hpp>

#include "layerwatt/version.hpp"

int main(int argc, char** argv) {
  CLI::App app("layerwatt: where the joules of a neural network go");
  app.set_version_flag("--version", "layerwatt " LAYERWATT_VERSION);
  CLI11_PARSE(app, argc, argv);
  return 0;
}
