// Names of tegrastats. Tokens are told apart by shape; names serve only to tell a token that was
// cut from one that is new, and to know a rail that has a single bare number.
#pragma once

#include <string_view>

namespace layerwatt::tegra {

inline bool is_memory_name(std::string_view name) {
  return name == "RAM" || name == "SWAP" || name == "IRAM";
}

inline bool is_cpu_name(std::string_view name) { return name == "CPU" || name == "cpu"; }

inline bool looks_like_rail(std::string_view name) {
  constexpr std::string_view kPrefixes[] = {"VDD", "VIN", "POM"};
  for (const std::string_view prefix : kPrefixes) {
    if (name.starts_with(prefix)) return true;
  }
  constexpr std::string_view kNames[] = {"GPU", "CPU", "SOC", "CV", "SYS5V", "NC"};
  for (const std::string_view known : kNames) {
    if (name == known) return true;
  }
  return false;
}

// Whether a word at the end of a line is the beginning of a name that is usual there. Anything else
// is taken for a word of a newer release.
inline bool looks_like_cut_name(std::string_view word) {
  if (looks_like_rail(word)) return true;
  constexpr std::string_view kNames[] = {
      "RAM",         "SWAP",        "IRAM",        "CPU",         "cpu",         "EMC_FREQ",
      "GR3D_FREQ",   "GR3D2_FREQ",  "APE",         "MTS",         "AVP",         "VDE",
      "EDP",         "MSENC",       "VIC_FREQ",    "OFA_FREQ",    "NVENC0_FREQ", "NVENC1_FREQ",
      "NVDEC0_FREQ", "NVDEC1_FREQ", "NVJPG0_FREQ", "NVJPG1_FREQ", "NVENC_FREQ",  "NVDEC_FREQ",
      "NVJPG_FREQ",  "NVDLA0_FREQ", "NVDLA1_FREQ", "PVA0_FREQ",   "PVA1_FREQ",   "GPU",
      "SOC",         "CV",          "SYS5V",       "NC",          "VDD_",        "VIN",
      "POM_"};
  for (const std::string_view known : kNames) {
    if (known.starts_with(word)) return true;
  }
  return false;
}

}  // namespace layerwatt::tegra
