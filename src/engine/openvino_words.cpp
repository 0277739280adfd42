#include "engine/openvino_words.hpp"

#include <algorithm>

namespace layerwatt {
namespace {

constexpr std::size_t kLongest = 400;

bool is_noise(std::string_view line) {
  if (line.starts_with("Exception from ")) return true;
  if (line.starts_with("Check '")) return true;
  if (line.starts_with("FrontEnd API failed with ")) return true;
  // The signature of the node, which its friendly name in the next words makes superfluous.
  if (line.starts_with("While validating node ")) return true;
  return line == "Summary:";
}

std::string_view trimmed(std::string_view line) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = line.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return line.substr(first, line.find_last_not_of(kSpace) - first + 1);
}

// "While validating node '…' with friendly_name 'Convolution_4':" → "node 'Convolution_4'".
std::string_view friendly_name(std::string_view line) {
  constexpr std::string_view kKey = "with friendly_name '";
  const std::size_t key = line.find(kKey);
  if (key == std::string_view::npos) return {};
  const std::size_t begin = key + kKey.size();
  return line.substr(begin, line.find('\'', begin) - begin);
}

}  // namespace

std::string useful_part(std::string_view exception_text) {
  std::string words;
  for (std::size_t at = 0; at <= exception_text.size();) {
    const std::size_t end = std::min(exception_text.find('\n', at), exception_text.size());
    std::string_view line = trimmed(exception_text.substr(at, end - at));
    at = end + 1;
    if (line.starts_with("-- ")) line.remove_prefix(3);
    std::string said(line);
    if (is_noise(line)) {
      const std::string_view node = friendly_name(line);
      if (node.empty()) continue;
      said = "node '" + std::string(node) + "':";
    }
    if (said.empty()) continue;
    words += (words.empty() ? "" : " ") + said;
  }
  // Nothing but noise: better that than nothing.
  if (words.empty()) words = trimmed(exception_text);
  if (words.size() > kLongest) {
    std::size_t cut = kLongest;
    // Not inside a UTF-8 character.
    while (cut > 0 && (static_cast<unsigned char>(words[cut]) & 0xc0) == 0x80) --cut;
    words.resize(cut);
    words += " …";
  }
  return words;
}

std::optional<std::string> precision_of(std::string_view exec_type) {
  constexpr std::string_view kTypes[] = {"f64", "f32", "f16", "bf16", "f8e4m3", "f8e5m2", "i64",
                                         "i32", "i16", "i8",  "i4",   "u64",    "u32",    "u16",
                                         "u8",  "u4",  "u1",  "nf4",  "boolean"};
  const std::size_t cut = exec_type.rfind('_');
  if (cut == std::string_view::npos) return std::nullopt;
  const std::string_view suffix = exec_type.substr(cut + 1);
  if (std::find(std::begin(kTypes), std::end(kTypes), suffix) == std::end(kTypes)) {
    return std::nullopt;
  }
  return std::string(suffix);
}

std::string layer_name(const std::string& node, std::string_view originals,
                       const std::set<std::string, std::less<>>& known) {
  // What the ONNX reader splits "X" with a bias into: "X/WithoutBiases" and an addition named "X".
  constexpr std::string_view kSplit = "/WithoutBiases";
  std::string joined;
  for (std::size_t at = 0; at < originals.size();) {
    // The longest known name that starts here; up to the next comma when there is none.
    std::size_t end = std::min(originals.find(',', at), originals.size());
    std::string_view name = originals.substr(at, end - at);
    bool is_known = known.count(name) != 0;
    for (std::size_t longer = end; longer < originals.size();) {
      longer = std::min(originals.find(',', longer + 1), originals.size());
      const std::string_view candidate = originals.substr(at, longer - at);
      if (known.count(candidate) == 0) continue;
      is_known = true;
      name = candidate;
      end = longer;
    }
    at = end + 1;
    if (is_known && !name.ends_with(kSplit)) {
      joined += (joined.empty() ? "" : " + ") + std::string(name);
    }
  }
  return joined.empty() ? node : joined;
}

}  // namespace layerwatt
