#include "sim/json_fields.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/json_depth.hpp"
#include "layerwatt/error.hpp"

namespace layerwatt::sim {
namespace {

using nlohmann::json;

std::string kind_of(const json& value) {
  return value.is_number() ? "a number" : "a " + std::string(value.type_name());
}

std::size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      const std::size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({above + 1, row[j - 1] + 1, changed});
      diagonal = above;
    }
  }
  return row[b.size()];
}

}  // namespace

json parse_json(std::string_view text, const std::string& source) {
  if (nests_deeper(text)) {
    throw Error(ErrorKind::bad_input, "is nested too deeply", source, "is this a .sim.json?");
  }
  // nlohmann keeps the last of two equal keys without a word.
  std::vector<std::set<std::string>> open;
  const auto no_key_twice = [&](int, json::parse_event_t event, json& parsed) {
    if (event == json::parse_event_t::object_start) open.emplace_back();
    if (event == json::parse_event_t::object_end) open.pop_back();
    if (event == json::parse_event_t::key) {
      const auto key = parsed.get<std::string>();
      if (!open.back().insert(key).second) {
        throw Error(ErrorKind::bad_input, "the key \"" + key + "\" stands twice in one object",
                    source, "keep one of them");
      }
    }
    return true;
  };
  try {
    return json::parse(text, no_key_twice);
  } catch (const json::parse_error& error) {
    const std::string_view before = text.substr(0, error.byte > 0 ? error.byte - 1 : 0);
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const std::size_t begin = before.rfind('\n');
    const std::size_t column =
        before.size() - (begin == std::string_view::npos ? 0 : begin + 1) + 1;
    throw Error(ErrorKind::bad_input, "not valid JSON",
                fmt::format("{}:{}:{}", source, line, column),
                "a common cause is a comma too many or too few just before this place");
  } catch (const json::out_of_range& error) {
    throw Error(ErrorKind::bad_input,
                std::string("has a number that is too large: ") + error.what(), source,
                "see docs/simulator.md");
  }
}

Fields::Fields(const json& object, std::string source, std::string path)
    : object_(&object), source_(std::move(source)), path_(std::move(path)) {
  if (!object.is_object()) {
    throw Error(ErrorKind::bad_input, "expected an object, found " + kind_of(object),
                path_.empty() ? source_ : source_ + ": " + path_, "see docs/simulator.md");
  }
}

std::string Fields::path(const std::string& key) const {
  return path_.empty() ? key : path_ + "." + key;
}

void Fields::fail(const std::string& key, const std::string& what, const std::string& hint) const {
  throw Error(ErrorKind::bad_input, what, source_ + ": " + path(key), hint);
}

const json* Fields::find(const std::string& key) {
  known_.insert(key);
  const auto found = object_->find(key);
  return found == object_->end() ? nullptr : &*found;
}

bool Fields::has(const std::string& key) { return find(key) != nullptr; }

const json& Fields::raw(const std::string& key) {
  const json* value = find(key);
  if (value == nullptr) fail(key, "is missing", "see docs/simulator.md for what it means");
  return *value;
}

std::optional<double> Fields::optional_number(const std::string& key, Limits limits) {
  const json* value = find(key);
  if (value == nullptr || value->is_null()) return std::nullopt;
  if (!value->is_number()) fail(key, "expected a number, found " + kind_of(*value), "");
  const double number = value->get<double>();
  const bool low = limits.above_min ? !(number > limits.min) : !(number >= limits.min);
  if (low || !(number <= limits.max)) {
    fail(key, fmt::format("{} is out of range", number),
         fmt::format("give a number {} {} and at most {}", limits.above_min ? "above" : "from",
                     limits.min, limits.max));
  }
  return number;
}

double Fields::number(const std::string& key, Limits limits) {
  raw(key);
  const auto value = optional_number(key, limits);
  if (!value) fail(key, "expected a number, found null", "");
  return *value;
}

double Fields::number(const std::string& key, Limits limits, double otherwise) {
  return has(key) ? number(key, limits) : otherwise;
}

std::uint64_t Fields::whole(const std::string& key, std::uint64_t otherwise) {
  const json* value = find(key);
  if (value == nullptr) return otherwise;
  if (!value->is_number_unsigned()) fail(key, "expected a whole number from 0", "");
  return value->get<std::uint64_t>();
}

bool Fields::boolean(const std::string& key, bool otherwise) {
  const json* value = find(key);
  if (value == nullptr) return otherwise;
  if (!value->is_boolean()) fail(key, "expected true or false, found " + kind_of(*value), "");
  return value->get<bool>();
}

std::string Fields::text(const std::string& key) {
  raw(key);
  std::string value = text(key, "");
  if (value.empty()) fail(key, "is empty", "");
  return value;
}

std::string Fields::text(const std::string& key, const std::string& otherwise) {
  const json* value = find(key);
  if (value == nullptr) return otherwise;
  if (!value->is_string()) fail(key, "expected a text, found " + kind_of(*value), "");
  return value->get<std::string>();
}

std::size_t Fields::choice(const std::string& key, const std::vector<std::string>& choices,
                           std::size_t otherwise) {
  const std::string value = text(key, choices[otherwise]);
  const auto found = std::find(choices.begin(), choices.end(), value);
  if (found == choices.end()) {
    fail(key, "\"" + value + "\" is not known",
         fmt::format("give one of {}", fmt::join(choices, ", ")));
  }
  return static_cast<std::size_t>(found - choices.begin());
}

Fields Fields::object(const std::string& key) { return {raw(key), source_, path(key)}; }

std::vector<Fields> Fields::objects(const std::string& key) {
  const json& list = raw(key);
  if (!list.is_array()) fail(key, "expected a list, found " + kind_of(list), "");
  std::vector<Fields> all;
  for (std::size_t i = 0; i < list.size(); ++i) {
    all.emplace_back(list[i], source_, fmt::format("{}[{}]", path(key), i));
  }
  return all;
}

void Fields::finish() const {
  for (const auto& item : object_->items()) {
    if (known_.count(item.key()) != 0) continue;
    const std::string near = nearest(item.key(), known_);
    fail(item.key(), "unknown key",
         near.empty() ? fmt::format("known here: {}", fmt::join(known_, ", "))
                      : "did you mean \"" + near + "\"?");
  }
}

std::string nearest(const std::string& word, const std::set<std::string>& candidates) {
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    // "time" for "time_ms": a unit forgotten is many edits, yet the likeliest mistake of all.
    const bool unit_missing = candidate.rfind(word + "_", 0) == 0;
    const std::size_t distance = unit_missing ? 1 : edit_distance(word, candidate);
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

}  // namespace layerwatt::sim
