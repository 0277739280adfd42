#include "fleet/hosts.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <filesystem>
#include <set>
#include <string_view>

#include "archive/names.hpp"
#include "core/whole_file.hpp"
#include "layerwatt/error.hpp"

namespace layerwatt::fleet {
namespace {

constexpr int kMostPort = 65535;
constexpr std::size_t kMostHostsFile = std::size_t{16} << 20;
// A name of DNS has 253 characters.
constexpr std::size_t kLongest = 300;
constexpr const char* kForms =
    "HOST, USER@HOST, HOST:PORT or [IPv6]:PORT; @FILE for a file of them";

bool only(std::string_view text, std::string_view more) {
  return !text.empty() && text.front() != '-' && std::all_of(text.begin(), text.end(), [&](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           more.find(c) != std::string_view::npos;
  });
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r";
  const auto begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

// Empty where it is understood, else why not.
std::string understand(std::string_view text, Target& host) {
  if (text.size() > kLongest) return "is longer than any host's name";
  host.given = text;
  std::string user;
  if (const auto at = text.rfind('@'); at != std::string_view::npos) {
    user = text.substr(0, at);
    if (!only(user, "._-")) return "its user is no name";
    text.remove_prefix(at + 1);
  }
  std::string_view port;
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos) return "its [ is not closed";
    const std::string_view rest = text.substr(close + 1);
    if (!rest.empty() && rest.front() != ':') return "after ] comes :PORT";
    if (!rest.empty()) port = rest.substr(1);
    if (!rest.empty() && port.empty()) return "its port is missing";
    text = text.substr(1, close - 1);
  } else if (std::count(text.begin(), text.end(), ':') == 1) {
    port = text.substr(text.find(':') + 1);
    if (port.empty()) return "its port is missing";
    text = text.substr(0, text.find(':'));
  }
  if (!only(text, "._-:%")) return "is no host";
  if (!port.empty()) {
    int number = 0;
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
    if (error != std::errc() || end != port.data() + port.size() || number < 1 ||
        number > kMostPort) {
      return "its port is not a number from 1 to 65535";
    }
    host.port = number;
  }
  host.address = text;
  host.destination = user.empty() ? host.address : user + "@" + host.address;
  host.name = archive::partition_value(host.port ? host.address + "_" + std::to_string(*host.port)
                                                 : host.address);
  return {};
}

class Hosts {
 public:
  void add(std::string_view text, ErrorKind kind, const std::string& where) {
    Target host;
    const std::string problem = understand(text, host);
    if (!problem.empty()) {
      throw Error(kind, "'" + std::string(text.substr(0, kLongest)) + "': " + problem, where,
                  kForms);
    }
    // Two runs at once on one board would measure each other.
    if (!names_.insert(host.name).second) {
      throw Error(kind, "'" + host.address + "' is there twice", where, "name each board once");
    }
    hosts_.push_back(std::move(host));
  }
  std::vector<Target> take() { return std::move(hosts_); }
  bool empty() const { return hosts_.empty(); }

 private:
  std::vector<Target> hosts_;
  std::set<std::string> names_;
};

}  // namespace

std::vector<Target> parse_hosts(const std::string& text) {
  Hosts hosts;
  if (!text.starts_with('@')) {
    std::string_view rest = text;
    while (true) {
      const auto comma = rest.find(',');
      hosts.add(trimmed(rest.substr(0, comma)), ErrorKind::usage, "HOSTS");
      if (comma == std::string_view::npos) return hosts.take();
      rest.remove_prefix(comma + 1);
    }
  }
  const std::string file = text.substr(1);
  const std::string content = read_whole_file(file, kMostHostsFile);
  std::string_view rest = content;
  for (std::size_t number = 1; !rest.empty(); ++number) {
    const auto newline = rest.find('\n');
    std::string_view line = rest.substr(0, newline);
    rest.remove_prefix(newline == std::string_view::npos ? rest.size() : newline + 1);
    line = trimmed(line.substr(0, line.find('#')));
    if (!line.empty()) {
      hosts.add(line, ErrorKind::bad_input, file + ":" + std::to_string(number));
    }
  }
  if (hosts.empty()) throw Error(ErrorKind::bad_input, "names no host", file, kForms);
  return hosts.take();
}

}  // namespace layerwatt::fleet
