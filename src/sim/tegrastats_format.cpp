#include "sim/tegrastats_format.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <iterator>

namespace layerwatt::sim {

std::string tegrastats_problem(const Spec& spec) {
  for (const RailSpec& rail : spec.rails) {
    if (rail.name.find_first_of(" \t\r\n@") != std::string::npos) {
      return "the rail \"" + rail.name + "\" has a space or an @ in its name";
    }
  }
  const bool has_date = spec.sensor.style != TegrastatsStyle::bare;
  if (!has_date && spec.sensor.tegrastats_tokens.rfind("RAM ", 0) != 0) {
    return "tegrastats_tokens does not begin with RAM, and this style has no date";
  }
  if (spec.sensor.tegrastats_tokens.find_first_of("\r\n") != std::string::npos) {
    return "tegrastats_tokens holds more than one line";
  }
  return {};
}

TegrastatsFormat::TegrastatsFormat(const Spec& spec, PrintedTime printed_time)
    : style_(spec.sensor.style),
      tokens_(spec.sensor.tegrastats_tokens),
      printed_time_(printed_time),
      sum_mw_(spec.rails.size(), 0),
      max_mw_(spec.rails.size(), 0) {
  for (const RailSpec& rail : spec.rails) rails_.push_back(rail.name);
}

std::string TegrastatsFormat::line(std::int64_t unix_ns, std::span<const double> values) {
  ++lines_;
  std::string text;
  const auto out = std::back_inserter(text);
  // L4T printed no date before R34.
  if (style_ != TegrastatsStyle::bare) {
    const auto second = static_cast<std::time_t>(unix_ns / 1'000'000'000);
    const std::tm time =
        printed_time_ == PrintedTime::local ? fmt::localtime(second) : fmt::gmtime(second);
    fmt::format_to(out, "{:%m-%d-%Y %H:%M:%S}", time);
  }
  if (!tokens_.empty()) fmt::format_to(out, "{}{}", text.empty() ? "" : " ", tokens_);
  for (std::size_t rail = 0; rail < rails_.size(); ++rail) {
    const std::int64_t now_mw = std::llround(values[rail]);
    sum_mw_[rail] += now_mw;
    max_mw_[rail] = std::max(max_mw_[rail], now_mw);
    const std::int64_t mean_mw = sum_mw_[rail] / lines_;
    fmt::format_to(out, "{}{} ", text.empty() ? "" : " ", rails_[rail]);
    switch (style_) {
      case TegrastatsStyle::bare:
        fmt::format_to(out, "{}/{}", now_mw, mean_mw);
        break;
      case TegrastatsStyle::milliwatt:
        fmt::format_to(out, "{}mW/{}mW", now_mw, mean_mw);
        break;
      case TegrastatsStyle::maximum:
        fmt::format_to(out, "{}mW/{}mW/{}mW", now_mw, mean_mw, max_mw_[rail]);
        break;
    }
  }
  return text;
}

}  // namespace layerwatt::sim
