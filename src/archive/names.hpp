// Names in the archive: folders of untrusted text, a run's identity, a board's identity, times.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "layerwatt/host.hpp"

namespace layerwatt::archive {

// The text as the value of a partition's folder (device=VALUE). Letters, digits, '.', '_' and '-'
// stay; anything else, a leading '.', '_' or '-' and what is longer than 64 bytes is replaced, and
// a hash then keeps different names apart. Never empty.
std::string partition_value(std::string_view text);

// "date=2026-11-24/device=AGX_Orin-1a2b3c4d/model=resnet50.engine"
std::string partition(std::int64_t recorded_us, std::string_view device, std::string_view model);

// 24 hexadecimal digits: the same result, recorded at the same time, is the same run.
std::string run_identity(std::string_view result_json, std::int64_t recorded_us);

// 16 hexadecimal digits that say nothing of the name to who does not know the salt.
std::string hashed_board(std::string_view salt, std::string_view name);

// What this machine is known by where it can be read: serial number, machine id, or host name.
// Never leaves this program but hashed.
std::optional<std::string> machine_name(const SysRoot& sys);

// "2024-05-01T12:00:00Z", "…00.128Z", "…+02:00" or "2024-05-01" → microseconds since 1970; nullopt
// for anything else.
std::optional<std::int64_t> parse_time_us(const std::string& text);
// "2024-05-01"
std::string day_of(std::int64_t time_us);
// "2024-05-01 12:00:00"
std::string time_text(std::int64_t time_us);

}  // namespace layerwatt::archive
