#include "cli/live_tegrastats.hpp"

#include <atomic>
#include <ostream>
#include <thread>
#include <utility>

#include "layerwatt/error.hpp"
#include "layerwatt/sensor.hpp"
#include "sim/device.hpp"
#include "sim/tegrastats_format.hpp"

namespace layerwatt::cli {
namespace {

class LineSink final : public SampleSink {
 public:
  LineSink(std::ostream& out, std::size_t lines) : out_(out), limit_(lines) {}

  void sample(std::int64_t, std::span<const double>) override {}
  void line(std::int64_t, std::string_view text) override {
    if (!wanted()) return;
    // tegrastats flushes every line, and readers count on it.
    out_ << text << '\n' << std::flush;
    ++written_;
  }
  void incident(const Incident&) override {}

  bool wanted() const { return out_.good() && (limit_ == 0 || written_ < limit_); }

 private:
  std::ostream& out_;
  std::size_t limit_;
  std::size_t written_ = 0;
};

// Inferences, one after the other, until it is destroyed.
class BusyBoard {
 public:
  explicit BusyBoard(sim::Device& device) : thread_([this, &device] { run(device); }) {}
  ~BusyBoard() {
    stopping_ = true;
    thread_.join();
  }
  BusyBoard(const BusyBoard&) = delete;
  BusyBoard& operator=(const BusyBoard&) = delete;

 private:
  void run(sim::Device& device) {
    Inference inference;
    while (!stopping_) device.infer(inference);
  }

  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace

void print_live_tegrastats(sim::Spec spec, const std::shared_ptr<Clock>& clock, double interval_ms,
                           std::ostream& out, std::size_t lines) {
  std::string problem = sim::tegrastats_problem(spec);
  if (spec.sensor.reading == Reading::energy) problem = "its sensor is an energy counter";
  if (!problem.empty()) {
    throw Error(ErrorKind::bad_input, "cannot be printed as tegrastats: " + problem, spec.name,
                "examples/sim/orin-nx-averaged.sim.json can");
  }
  spec.time = sim::TimeMode::real_time;
  spec.sensor.tegrastats = true;
  spec.sensor.period_ms = interval_ms;
  sim::Device device(std::move(spec), clock);
  LineSink sink(out, lines);
  device.start_sampling(sink, interval_ms);
  const BusyBoard board(device);
  while (sink.wanted()) {
    clock->sleep_until_ns(device.next_reading_ns());
    device.deliver_due();
  }
}

}  // namespace layerwatt::cli
