#include "cli/sweep_settings.hpp"

#include <algorithm>
#include <cctype>

#include "cli/shell.hpp"
#include "layerwatt/error.hpp"

namespace layerwatt::cli {
namespace {

constexpr std::string_view kPlace = "{}";
constexpr std::size_t kPartsOfCustom = 4;

bool is_number(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isdigit(c) != 0 || c == '.';
  });
}

void require_numbers(const char* flag, const std::vector<std::string>& values) {
  for (const std::string& value : values) {
    if (!is_number(value)) {
      throw Error(ErrorKind::usage, "'" + value + "' is no number", flag, "for example 0,2");
    }
  }
}

}  // namespace

std::vector<std::string> split_values(const std::string& flag, const std::string& text) {
  std::vector<std::string> values;
  std::size_t begin = 0;
  for (;;) {
    const std::size_t comma = text.find(',', begin);
    values.push_back(text.substr(begin, comma - begin));
    if (values.back().empty()) {
      throw Error(ErrorKind::usage, "'" + text + "' has an empty value", flag, "for example 1,2,4");
    }
    if (comma == std::string::npos) return values;
    begin = comma + 1;
  }
}

std::vector<MachineSetting> machine_settings(const SettingFlags& flags) {
  std::vector<MachineSetting> settings;
  const std::string sudo = flags.sudo ? "sudo " : "";
  const std::string smi = "nvidia-smi -i " + std::to_string(flags.device);
  if (!flags.nvpmodel.empty()) {
    require_numbers("--nvpmodel", flags.nvpmodel);
    // `nvpmodel -q` ends with the number of the mode on a line of its own.
    settings.push_back({"nvpmodel", flags.nvpmodel, sudo + "nvpmodel -m {}", sudo + "nvpmodel -q",
                        sudo + "nvpmodel -m {}"});
  }
  if (!flags.power_cap.empty()) {
    require_numbers("--power-cap", flags.power_cap);
    settings.push_back({"power cap, W", flags.power_cap, sudo + smi + " -pl {}",
                        smi + " --query-gpu=power.limit --format=csv,noheader,nounits",
                        sudo + smi + " -pl {}"});
  }
  if (!flags.gpu_clock.empty()) {
    require_numbers("--gpu-clock", flags.gpu_clock);
    // Which clocks were locked before cannot be asked for: they are given free.
    settings.push_back(
        {"GPU clock, MHz", flags.gpu_clock, sudo + smi + " -lgc {},{}", "", sudo + smi + " -rgc"});
  }
  for (std::size_t i = 0; i + kPartsOfCustom <= flags.custom.size(); i += kPartsOfCustom) {
    const auto part = flags.custom.begin() + static_cast<std::ptrdiff_t>(i);
    settings.push_back({part[0], split_values("--setting", part[1]), part[2], "", part[3]});
  }
  return settings;
}

std::optional<std::string> value_now(int code, const std::string& output) {
  const std::string last = output.substr(output.rfind('\n') + 1);  // npos + 1 is 0
  if (code != 0 || !is_number(last)) return std::nullopt;
  return last;
}

std::string filled(const std::string& command, const std::string& value) {
  std::string text = command;
  const std::string quoted = shell_quoted(value);
  for (std::size_t at = text.find(kPlace); at != std::string::npos;
       at = text.find(kPlace, at + quoted.size())) {
    text.replace(at, kPlace.size(), quoted);
  }
  return text;
}

}  // namespace layerwatt::cli
