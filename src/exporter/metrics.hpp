// What the exporter tells: THE list of its metrics, and samples of them. Names and units as
// Prometheus has them: watts, joules, seconds, `_total` for what only grows.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace layerwatt::exporter {

enum class MetricType { gauge, counter };

struct Metric {
  const char* name;
  MetricType type;
  const char* help;
};

// Every one, in the order in which they are told; docs/export.md and the dashboard in fleet/ are
// held to it by tests.
std::span<const Metric> metrics();

using Labels = std::vector<std::pair<std::string, std::string>>;

struct Sample {
  Labels labels;
  double value = 0.0;
};

struct Family {
  const Metric* metric = nullptr;
  std::vector<Sample> samples;
};

// Samples by metric. What is not known is not there: never 0, never NaN.
class Families {
 public:
  Families();
  // Left out where the value is no finite number. Label values are made safe; labels whose value is
  // empty are left out, as Prometheus takes them for the same. Throws std::logic_error for a name
  // that is not in the list: a mistake in the program.
  void add(std::string_view name, Labels labels, double value);
  // Those that have samples, in the order of the list.
  std::vector<Family> take() &&;

 private:
  std::vector<Family> families_;
};

// UTF-8 of at most kMostLabelBytes: bytes that are not UTF-8 become U+FFFD, what is too long loses
// its middle, since both ends of a layer's name tell layers apart. Never cuts through a character.
std::string label_value(std::string_view text);
inline constexpr std::size_t kMostLabelBytes = 96;

}  // namespace layerwatt::exporter
