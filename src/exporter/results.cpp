#include "exporter/results.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>
#include <system_error>

#include "archive/schema.hpp"
#include "core/whole_file.hpp"
#include "layerwatt/error.hpp"
#include "layerwatt/report.hpp"

namespace layerwatt::exporter {
namespace {

namespace fs = std::filesystem;

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
constexpr double kPerMilli = 1e-3;
constexpr std::size_t kMostBytes = std::size_t{256} << 20;

template <class T>
double mean(const Known<T>& value) {
  return value ? value->mean : kUnknown;
}

std::string text_of(const std::string& document, const char* key) {
  const auto json = nlohmann::json::parse(document, nullptr, false);
  if (!json.is_object()) return {};
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// Not the device's name: of some recordings it is the host's.
Labels identity(const Result& result) {
  const bool measured = result.sensor.measured && !archive::is_simulated(result);
  return {{"model", archive::model_name(result)},
          {"engine", text_of(result.engine_json, "name")},
          {"precision", text_of(result.engine_json, "precision")},
          {"sensor", result.sensor.kind},
          {"measured", measured ? "true" : "false"}};
}

// As they will be told: what is cut to the same label is the same.
std::string key_of(const Result& result) {
  std::string key;
  for (const auto& [label, text] : identity(result)) key += label_value(text) + '\0';
  return key;
}

Labels with(Labels labels, std::initializer_list<std::pair<std::string, std::string>> more) {
  labels.insert(labels.end(), more.begin(), more.end());
  return labels;
}

double unix_s(const fs::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return kUnknown;
  return static_cast<double>(status.st_mtim.tv_sec) +
         static_cast<double>(status.st_mtim.tv_nsec) / 1e9;
}

}  // namespace

void collect_result(Families& out, const Result& result, double written_unix_s,
                    std::size_t max_layers) {
  const Labels labels = identity(result);
  out.add("layerwatt_result_info",
          with(labels, {{"method", to_string(result.method)}, {"scope", result.sensor.scope}}),
          1.0);
  out.add("layerwatt_result_timestamp_seconds", labels, written_unix_s);
  out.add("layerwatt_result_layers", labels, static_cast<double>(result.layers.size()));
  out.add("layerwatt_inference_time_seconds", labels, mean(result.total.time_ms) * kPerMilli);
  out.add("layerwatt_inference_energy_joules", labels, mean(result.total.energy_mj) * kPerMilli);
  out.add("layerwatt_outside_layers_energy_joules", labels,
          mean(result.outside_layers.energy_mj) * kPerMilli);

  std::vector<const LayerResult*> order;
  for (const LayerResult& layer : result.layers) order.push_back(&layer);
  // Those without energy last, by time.
  std::stable_sort(order.begin(), order.end(), [](const LayerResult* a, const LayerResult* b) {
    if (a->energy_mj.has_value() != b->energy_mj.has_value()) return a->energy_mj.has_value();
    if (a->energy_mj) return a->energy_mj->mean > b->energy_mj->mean;
    return (a->time_ms ? a->time_ms->mean : -1.0) > (b->time_ms ? b->time_ms->mean : -1.0);
  });
  const std::size_t named = std::min(max_layers, order.size());
  for (std::size_t i = 0; i < named; ++i) {
    const LayerResult& layer = *order[i];
    const Labels own = with(labels, {{"layer_index", std::to_string(layer.index)},
                                     {"layer", layer.name},
                                     {"reason", layer.reason.value_or("")}});
    out.add("layerwatt_layer_time_seconds", own, mean(layer.time_ms) * kPerMilli);
    out.add("layerwatt_layer_energy_joules", own, mean(layer.energy_mj) * kPerMilli);
  }
  if (named < order.size()) {
    // NaN stays NaN: a sum of which a part is not known is not known.
    double time_ms = 0.0;
    double energy_mj = 0.0;
    for (std::size_t i = named; i < order.size(); ++i) {
      time_ms += mean(order[i]->time_ms);
      energy_mj += mean(order[i]->energy_mj);
    }
    const Labels other = with(labels, {{"layer", "other"}});
    out.add("layerwatt_layer_time_seconds", other, time_ms * kPerMilli);
    out.add("layerwatt_layer_energy_joules", other, energy_mj * kPerMilli);
  }
  const auto without = std::count_if(order.begin(), order.end(),
                                     [](const LayerResult* layer) { return !layer->energy_mj; });
  out.add("layerwatt_layers_without_energy", labels, static_cast<double>(without));
}

ResultFiles::ResultFiles(std::vector<fs::path> files, std::optional<fs::path> folder,
                         std::size_t max_layers)
    : files_(std::move(files)), folder_(std::move(folder)), max_layers_(max_layers) {}

// The folder's in the order in which they were written, the last first.
std::vector<std::pair<fs::path, ResultFiles::Stamp>> ResultFiles::present() const {
  std::vector<std::pair<fs::path, Stamp>> found;
  std::error_code failed;
  const auto look = [&](const fs::path& file) {
    Stamp stamp;
    stamp.written = fs::last_write_time(file, failed);
    if (!failed) stamp.bytes = fs::file_size(file, failed);
    if (!failed) found.emplace_back(file, stamp);
  };
  if (folder_) {
    for (auto entry = fs::directory_iterator(*folder_, failed);
         !failed && entry != fs::directory_iterator(); entry.increment(failed)) {
      const fs::path& file = entry->path();
      // What begins with a dot is not finished, or not for us.
      if (file.extension() == ".json" && file.filename().string().front() != '.') look(file);
    }
    std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
      return a.second.written != b.second.written ? a.second.written > b.second.written
                                                  : a.first < b.first;
    });
  }
  for (const fs::path& file : files_) look(file);
  return found;
}

std::vector<std::string> ResultFiles::refresh() {
  std::vector<std::string> problems;
  std::set<fs::path> wanted;
  bool folder_done = !folder_;
  for (const auto& [file, stamp] : present()) {
    const bool named = std::find(files_.begin(), files_.end(), file) != files_.end();
    if (!named && folder_done) continue;
    wanted.insert(file);
    const auto known = known_.find(file);  // written by this thread alone
    if (known == known_.end() || known->second.stamp != stamp) {
      Read read{stamp, std::nullopt, unix_s(file)};
      try {
        read.result = read_result_json(read_whole_file(file, kMostBytes), file.string());
      } catch (const Error& error) {
        problems.push_back(error.what());
      }
      const std::lock_guard lock(mutex_);
      known_[file] = std::move(read);
    }
    // One that cannot be read (another program's JSON) does not hide the one before it.
    if (!named && known_[file].result) folder_done = true;
  }
  const std::lock_guard lock(mutex_);
  for (auto entry = known_.begin(); entry != known_.end();) {
    entry = wanted.count(entry->first) != 0 ? std::next(entry) : known_.erase(entry);
  }
  return problems;
}

void ResultFiles::collect(Families& out) const {
  if (files_.empty() && !folder_) return;
  const std::lock_guard lock(mutex_);
  std::map<std::string, const Read*> latest;
  std::size_t unreadable = 0;
  for (const auto& [file, known] : known_) {
    if (!known.result) {
      ++unreadable;
      continue;
    }
    const auto [place, added] = latest.emplace(key_of(*known.result), &known);
    if (!added && known.stamp.written > place->second->stamp.written) place->second = &known;
  }
  for (const auto& [key, known] : latest) {
    collect_result(out, *known->result, known->written_unix_s, max_layers_);
  }
  // A file that is named and gone counts too.
  for (const auto& file : files_) unreadable += known_.count(file) == 0 ? 1U : 0U;
  out.add("layerwatt_results_unreadable", {}, static_cast<double>(unreadable));
}

}  // namespace layerwatt::exporter
