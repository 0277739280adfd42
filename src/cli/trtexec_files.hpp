// `layerwatt analyze` of what trtexec exported.
#pragma once

#include <optional>
#include <string>

#include "layerwatt/recording.hpp"

namespace layerwatt::cli {

struct TrtexecFiles {
  std::string profile;  // --exportProfile
  std::string times;    // --exportTimes
  std::string power;    // empty: times alone
  std::optional<double> start_s;
};

// As a recording: by way of files, so that it is checked as every other one. Throws Error(usage)
// where one of the two is missing, Error(bad_input) for what is in them.
Recording load_trtexec(const TrtexecFiles& files);

}  // namespace layerwatt::cli
