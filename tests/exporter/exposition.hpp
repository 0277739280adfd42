// A strict reader of Prometheus' text format: what Prometheus would refuse, or take for something
// else, fails the test.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <string_view>

namespace layerwatt::exporter {

struct Exposition {
  std::map<std::string, std::string> types;
  // name{label="value",…} by sorted labels → value
  std::map<std::string, double> samples;

  std::optional<double> find(const std::string& series) const {
    const auto found = samples.find(series);
    if (found == samples.end()) return std::nullopt;
    return found->second;
  }
  // Of all series of a metric.
  std::size_t count(const std::string& name) const {
    std::size_t n = 0;
    for (const auto& [series, value] : samples) {
      n += series.substr(0, series.find('{')) == name ? 1U : 0U;
    }
    return n;
  }
  // The only one whose text begins so.
  std::optional<double> only(const std::string& begin) const {
    std::optional<double> value;
    for (const auto& [series, here] : samples) {
      if (series.rfind(begin, 0) != 0) continue;
      EXPECT_FALSE(value) << "several series begin with " << begin;
      value = here;
    }
    return value;
  }
};

class ExpositionReader {
 public:
  Exposition read(const std::string& text) {
    EXPECT_TRUE(text.empty() || text.back() == '\n') << "the last line has no end";
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      // The server's own, of which a latency is NaN until there is one.
      if (line.find("exposer_") < 8) continue;
      if (line.rfind("# HELP ", 0) == 0) {
        help(line.substr(7));
      } else if (line.rfind("# TYPE ", 0) == 0) {
        type(line.substr(7));
      } else {
        sample(line);
      }
    }
    return std::move(out_);
  }

 private:
  static bool is_name(std::string_view text) {
    return !text.empty() && std::isdigit(static_cast<unsigned char>(text.front())) == 0 &&
           std::all_of(text.begin(), text.end(),
                       [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
  }

  void help(const std::string& rest) {
    current_ = rest.substr(0, rest.find(' '));
    EXPECT_TRUE(is_name(current_)) << rest;
    EXPECT_TRUE(seen_.insert(current_).second) << current_ << " is told twice";
    EXPECT_GT(rest.size(), current_.size() + 1) << current_ << " has no help";
  }

  void type(const std::string& rest) {
    EXPECT_EQ(rest.substr(0, rest.find(' ')), current_) << "TYPE without its HELP";
    const std::string word = rest.substr(rest.find(' ') + 1);
    EXPECT_TRUE(word == "gauge" || word == "counter") << rest;
    EXPECT_EQ(word == "counter", current_.size() > 6 && current_.ends_with("_total")) << rest;
    out_.types[current_] = word;
  }

  void sample(const std::string& line) {
    std::size_t at = line.find_first_of("{ ");
    ASSERT_NE(at, std::string::npos) << line;
    const std::string name = line.substr(0, at);
    EXPECT_EQ(name, current_) << "not in its family: " << line;
    EXPECT_EQ(out_.types.count(name), 1U) << "no type: " << line;
    std::map<std::string, std::string> labels;
    if (line[at] == '{') {
      ++at;
      while (line[at] != '}') {
        const std::size_t equals = line.find("=\"", at);
        ASSERT_NE(equals, std::string::npos) << line;
        const std::string label = line.substr(at, equals - at);
        EXPECT_TRUE(is_name(label) && label.rfind("__", 0) != 0) << line;
        std::string value;
        for (at = equals + 2; at < line.size() && line[at] != '"'; ++at) {
          if (line[at] == '\\') {
            ++at;
            ASSERT_TRUE(line[at] == '\\' || line[at] == '"' || line[at] == 'n') << line;
          }
          value += line[at];
        }
        ASSERT_LT(at, line.size()) << line;
        EXPECT_TRUE(labels.emplace(label, value).second) << "label twice: " << line;
        EXPECT_FALSE(value.empty()) << "the same as no label: " << line;
        ++at;
        if (line[at] == ',') ++at;
      }
      ++at;
    }
    ASSERT_EQ(line[at], ' ') << line;
    ++at;
    double value = 0.0;
    const auto [end, error] = std::from_chars(line.data() + at, line.data() + line.size(), value);
    ASSERT_TRUE(error == std::errc() && end == line.data() + line.size()) << line;
    EXPECT_EQ(value, value) << "NaN: " << line;
    if (out_.types[name] == "counter") {
      EXPECT_GE(value, 0.0) << line;
    }
    std::string series = name;
    for (const auto& [label, text] : labels) {
      series += (series == name ? "{" : ",") + label + "=\"" + text + "\"";
    }
    if (!labels.empty()) series += "}";
    EXPECT_TRUE(out_.samples.emplace(series, value).second) << "twice: " << line;
  }

  Exposition out_;
  std::string current_;
  std::set<std::string> seen_;
};

inline Exposition read_exposition(const std::string& text) { return ExpositionReader().read(text); }

}  // namespace layerwatt::exporter
