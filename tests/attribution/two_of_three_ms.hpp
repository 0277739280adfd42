// A run of two inferences whose mean power can be worked out in one's head.
#pragma once

#include "attribution/recordings.hpp"

namespace layerwatt::testing {

// Inferences 0–3 and 4–7, one ms of seven between them; each reading stands for the ms before it.
inline Builder two_of_three_ms() {
  Builder b({});
  b.inference(0, 3, {}).inference(4, 7, {});
  return b;
}
constexpr double kT1 = 12.7062;  // Student's t of two batches

}  // namespace layerwatt::testing
