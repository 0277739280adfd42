// What makes a measurement worse than it need be. One function a check, in one table; each sees the
// machine through DoctorView alone, so that tests can give it another.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "layerwatt/host.hpp"

namespace layerwatt::cli {

struct DoctorView {
  Host host;
  std::optional<std::uint64_t> free_bytes;  // where recordings would go
};

enum class Health { ok, note, problem };

struct Finding {
  Health health = Health::ok;
  std::string message;
  std::string fix;  // a command, or what to do; empty where nothing helps
};

struct DoctorCheck {
  const char* name;
  // Nothing where the check does not apply to this machine.
  std::optional<Finding> (*run)(const DoctorView&);
};

std::span<const DoctorCheck> doctor_checks();

// "ok", "note", "problem".
const char* to_string(Health health);

}  // namespace layerwatt::cli
