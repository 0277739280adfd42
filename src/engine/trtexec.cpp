#include "engine/trtexec.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/json_depth.hpp"
#include "engine/two_passes.hpp"
#include "layerwatt/error.hpp"
#include "layerwatt/units.hpp"

namespace layerwatt {
namespace {

using Json = nlohmann::json;

Error bad(const std::string& what, const std::string& where, const char* option) {
  return Error(ErrorKind::bad_input, what, where,
               std::string("give the file of trtexec ") + option + "=F");
}

// trtexec writes names and numbers as they are: a quote in a layer's name, or a share of a total
// that is 0, makes its file no JSON. One layer is one line of one form, by which both are found.
std::string mended(std::string_view text) {
  constexpr std::string_view kBefore = "\"name\" : \"";
  constexpr std::string_view kAfter = "\", \"timeMs\" : ";
  std::string json;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const std::size_t before = line.find(kBefore);
    const std::size_t after = line.rfind(kAfter);
    if (before == std::string_view::npos || after == std::string_view::npos ||
        after < before + kBefore.size()) {
      json.append(line).append("\n");
      continue;
    }
    const std::size_t name = before + kBefore.size();
    json.append(line.substr(0, name - 1));
    json.append(Json(std::string(line.substr(name, after - name)))
                    .dump(-1, ' ', false, Json::error_handler_t::replace));
    std::string numbers(line.substr(after + 1));
    for (const std::string_view word : {"-nan", "nan", "-inf", "inf"}) {
      for (std::size_t at = 0; (at = numbers.find(word, at)) != std::string::npos;) {
        numbers.replace(at, word.size(), "null");
      }
    }
    json.append(numbers).append("\n");
  }
  return json;
}

// By how much a stamp can be off that trtexec printed: it gives six digits.
double printed_step_ms(double stamp_ms) {
  return stamp_ms < 1.0 ? 1e-6 : std::pow(10.0, std::floor(std::log10(stamp_ms)) - 5.0);
}

Json parse_list(std::string_view json, const std::string& where, const char* option) {
  if (nests_deeper(json)) throw bad("is nested too deeply", where, option);
  Json list = Json::parse(json, nullptr, false);
  if (list.is_discarded()) {
    const std::string again = mended(json);
    // What was text before can be brackets now.
    if (nests_deeper(again)) throw bad("is nested too deeply", where, option);
    list = Json::parse(again, nullptr, false);
  }
  if (list.is_discarded()) throw bad("is not JSON, or is cut short", where, option);
  if (!list.is_array()) throw bad("is not trtexec's list", where, option);
  return list;
}

std::optional<double> number(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number()) return std::nullopt;
  const double value = found->get<double>();
  return std::isfinite(value) ? std::optional<double>(value) : std::nullopt;
}

}  // namespace

TrtexecProfile parse_trtexec_profile(std::string_view json, const std::string& where) {
  constexpr const char* kOption = "--exportProfile";
  TrtexecProfile profile;
  for (const Json& item : parse_list(json, where, kOption)) {
    if (!item.is_object()) throw bad("has an entry that is no layer", where, kOption);
    if (const auto count = number(item, "count")) {
      // Beyond what a double counts one by one, and beyond what fits in an integer.
      constexpr double kMostInferences = 1e15;
      if (*count > kMostInferences)
        throw bad("has a count of inferences that cannot be", where, kOption);
      profile.count = static_cast<std::size_t>(std::max(*count, 0.0));
      continue;
    }
    const auto name = item.find("name");
    // Before 8.2 there was no averageMs.
    std::optional<double> ms = number(item, "averageMs");
    if (!ms && profile.count > 0) {
      if (const auto total = number(item, "timeMs")) {
        ms = *total / static_cast<double>(profile.count);
      }
    }
    if (name == item.end() || !name->is_string() || !ms || *ms < 0.0) {
      throw bad("has a layer without a name or a time", where, kOption);
    }
    profile.layers.push_back(name->get<std::string>());
    profile.mean_ms.push_back(*ms);
  }
  if (profile.layers.empty()) throw bad("has no layer", where, kOption);
  return profile;
}

namespace {

// The duration under `key`, where it says the same as the stamps but finer; else theirs.
double finer(const Json& item, const char* key, double by_stamps_ms, double step_ms) {
  const std::optional<double> ms = number(item, key);
  return ms && *ms >= 0.0 && std::abs(*ms - by_stamps_ms) <= 2.0 * step_ms ? *ms : by_stamps_ms;
}

TrtexecTime time_of(const Json& item, const std::string& where) {
  const auto begin = item.is_object() ? number(item, "startComputeMs") : std::nullopt;
  const auto end = item.is_object() ? number(item, "endComputeMs") : std::nullopt;
  if (!begin || !end || *begin < 0.0 || *end < *begin) {
    throw bad("has an inference without times", where, "--exportTimes");
  }
  // "Out" was D2H's name in 7.
  double done = *end;
  for (const char* key : {"endD2hMs", "endOutMs"}) {
    done = std::max(done, number(item, key).value_or(0.0));
  }
  // 30 years. Beyond 300 a stamp in ns would not fit.
  constexpr double kLongestMs = 1e12;
  if (done > kLongestMs) throw bad("has a time that cannot be", where, "--exportTimes");
  // After ten seconds stamps are printed to a tenth of a millisecond, durations as fine as ever.
  const double step = printed_step_ms(done);
  const double compute = finer(item, "computeMs", *end - *begin, step);
  const double copies = finer(item, "d2hMs", done - *end, step);
  return {*begin, *begin + compute, *begin + compute + copies};
}

}  // namespace

std::vector<TrtexecTime> parse_trtexec_times(std::string_view json, const std::string& where) {
  constexpr const char* kOption = "--exportTimes";
  std::vector<TrtexecTime> times;
  for (const Json& item : parse_list(json, where, kOption)) {
    times.push_back(time_of(item, where));
  }
  if (times.empty()) throw bad("has no inference", where, kOption);
  std::stable_sort(times.begin(), times.end(), [](const TrtexecTime& a, const TrtexecTime& b) {
    return a.compute_start_ms < b.compute_start_ms;
  });
  for (std::size_t i = 1; i < times.size(); ++i) {
    TrtexecTime& before = times[i - 1];
    // An inference begins when the one before has ended, as far as a printed stamp can be wrong;
    // events themselves are right to half a microsecond.
    const double late_ms = before.compute_end_ms - times[i].compute_start_ms;
    if (late_ms > printed_step_ms(times[i].compute_start_ms) + 1e-3) {
      throw Error(ErrorKind::bad_input, "has inferences that ran beside each other", where,
                  "run trtexec with one stream: --infStreams=1 (--streams=1 before 8.6)");
    }
    if (late_ms > 0.0) {
      times[i].compute_start_ms += late_ms;
      times[i].compute_end_ms += late_ms;
      times[i].end_ms += late_ms;
    }
    before.end_ms = std::min(before.end_ms, times[i].compute_start_ms);
  }
  return times;
}

Iterations trtexec_iterations(const TrtexecProfile& profile, const std::vector<TrtexecTime>& times,
                              std::int64_t begin_ns) {
  Iterations iterations;
  iterations.layers = profile.layers;
  std::vector<double> layer_ms;
  for (const TrtexecTime& time : times) {
    iterations.start_ns.push_back(begin_ns + std::llround(time.compute_start_ms * kNsPerMs));
    iterations.end_ns.push_back(begin_ns + std::llround(time.end_ms * kNsPerMs));
    fit_layers(profile.mean_ms, time.compute_end_ms - time.compute_start_ms, layer_ms);
    iterations.layer_ms.insert(iterations.layer_ms.end(), layer_ms.begin(), layer_ms.end());
  }
  return iterations;
}

double trtexec_stamp_step_ms(const std::vector<TrtexecTime>& times) {
  return printed_step_ms(times.back().compute_start_ms);
}

std::int64_t trtexec_begin_by_file_time(const std::vector<TrtexecTime>& times,
                                        std::int64_t written_ns) {
  return written_ns - std::llround(times.back().end_ms * kNsPerMs);
}

}  // namespace layerwatt
