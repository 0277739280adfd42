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

Json parse_list(std::string_view json, const std::string& where, const char* option) {
  if (nests_deeper(json)) throw bad("is nested too deeply", where, option);
  Json list = Json::parse(json, nullptr, false);
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

std::vector<TrtexecTime> parse_trtexec_times(std::string_view json, const std::string& where) {
  constexpr const char* kOption = "--exportTimes";
  std::vector<TrtexecTime> times;
  for (const Json& item : parse_list(json, where, kOption)) {
    const auto begin = item.is_object() ? number(item, "startComputeMs") : std::nullopt;
    const auto end = item.is_object() ? number(item, "endComputeMs") : std::nullopt;
    if (!begin || !end || *begin < 0.0 || *end < *begin) {
      throw bad("has an inference without times", where, kOption);
    }
    // "Out" was D2H's name up to 8.4.
    double done = *end;
    for (const char* key : {"endD2hMs", "endOutputMs"}) {
      done = std::max(done, number(item, key).value_or(0.0));
    }
    times.push_back({*begin, *end, done});
  }
  if (times.empty()) throw bad("has no inference", where, kOption);
  std::stable_sort(times.begin(), times.end(), [](const TrtexecTime& a, const TrtexecTime& b) {
    return a.compute_start_ms < b.compute_start_ms;
  });
  for (std::size_t i = 0; i + 1 < times.size(); ++i) {
    const double next = times[i + 1].compute_start_ms;
    // Events are right to half a microsecond.
    if (times[i].compute_end_ms > next + 1e-3) {
      throw Error(ErrorKind::bad_input, "has inferences that ran beside each other", where,
                  "run trtexec with one stream: --infStreams=1 (--streams=1 before 8.6)");
    }
    times[i].compute_end_ms = std::min(times[i].compute_end_ms, next);
    times[i].end_ms = std::min(times[i].end_ms, next);
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

std::int64_t trtexec_begin_by_file_time(const std::vector<TrtexecTime>& times,
                                        std::int64_t written_ns) {
  return written_ns - std::llround(times.back().end_ms * kNsPerMs);
}

}  // namespace layerwatt
