// Sentences that every report says alike.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "layerwatt/result.hpp"

namespace layerwatt {

// Where the power figures come from, in words: "measured by tegrastats, scope: module", or
// "NOT MEASURED: …" for a model or a simulation.
std::string power_source_words(const ResultSensor& sensor);

struct ReasonWords {
  std::string_view code;
  std::string_view words;
};

// The codes that this version writes, in the order of docs/result.md.
std::span<const ReasonWords> reasons();

// A reason's code as a sentence: "no_samples" → "no power sample fell inside". A code that is not
// known here (a newer attribution, another tool) reads as its words.
std::string reason_words(const std::string& code);

}  // namespace layerwatt
