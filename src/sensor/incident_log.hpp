// What goes wrong while a sensor is read goes wrong hundreds of times a second: the first time is
// told at once, the rest are counted and told at the end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "layerwatt/sensor.hpp"

namespace layerwatt {

// What a reader tells its problems to. One thread.
class Problems {
 public:
  virtual ~Problems() = default;
  // code: short and stable ("read_error"); message: the same words for the same problem.
  virtual void report(std::string_view code, std::string_view message) = 0;
};

// Passes the first problem of each kind (code and message) on to the sink. One thread.
class IncidentLog {
 public:
  explicit IncidentLog(SampleSink& sink) : sink_(sink) {}
  void report(std::int64_t time_ns, std::string_view code, std::string_view message);
  // Tells how often each kind came again. To be called once, at the end.
  void finish(std::int64_t time_ns);

 private:
  SampleSink& sink_;
  // Times after the first.
  std::map<std::pair<std::string, std::string>, std::size_t> again_;
  std::size_t untold_ = 0;
};

}  // namespace layerwatt
