// What differs around two results, and makes a difference between them hard to believe. Pure.
#pragma once

#include <vector>

#include "layerwatt/result.hpp"

namespace layerwatt {

std::vector<Warning> differing_circumstances(const Result& before, const Result& after);

}  // namespace layerwatt
