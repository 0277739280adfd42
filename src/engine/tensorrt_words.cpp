#include "engine/tensorrt_words.hpp"

#include <algorithm>
#include <cctype>

namespace layerwatt {
namespace {

struct Cause {
  const char* words;  // anywhere in the log, compared without case
  ErrorKind kind;
  const char* problem;
  const char* hint;
};

constexpr const char* kRebuild =
    "build it here, from the model: layerwatt build MODEL.onnx -o FILE (a plan fits one version of "
    "TensorRT and one kind of GPU)";
constexpr const char* kPlugin = "give the library that has it: --plugin FILE.so";
constexpr const char* kAskSanitizer =
    "a kernel failed, often a plugin's: compute-sanitizer layerwatt … names it";
constexpr const char* kDla = "dla";
constexpr const char* kMemory = "end what else uses the GPU, or give smaller shapes";

// First match wins; the log's own words follow in every case.
constexpr Cause kCauses[] = {
    {"out of memory", ErrorKind::engine, "out of device memory", kMemory},
    {"outofmemory", ErrorKind::engine, "out of device memory", kMemory},
    {"cannot find plugin", ErrorKind::bad_input, "needs a plugin that is not loaded", kPlugin},
    {"could not find plugin", ErrorKind::bad_input, "needs a plugin that is not loaded", kPlugin},
    {"plugin registry", ErrorKind::bad_input, "needs a plugin that is not loaded", kPlugin},
    {"plugin not found", ErrorKind::bad_input, "needs a plugin that is not loaded", kPlugin},
    {"getplugincreator", ErrorKind::bad_input, "needs a plugin that is not loaded", kPlugin},
    {"version tag does not match", ErrorKind::bad_input, "is a plan of another TensorRT version",
     kRebuild},
    {"expecting library version", ErrorKind::bad_input, "is a plan of another TensorRT version",
     kRebuild},
    {"serialization version", ErrorKind::bad_input, "is a plan of another TensorRT version",
     kRebuild},
    {"old deserialization call", ErrorKind::bad_input, "is a plan of another TensorRT version",
     kRebuild},
    {"expecting compute", ErrorKind::bad_input, "is a plan for another GPU", kRebuild},
    {"incompatible device", ErrorKind::bad_input, "is a plan for another GPU", kRebuild},
    {"different models of devices", ErrorKind::bad_input, "is a plan for another GPU", kRebuild},
    {"compute capability", ErrorKind::bad_input, "is a plan for another GPU", kRebuild},
    {"platform", ErrorKind::bad_input, "is a plan for another platform", kRebuild},
    {"magic tag does not match", ErrorKind::bad_input, "is not a TensorRT plan",
     "give the file that trtexec or `layerwatt build` wrote"},
    {"magictag", ErrorKind::bad_input, "is not a TensorRT plan",
     "give the file that trtexec or `layerwatt build` wrote"},
    {"nvdla", ErrorKind::engine, "the DLA refused it",
     "leave --dla-core out, or build the engine with GPU fallback: layerwatt build --dla N"},
    {kDla, ErrorKind::engine, "the DLA refused it",
     "leave --dla-core out, or build the engine with GPU fallback: layerwatt build --dla N"},
    {"lean runtime", ErrorKind::bad_input, "is a version-compatible plan with a runtime inside",
     "build it without --versionCompatible: layerwatt runs no host code from a plan"},
    {"host code", ErrorKind::bad_input, "is a version-compatible plan with a runtime inside",
     "build it without --versionCompatible: layerwatt runs no host code from a plan"},
};

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// Whether `words` stand in `text` by themselves: DLA-34, dla34 and idlanes are no accelerator.
bool mentions(const std::string& text, std::string_view words) {
  const auto in_a_word = [&](std::size_t at) {
    const char c = at < text.size() ? text[at] : ' ';
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-';
  };
  for (std::size_t at = 0; (at = text.find(words, at)) != std::string::npos; ++at) {
    if ((at == 0 || !in_a_word(at - 1)) && !in_a_word(at + words.size())) return true;
  }
  return false;
}

// "1: [stdArchiveReader.cpp::check::54] Error Code 1: Serialization (Version tag does not match…)"
// without the place in TensorRT's source, or "6: The engine plan file…" without its number.
std::string without_place(std::string text) {
  const std::string::size_type code = text.find("Error Code ");
  if (code != std::string::npos) {
    const std::string::size_type colon = text.find(": ", code);
    if (colon != std::string::npos) text = text.substr(colon + 2);
  } else if (const auto digits = text.find_first_not_of("0123456789");
             digits != 0 && digits != std::string::npos && text.compare(digits, 2, ": ") == 0) {
    text = text.substr(digits + 2);
  }
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

}  // namespace

Error explain_tensorrt(const std::vector<std::string>& log, const std::string& doing,
                       const std::string& where, const std::string& cuda) {
  std::string all = lower(cuda) + "\n";
  for (const std::string& line : log) all += lower(line) + "\n";
  // The first error is the cause, what follows are its consequences.
  std::string said = log.empty() ? "" : without_place(log.front());
  if (!cuda.empty()) said += (said.empty() ? "CUDA: " : "; CUDA: ") + cuda;
  for (const Cause& known : kCauses) {
    const bool short_word = known.words == kDla;
    if (short_word ? !mentions(all, kDla) : all.find(known.words) == std::string::npos) continue;
    return Error(known.kind, known.problem + std::string(said.empty() ? "" : ": ") + said, where,
                 known.hint);
  }
  if (said.empty()) {
    return Error(ErrorKind::engine, doing + " failed, and TensorRT did not say why", where);
  }
  return Error(ErrorKind::engine, doing + " failed: " + said, where,
               cuda.empty() ? "" : kAskSanitizer);
}

std::vector<Warning> loading_warnings(const std::vector<std::string>& log) {
  std::vector<Warning> warnings;
  for (const std::string& line : log) {
    const std::string words = lower(line);
    // On every run of every program that does not set CUDA_MODULE_LOADING.
    if (words.find("lazy loading") != std::string::npos) continue;
    const bool other_gpu = words.find("different models of devices") != std::string::npos;
    warnings.push_back({other_gpu ? "plan_of_other_gpu" : "tensorrt_said",
                        "TensorRT: " + without_place(line), other_gpu ? kRebuild : ""});
  }
  return warnings;
}

namespace {

// What neither a plan nor a model is.
std::string something_else(std::string_view start, std::uint64_t size, const std::string& wanted) {
  if (size == 0) return "is empty";
  if (start.starts_with("version https://git-lfs")) {
    return "is a git LFS pointer, not the file itself (git lfs pull)";
  }
  if (start.starts_with("PK\x03\x04")) return "is a zip archive, not " + wanted;
  if (start.starts_with("\x1f\x8b")) return "is gzip-compressed, not " + wanted;
  const bool text = std::all_of(start.begin(), start.end(), [](char c) {
    return std::isprint(static_cast<unsigned char>(c)) != 0 ||
           std::isspace(static_cast<unsigned char>(c)) != 0;
  });
  return text ? "is text, not " + wanted : "";
}

}  // namespace

std::string not_a_plan(std::string_view start, std::uint64_t size) {
  if (std::string what = something_else(start, size, "a TensorRT plan"); !what.empty()) return what;
  // ONNX: field 1 (IR version) as a small number, then usually field 2, the producer's name.
  if (start.size() > 3 && start[0] == 0x08 && start[1] > 0 && start[1] < 32 &&
      (start[2] == 0x12 || start[2] == 0x3a || start[2] == 0x42)) {
    return "is an ONNX model, not a TensorRT plan";
  }
  if (size < 64) return "is too short for a TensorRT plan";
  return {};
}

std::string not_an_onnx_model(std::string_view start, std::uint64_t size) {
  if (std::string what = something_else(start, size, "an ONNX model"); !what.empty()) return what;
  // "ptrt" of TensorRT 8, "ftrt" of 10, "vtrt" of TensorRT-RTX.
  if (!start.empty() && start.substr(1, 3) == "trt") {
    return "is a TensorRT plan already, not an ONNX model";
  }
  return {};
}

std::string onnx_hint(std::string_view said) {
  const std::string words = lower(std::string(said));
  for (const char* operator_word : {"importer", "plugin", "unsupported", "operator"}) {
    if (words.find(operator_word) != std::string::npos) {
      return "an operator that TensorRT lacks needs its plugin: --plugin FILE.so";
    }
  }
  return "the file may be damaged, cut short, or without its external data: python3 -c \"import "
         "onnx; onnx.checker.check_model('FILE')\" tells";
}

DlaPart dla_part(std::string_view name) {
  if (name.ends_with(" from nvm")) return DlaPart::wait;
  if (name.ends_with(" to nvm")) return DlaPart::copy_in;
  return DlaPart::none;
}

bool names_are_numbers(const std::vector<std::string>& names) {
  return !names.empty() && std::all_of(names.begin(), names.end(), [](const std::string& name) {
    return !name.empty() && std::all_of(name.begin(), name.end(),
                                        [](unsigned char c) { return std::isdigit(c) != 0; });
  });
}

std::string tensorrt_version(int number) {
  // Since 10.0 there are two digits for the minor and two for the patch version.
  const int major = number < 10000 ? number / 1000 : number / 10000;
  const int minor = number < 10000 ? number / 100 % 10 : number / 100 % 100;
  const int patch = number % 100;
  return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch);
}

}  // namespace layerwatt
