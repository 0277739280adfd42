// Whether a response is too slow, as against an inference, for its layers to be told apart by a
// search. A response that was found, not given, is only believed while it is short: through a
// longer one every reading is nearly the same mix, a search can explain the little that is left by
// many responses, and picking one gave layers 60 % off with narrow intervals.
#pragma once

#include "attribution/response_search.hpp"

namespace layerwatt {

enum class Slow {
  no,
  given,   // the window that was given is
  found,   // what was found is
  unseen,  // the window that was found is, for one that no readings of the idle device confirm
};

// `margin`: how many times as long as would do it must be.
Slow too_slow(const KnownResponse& known, const Response& found, double inference_ms,
              bool idle_was_read, double margin = 1.0);

// So much too slow that no finer search would find a response short enough.
bool clearly_too_slow(const KnownResponse& known, const Response& found, double inference_ms,
                      bool idle_was_read);

// Longer than one and a half inferences: what a search keeps some of until readings rule it out,
// lest a short response that explains a slow sensor passably be all that is left.
bool is_slow(const Response& response, double inference_ms);

}  // namespace layerwatt
