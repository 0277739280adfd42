// The lines of a power.csv, an energy.csv or of stamped tegrastats, one by one as they come.
// docs/sensors.md, "file".
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/recording.hpp"
#include "sensor/rail_follower.hpp"
#include "sensor/tegrastats_parse.hpp"

namespace layerwatt {

class SampleLines {
 public:
  // energy: a CSV holds cumulative mJ and not mW.
  explicit SampleLines(bool energy) : energy_(energy) {}

  // To be given lines until it says yes: a CSV's header, or the first line of tegrastats with
  // rails. Throws Error(sensor) for a first line that is neither.
  bool understand(std::string_view line);

  PowerFormat format() const { return format_; }
  const std::vector<Rail>& rails() const { return rails_; }
  const std::string& scope() const { return scope_; }    // empty: no total
  const std::string& reason() const { return reason_; }  // why no total

  // The line's stamp, and its values, one a rail; nothing, and why in `problems`, for a line that
  // cannot be used. Blank lines and a header that comes again are passed over.
  std::optional<std::int64_t> parse(std::string_view line, std::span<double> values,
                                    Problems& problems);

 private:
  void know_rails(std::vector<std::string> names);
  std::optional<std::int64_t> parse_csv(std::string_view line, std::span<double> values,
                                        Problems& problems) const;
  std::optional<std::int64_t> parse_tegrastats(std::string_view line, std::span<double> values,
                                               Problems& problems);

  bool energy_;
  PowerFormat format_ = PowerFormat::power_csv;
  std::vector<Rail> rails_;
  std::string scope_;
  std::string reason_;
  std::string header_;
  TegrastatsLine tegrastats_;
  std::optional<RailFollower> follower_;
};

// The cells of a CSV header, quotes undone.
std::vector<std::string> split_header(std::string_view line);

}  // namespace layerwatt
