// How fast tegrastats lines are read. peer_jetsontools_parse.py runs jetsontools on the same file.
#include <benchmark/benchmark.h>

#include <cstddef>
#include <fstream>
#include <string>
#include <vector>

#include "sensor/tegrastats_parse.hpp"

namespace {

std::vector<std::string> lines_of(const std::string& fixture) {
  std::ifstream file(LAYERWATT_SOURCE "/tests/fixtures/tegrastats/" + fixture);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

void parse(benchmark::State& state, const std::string& fixture) {
  const std::vector<std::string> lines = lines_of(fixture);
  if (lines.empty()) {
    state.SkipWithError("the fixture is missing");
    return;
  }
  std::size_t bytes = 0;
  for (const std::string& line : lines) bytes += line.size() + 1;
  layerwatt::TegrastatsLine out;
  for (auto _ : state) {
    for (const std::string& line : lines) {
      if (layerwatt::parse_tegrastats_line(line, out)) {
        state.SkipWithError("a line of the fixture cannot be read");
        return;
      }
      benchmark::DoNotOptimize(out.rails.data());
    }
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(lines.size()));
}

// One board, a hundred lines: what a long recording is made of.
BENCHMARK_CAPTURE(parse, orin_nx_run, "orin_nx_run.txt");
// A line of each board and release in turn.
BENCHMARK_CAPTURE(parse, every_shape, "shapes.txt");

}  // namespace

BENCHMARK_MAIN();
