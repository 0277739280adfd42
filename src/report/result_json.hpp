// The JSON of a result as values, for the reports that carry it.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "layerwatt/result.hpp"

namespace layerwatt {

// layerwatt.result/1.
nlohmann::ordered_json result_json(const Result& result);

// On one line. A byte that is not UTF-8 becomes U+FFFD: JSON has no way to carry it.
std::string json_text(const nlohmann::ordered_json& value);

}  // namespace layerwatt
