#include "sensor/nvml_choice.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "layerwatt/error.hpp"

namespace layerwatt {
namespace {

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> words;
  std::size_t begin = 0;
  while (begin <= text.size()) {
    const std::size_t comma = std::min(text.find(',', begin), text.size());
    std::string word = text.substr(begin, comma - begin);
    word.erase(0, word.find_first_not_of(' '));
    word.erase(word.find_last_not_of(' ') + 1);
    if (!word.empty()) words.push_back(std::move(word));
    begin = comma + 1;
  }
  return words;
}

std::string list(std::span<const GpuName> gpus) {
  std::string text;
  for (const GpuName& gpu : gpus) {
    text += (text.empty() ? "" : "; ") + gpu.uuid + " (" + gpu.name + ")";
  }
  return text;
}

std::size_t by_uuid(std::span<const GpuName> gpus, const std::string& start,
                    const std::string& where) {
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < gpus.size(); ++i) {
    if (gpus[i].uuid.compare(0, start.size(), start) != 0) continue;
    if (found) {
      throw Error(ErrorKind::usage, "'" + start + "' is the start of more than one GPU's UUID",
                  where, list(gpus));
    }
    found = i;
  }
  if (!found) {
    throw Error(ErrorKind::usage, "no GPU has the UUID '" + start + "'", where,
                "there are: " + list(gpus));
  }
  return *found;
}

std::size_t by_number(std::span<const GpuName> gpus, int number, const std::string& where) {
  if (number < 0 || static_cast<std::size_t>(number) >= gpus.size()) {
    throw Error(ErrorKind::usage, "there is no GPU " + std::to_string(number), where,
                "there are: " + list(gpus));
  }
  return static_cast<std::size_t>(number);
}

bool all_alike(std::span<const GpuName> gpus) {
  return std::all_of(gpus.begin(), gpus.end(),
                     [&](const GpuName& gpu) { return gpu.name == gpus.front().name; });
}

// CUDA's device `device` in NVML's order.
std::size_t as_cuda_counts(std::span<const GpuName> gpus, int device,
                           const std::optional<std::string>& visible, bool pci_order,
                           std::string& note) {
  int number = device;
  if (visible && !visible->empty()) {
    const std::vector<std::string> words = split(*visible);
    if (static_cast<std::size_t>(device) >= words.size()) {
      throw Error(ErrorKind::usage, "there is no GPU " + std::to_string(device), "--device",
                  "CUDA_VISIBLE_DEVICES shows " + std::to_string(words.size()));
    }
    const std::string& word = words[static_cast<std::size_t>(device)];
    note = "CUDA_VISIBLE_DEVICES=" + *visible;
    if (word.starts_with("GPU-")) return by_uuid(gpus, word, "CUDA_VISIBLE_DEVICES");
    const auto [end, failed] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (failed != std::errc() || end != word.data() + word.size()) {
      throw Error(ErrorKind::usage, "'" + word + "' is no whole GPU", "CUDA_VISIBLE_DEVICES",
                  "NVML gives power for whole GPUs alone: name one with --sensor nvml:GPU-…");
    }
  }
  if (gpus.size() > 1 && !pci_order && !all_alike(gpus)) {
    note += std::string(note.empty() ? "" : "; ") +
            "CUDA counts the fastest GPU first and NVML by PCI address: if this is another GPU "
            "than the engine's, set CUDA_DEVICE_ORDER=PCI_BUS_ID";
  }
  return by_number(gpus, number, "--device");
}

}  // namespace

NvmlChoice choose_gpus(std::span<const GpuName> gpus, int device,
                       const std::optional<std::string>& argument,
                       const std::optional<std::string>& cuda_visible_devices,
                       const std::optional<std::string>& cuda_device_order) {
  NvmlChoice choice;
  for (const std::string& word : split(argument.value_or(""))) {
    if (word == "energy") {
      choice.reading = NvmlReading::energy;
    } else if (word == "power" || word == "instant") {
      choice.reading = NvmlReading::instant;
    } else if (word == "average") {
      choice.reading = NvmlReading::average;
    } else if (word == "all") {
      for (std::size_t i = 0; i < gpus.size(); ++i) choice.gpus.push_back(i);
    } else if (word.starts_with("GPU-")) {
      choice.gpus.push_back(by_uuid(gpus, word, "--sensor nvml"));
    } else {
      throw Error(ErrorKind::usage, "nvml knows no '" + word + "'", "--sensor nvml",
                  "it takes energy, power, average, all and GPU-UUIDs, with commas between");
    }
  }
  std::sort(choice.gpus.begin(), choice.gpus.end());
  choice.gpus.erase(std::unique(choice.gpus.begin(), choice.gpus.end()), choice.gpus.end());
  if (choice.gpus.empty()) {
    choice.gpus.push_back(as_cuda_counts(gpus, device, cuda_visible_devices,
                                         cuda_device_order == "PCI_BUS_ID", choice.note));
  }
  return choice;
}

}  // namespace layerwatt
