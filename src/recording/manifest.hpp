// manifest.json: what is known of a recording beside its numbers.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/recording.hpp"

namespace layerwatt::recording {

inline constexpr std::string_view kFormatName = "layerwatt-recording";
inline constexpr int kFormatVersion = 1;

struct ReadManifest {
  Manifest manifest;
  // The rails for which the file does not say whether they are in the total.
  std::vector<bool> in_total_known;  // one a rail
  bool format_known = false;         // sensor.format was there
  // "stopped" is null: our writer began it and did not get to its end. Absent: another's recording.
  bool cut_short = false;
};

// `stopped` is null while it is empty. Throws Error(usage) when device_json or engine_json is
// not a JSON object.
std::string manifest_to_json(const Manifest& manifest);

// Absent fields are unknown, unknown fields are passed over. Throws Error(bad_input), with `where`
// as its place, for another format or version, and for a field of the wrong type.
ReadManifest manifest_from_json(std::string_view text, const std::string& where);

// What the readings are called on disk.
std::string_view power_file_name(PowerFormat format);

}  // namespace layerwatt::recording
