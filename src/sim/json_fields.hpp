// Strict reading of a JSON object: every key is asked for by name, with its limits, and whatever
// was not asked for is an error, since a misspelt key would otherwise be a silent default.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace layerwatt::sim {

struct Limits {
  double min = 0.0;
  double max = 1e12;
  bool above_min = false;  // min itself is not allowed
};

// Parses text; throws Error(bad_input) with line and column, also for a key that stands twice.
nlohmann::json parse_json(std::string_view text, const std::string& source);

class Fields {
 public:
  // `path` is the object's own, "" for the document. Throws when `object` is none.
  Fields(const nlohmann::json& object, std::string source, std::string path);

  bool has(const std::string& key);
  double number(const std::string& key, Limits limits);  // required
  double number(const std::string& key, Limits limits, double otherwise);
  std::optional<double> optional_number(const std::string& key, Limits limits);
  std::uint64_t whole(const std::string& key, std::uint64_t otherwise);
  bool boolean(const std::string& key, bool otherwise);
  std::string text(const std::string& key);  // required, not empty
  std::string text(const std::string& key, const std::string& otherwise);
  // The index of the text in `choices`.
  std::size_t choice(const std::string& key, const std::vector<std::string>& choices,
                     std::size_t otherwise);
  Fields object(const std::string& key);                // required
  std::vector<Fields> objects(const std::string& key);  // required, a list of objects
  const nlohmann::json& raw(const std::string& key);    // required
  // Throws on a key that nobody asked for.
  void finish() const;

  std::string path(const std::string& key) const;
  const std::string& source() const { return source_; }
  [[noreturn]] void fail(const std::string& key, const std::string& what,
                         const std::string& hint) const;

 private:
  const nlohmann::json* find(const std::string& key);

  const nlohmann::json* object_;
  std::string source_;
  std::string path_;
  std::set<std::string> known_;
};

// The candidate nearest in spelling, for "did you mean"; empty when none is near.
std::string nearest(const std::string& word, const std::set<std::string>& candidates);

}  // namespace layerwatt::sim
