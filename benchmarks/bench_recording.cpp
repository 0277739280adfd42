// Reading and writing recordings. Bytes are those of the CSV file.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "layerwatt/recording.hpp"
#include "recording/iterations_csv.hpp"

namespace {

using layerwatt::LayerInfo;
using layerwatt::Manifest;
using layerwatt::RecordingWriter;

constexpr std::size_t kLayers = 150;  // as many as ResNet-50 has in TensorRT, and a few
constexpr std::int64_t kInferenceNs = 20'000'000;

// How an engine's times look: nanoseconds have six decimals of a ms; TensorRT's IProfiler gives
// floats, which take 17 digits as doubles.
enum class Times { nanoseconds, floats };

Manifest manifest() {
  Manifest out;
  out.sensor.kind = "bench";
  out.sensor.rails = {{"VDD_IN", true}, {"VDD_CPU_GPU_CV", false}, {"VDD_SOC", false}};
  for (std::size_t i = 0; i < kLayers; ++i) {
    out.layers.push_back({"layer" + std::to_string(i), std::nullopt, std::nullopt});
  }
  return out;
}

std::vector<double> layer_times(Times kind, std::size_t rows) {
  std::mt19937_64 random(1);
  std::vector<double> out(kLayers * rows);
  for (auto& ms : out) {
    const auto ns = static_cast<double>(random() % 250'000);
    ms = kind == Times::nanoseconds ? ns / 1e6 : static_cast<double>(static_cast<float>(ns / 1e6));
  }
  return out;
}

// A recording of at least that many bytes of iterations.csv, gone with this.
class Sample {
 public:
  Sample(Times kind, std::uintmax_t bytes) {
    std::string pattern = (std::filesystem::temp_directory_path() / "layerwatt-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
    const std::size_t kRows = 256;
    const auto times = layer_times(kind, kRows);
    RecordingWriter writer(path_ / "run", manifest());
    std::int64_t now = 1'753'900'000'000'000'000;
    for (std::uintmax_t size = 0; size < bytes; size = std::filesystem::file_size(file())) {
      for (std::size_t i = 0; i < kRows; ++i, now += kInferenceNs) {
        writer.iteration(now, now + kInferenceNs,
                         std::span<const double>(times).subspan(i * kLayers, kLayers));
        for (std::int64_t ms = 0; ms < 20; ms += 5) {
          writer.sample(now + ms * 1'000'000, std::vector<double>{5012.25, 2510, 1201});
        }
      }
    }
    writer.close("done");
  }
  ~Sample() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Sample(const Sample&) = delete;
  Sample& operator=(const Sample&) = delete;
  std::filesystem::path file() const { return path_ / "run" / "iterations.csv"; }
  std::filesystem::path directory() const { return path_ / "run"; }

 private:
  std::filesystem::path path_;
};

constexpr std::uintmax_t kSize = 100'000'000;

// Made once: a benchmark's function runs several times.
const Sample& sample_of(Times kind) {
  static const Sample nanoseconds(Times::nanoseconds, kSize);
  static const Sample floats(Times::floats, kSize);
  return kind == Times::nanoseconds ? nanoseconds : floats;
}

void read_iterations(benchmark::State& state, Times kind) {
  const Sample& sample = sample_of(kind);
  for (auto _ : state) {
    layerwatt::recording::BlockReader reader(sample.file());
    auto file = layerwatt::recording::read_iterations(reader, layerwatt::recording::LastRow::drop);
    benchmark::DoNotOptimize(file.iterations.layer_ms.data());
  }
  state.SetBytesProcessed(state.iterations() *
                          static_cast<std::int64_t>(std::filesystem::file_size(sample.file())));
}

void load_directory(benchmark::State& state) {
  const Sample& sample = sample_of(Times::nanoseconds);
  std::uintmax_t bytes = 0;
  for (const auto& entry : std::filesystem::directory_iterator(sample.directory())) {
    bytes += entry.file_size();
  }
  for (auto _ : state) {
    auto recording = layerwatt::load_recording(sample.directory());
    benchmark::DoNotOptimize(recording.power.rail_mw.data());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes));
}

// What the measuring loop pays for one row, the write(2) calls spread over the rows included.
void write_iteration(benchmark::State& state, Times kind) {
  std::string pattern = (std::filesystem::temp_directory_path() / "layerwatt-XXXXXX").string();
  const std::filesystem::path path = ::mkdtemp(pattern.data());
  constexpr std::size_t kRows = 256;
  const auto times = layer_times(kind, kRows);
  {
    RecordingWriter writer(path / "run", manifest());
    std::int64_t now = 0;
    std::size_t row = 0;
    for (auto _ : state) {
      writer.iteration(now, now + kInferenceNs,
                       std::span<const double>(times).subspan(row * kLayers, kLayers));
      now += kInferenceNs;
      row = (row + 1) % kRows;
    }
    writer.close("done");
    state.SetBytesProcessed(
        static_cast<std::int64_t>(std::filesystem::file_size(path / "run" / "iterations.csv")));
  }
  std::error_code ignored;
  std::filesystem::remove_all(path, ignored);
}

BENCHMARK_CAPTURE(read_iterations, nanoseconds, Times::nanoseconds)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(read_iterations, floats, Times::floats)->Unit(benchmark::kMillisecond);
BENCHMARK(load_directory)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(write_iteration, nanoseconds, Times::nanoseconds)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(write_iteration, floats, Times::floats)->Unit(benchmark::kMicrosecond);

}  // namespace

BENCHMARK_MAIN();
