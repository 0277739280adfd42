// The sensor's front end: when it reads, and what becomes of a reading on its way into the log
// (conversion grid, noise, steps, a stamp that is a little off, a reading lost).
#pragma once

#include <cstdint>
#include <vector>

#include "sim/random.hpp"
#include "sim/response.hpp"
#include "sim/spec.hpp"

namespace layerwatt::sim {

struct Sample {
  std::int64_t time_ns = 0;    // its stamp, since the waveform's origin
  std::vector<double> values;  // one a rail: mW, or mJ since the origin for Reading::energy
};

class Sampler {
 public:
  Sampler(const Spec& spec, std::uint64_t seed);

  const Response& response() const { return response_; }

  // The first reading is due at first_ns. period_ms holds where the spec leaves it open.
  void begin(std::int64_t first_ns, double period_ms);
  // When the next reading is due.
  std::int64_t next_ns() const { return next_ns_; }
  // Takes it, and makes up its mind about the one after. False: it was lost.
  bool take(const Waveform& waveform, Sample& out);

 private:
  void read(const Waveform& waveform, const Conversion& conversion, std::vector<double>& values);
  void add_noise(const Conversion& conversion, Random& own, std::vector<double>& values) const;

  SensorSpec sensor_;
  std::vector<double> steps_;
  std::uint64_t seed_;
  Response response_;
  Random random_;
  double period_ns_ = 0.0;
  std::int64_t next_ns_ = 0;
  double next_exact_ns_ = 0.0;
  std::int64_t last_stamp_ns_;
  std::vector<double> scratch_;
};

}  // namespace layerwatt::sim
