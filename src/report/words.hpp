// Sentences that every report says alike.
#pragma once

#include <string>

#include "layerwatt/result.hpp"

namespace layerwatt {

// Where the power figures come from, in words: "measured by tegrastats, scope: module", or
// "NOT MEASURED: …" for a model or a simulation.
std::string power_source_words(const ResultSensor& sensor);

// A reason's code as a sentence: "no_samples" → "no power sample fell inside". A code that is not
// known here (a newer attribution, another tool) reads as its words.
std::string reason_words(const std::string& code);

}  // namespace layerwatt
