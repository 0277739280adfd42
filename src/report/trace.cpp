// A timeline for ui.perfetto.dev and chrome://tracing, in the Trace Event Format (JSON).
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>

#include "layerwatt/report.hpp"
#include "layerwatt/units.hpp"
#include "layerwatt/version.hpp"
#include "report/result_json.hpp"
#include "report/stream.hpp"
#include "report/trace_sampling.hpp"
#include "report/words.hpp"

namespace layerwatt {
namespace {

using Json = nlohmann::ordered_json;

// Together some 30 MB, which the viewers open in seconds.
constexpr std::size_t kMostInferences = 20'000;
constexpr std::size_t kLayerBytes = 14'000'000;
constexpr std::size_t kBytesBesideName = 190;
constexpr std::size_t kMostCounterPoints = 90'000;

constexpr int kProcess = 1;
constexpr int kInferenceTrack = 1;
constexpr int kLayerTrack = 2;

std::string quoted(const std::string& text) { return json_text(text); }

std::string number(double value) {
  return std::isfinite(value) ? json_text(value) : std::string("null");
}

class Trace {
 public:
  Trace(std::ostream& out, const Result& result, const Recording& recording)
      : out_(out), result_(result), run_(recording.iterations), power_(recording.power) {
    if (run_.size() > 0) origin_ns_ = run_.start_ns.front();
    if (power_.size() > 0) {
      origin_ns_ =
          run_.size() > 0 ? std::min(origin_ns_, power_.time_ns.front()) : power_.time_ns.front();
    }
    inference_step_ = stride_for(std::max<std::size_t>(run_.size(), 1), kMostInferences);
    layer_step_ = step_of_layers();
  }

  void write() {
    out_ << "{\n\"displayTimeUnit\": \"ms\",\n\"otherData\": " << json_text(about())
         << ",\n\"traceEvents\": [";
    name("process_name", std::nullopt, "layerwatt: " + model());
    name("process_labels", std::nullopt, power_source_words(result_.sensor));
    name("thread_name", kInferenceTrack, "inferences");
    name("thread_name", kLayerTrack, "layers");
    event(fmt::format(R"("ph":"i","s":"p","ts":0,"tid":{},"name":{})", kInferenceTrack,
                      quoted("sampling: " + sampling())));
    inferences();
    counters();
    out_ << "\n]\n}\n";
  }

 private:
  std::string model() const {
    const Json engine = Json::parse(result_.engine_json, nullptr, false);
    for (const char* key : {"model", "spec", "name"}) {
      if (engine.is_object() && engine.contains(key) && engine[key].is_string()) {
        return engine[key].get<std::string>();
      }
    }
    return "a network";
  }

  // As many whole inferences as fit, a multiple of the inferences that are drawn at all.
  std::size_t step_of_layers() const {
    std::size_t bytes = 0;
    for (const std::string& layer : run_.layers) bytes += layer.size() + kBytesBesideName;
    const std::size_t most =
        std::max<std::size_t>(1, kLayerBytes / std::max<std::size_t>(bytes, 1));
    const std::size_t drawn = (run_.size() + inference_step_ - 1) / inference_step_;
    return inference_step_ * stride_for(std::max<std::size_t>(drawn, 1), most);
  }

  std::size_t counter_share() const {
    const std::size_t series = power_.rails.size() + 1 + power_.signals.size();
    return std::max<std::size_t>(2, kMostCounterPoints / series);
  }

  std::string sampling() const {
    if (run_.size() == 0 && power_.size() == 0) return "no recording: nothing to draw";
    const auto every = [](std::size_t step) {
      return step == 1 ? std::string("all") : fmt::format("one in {}", step);
    };
    return fmt::format("inferences {}, their layers {}, power {}", every(inference_step_),
                       every(layer_step_),
                       power_.size() <= counter_share()
                           ? std::string("all readings")
                           : fmt::format("the lowest and highest of each {} readings",
                                         stride_for(2 * power_.size(), counter_share())));
  }

  Json about() const {
    return {{"generator", std::string("layerwatt ") + LAYERWATT_VERSION},
            {"power", power_source_words(result_.sensor)},
            {"measured", result_.sensor.measured},
            {"scope", result_.sensor.scope},
            {"sampling", sampling()},
            {"inferences", run_.size()},
            {"readings", power_.size()},
            {"origin_unix_ns", std::to_string(origin_ns_)},
            {"energy", "the energy of a layer's slice is the layer's mean in one inference"}};
  }

  void event(const std::string& fields) {
    out_ << separator_ << R"({"pid":)" << kProcess << ',' << fields << '}';
    separator_ = ",\n";
  }

  void name(const char* what, std::optional<int> track, const std::string& text) {
    const bool labels = std::string_view(what) == "process_labels";
    event(fmt::format(R"("ph":"M",{}"name":"{}","args":{{"{}":{}}})",
                      track ? fmt::format("\"tid\":{},", *track) : std::string(), what,
                      labels ? "labels" : "name", quoted(text)));
  }

  // Microseconds since the trace began, to the nanosecond.
  std::string stamp(double ns) const { return fmt::format("{:.3f}", ns / 1000.0); }
  double since_origin_ns(std::int64_t time_ns) const {
    return static_cast<double>(time_ns - origin_ns_);
  }

  void slice(int track, const std::string& quoted_name, double begin_ns, double end_ns,
             const std::string& arguments) {
    event(fmt::format(R"("ph":"X","tid":{},"ts":{},"dur":{},"name":{},"args":{{{}}})", track,
                      stamp(begin_ns), stamp(end_ns - begin_ns), quoted_name, arguments));
  }

  void inferences() {
    const std::vector<std::string> names = slice_names();
    const std::vector<std::string> arguments = slice_arguments();
    const std::string energy =
        result_.total.energy_mj ? number(result_.total.energy_mj->mean) : std::string("null");
    for (std::size_t i = 0; i < run_.size(); i += inference_step_) {
      const double begin = since_origin_ns(run_.start_ns[i]);
      slice(kInferenceTrack, quoted(fmt::format("inference {}", i)), begin,
            since_origin_ns(run_.end_ns[i]), "\"mean_energy_mj\":" + energy);
      if (i % layer_step_ == 0) layers(i, begin, names, arguments);
    }
  }

  // Slices of a track must not overlap: where the layers' times add up to more than there is until
  // the next inference, the last ones are cut.
  void layers(std::size_t i, double begin, const std::vector<std::string>& names,
              const std::vector<std::string>& arguments) {
    const double limit = i + 1 < run_.size() ? since_origin_ns(run_.start_ns[i + 1])
                                             : since_origin_ns(run_.end_ns[i]);
    const auto row = run_.row(i);
    for (std::size_t j = 0; j < row.size() && begin < limit; ++j) {
      if (std::isnan(row[j])) continue;
      const double end = std::min(begin + row[j] * kNsPerMs, limit);
      slice(kLayerTrack, names[j], begin, end, arguments[j]);
      begin = end;
    }
  }

  std::vector<std::string> slice_names() const {
    std::vector<std::string> names;
    for (const std::string& layer : run_.layers) {
      names.push_back(quoted(layer.empty() ? "(no name)" : layer));
    }
    return names;
  }

  std::vector<std::string> slice_arguments() const {
    std::vector<std::string> all(run_.layers.size());
    for (std::size_t j = 0; j < all.size() && j < result_.layers.size(); ++j) {
      const LayerResult& layer = result_.layers[j];
      std::string& text = all[j];
      text = fmt::format("\"layer\":{}", j);
      if (layer.energy_mj) text += ",\"mean_energy_mj\":" + number(layer.energy_mj->mean);
      if (layer.energy_mj && layer.energy_mj->ci95) {
        text += fmt::format(",\"energy_ci95_mj\":\"{:.4g} to {:.4g}\"", layer.energy_mj->ci95->lo,
                            layer.energy_mj->ci95->hi);
      }
      if (layer.power_mw) text += ",\"mean_power_mw\":" + number(layer.power_mw->mean);
      if (layer.type) text += ",\"type\":" + quoted(*layer.type);
      if (layer.reason) text += ",\"reason\":" + quoted(*layer.reason);
    }
    return all;
  }

  void counter(const std::string& series, const char* unit, double at_ns, double value) {
    event(fmt::format(R"("ph":"C","ts":{},"name":{},"args":{{"{}":{}}})", stamp(at_ns), series,
                      unit, number(value)));
  }

  // A counter keeps its value until the next one, so a reading stands from its stamp on.
  void counters() {
    std::vector<double> values(power_.size());
    const auto write_series = [&](const std::string& series) {
      for (const std::size_t i : extremes(values, counter_share())) {
        counter(quoted(series), "W", since_origin_ns(power_.time_ns[i]), values[i] / 1000.0);
      }
    };
    if (power_.has_total()) {
      for (std::size_t i = 0; i < values.size(); ++i) values[i] = power_.total_mw(i);
      write_series("power: total");
    }
    for (std::size_t rail = 0; rail < power_.rails.size(); ++rail) {
      for (std::size_t i = 0; i < values.size(); ++i) values[i] = power_.row(i)[rail];
      write_series("power: " + power_.rails[rail].name);
    }
    for (const Signal& signal : power_.signals) {
      for (const std::size_t i : extremes(signal.values, counter_share())) {
        counter(quoted(signal.name), signal.unit.c_str(), since_origin_ns(signal.time_ns[i]),
                signal.values[i]);
      }
    }
  }

  std::ostream& out_;
  const Result& result_;
  const Iterations& run_;
  const PowerSamples& power_;
  std::int64_t origin_ns_ = 0;
  std::size_t inference_step_ = 1;
  std::size_t layer_step_ = 1;
  const char* separator_ = "\n";
};

void write_trace(std::ostream& out, const Result& result, const Recording& recording,
                 const ReportOptions&) {
  Trace(out, result, recording).write();
  finish(out, "trace");
}

}  // namespace

ReportBackend trace_report() {
  return {"trace", "a timeline for Perfetto or chrome://tracing", write_trace};
}

}  // namespace layerwatt
