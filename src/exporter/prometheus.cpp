#include "exporter/prometheus.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <mutex>

#include "core/dynlib.hpp"
#include "core/module_path.hpp"
#include "layerwatt/error.hpp"

namespace layerwatt::exporter {
namespace {

#define LAYERWATT_STRING2(x) #x
#define LAYERWATT_STRING(x) LAYERWATT_STRING2(x)

constexpr int kMostPort = 65535;

bool is_ip(int family, const std::string& host) {
  in6_addr bytes{};
  return ::inet_pton(family, host.c_str(), &bytes) == 1;
}

}  // namespace

const Prometheus& open_prometheus(const Host& host) {
  // Stays open until the program ends: the server has threads of its own.
  static std::mutex mutex;
  static const Prometheus* opened = nullptr;
  const std::lock_guard lock(mutex);
  const std::filesystem::path file = find_module(host.sys, "prometheus");
  if (file.empty()) {
    const std::string why = LAYERWATT_PROMETHEUS_MISSING;
    throw Error(ErrorKind::io, "this layerwatt cannot export to Prometheus", "export",
                why.empty() ? "liblayerwatt_prometheus.so was not found: set LAYERWATT_MODULE_PATH "
                              "to its folder"
                            : why);
  }
  if (opened != nullptr) return *opened;
  try {
    static auto& library = *new DynamicLibrary(file);
    using Entry = const Prometheus* (*)();
    const auto entry = library.find_function<Entry>(LAYERWATT_STRING(LAYERWATT_PROMETHEUS_MODULE));
    if (entry == nullptr) {
      throw Error(ErrorKind::io, "is a module of another layerwatt version", file.string(),
                  "install the module and the program from the same build");
    }
    return *(opened = entry());
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::io) throw;
    throw Error(ErrorKind::io, error.problem(), error.where(),
                "apt-get install libprometheus-cpp-pull1.0, or build again");
  }
}

std::string ListenAddress::text() const {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

ListenAddress parse_listen_address(const std::string& text) {
  const auto wrong = [&](const std::string& why) {
    return Error(ErrorKind::usage, why, "--prometheus " + text,
                 ":9464 (this machine alone), 0.0.0.0:9464 (every network)");
  };
  const auto colon = text.rfind(':');
  if (colon == std::string::npos) throw wrong("is not [ADDR]:PORT");
  ListenAddress address;
  const char* const begin = text.data() + colon + 1;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(begin, end, address.port);
  if (error != std::errc() || stop != end || address.port < 0 || address.port > kMostPort) {
    throw wrong("its port is not a number from 0 to 65535");
  }
  std::string host = text.substr(0, colon);
  if (host.empty() || host == "localhost") host = "127.0.0.1";
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
    if (!is_ip(AF_INET6, host)) throw wrong("'" + host + "' is no IPv6 address");
    address.loopback = host == "::1";
  } else {
    if (!is_ip(AF_INET, host)) throw wrong("'" + host + "' is no IP address");
    address.loopback = host.rfind("127.", 0) == 0;
  }
  address.host = host;
  return address;
}

void check_can_listen(const ListenAddress& address) {
  sockaddr_storage where{};
  socklen_t length = sizeof(sockaddr_in);
  auto* const v4 = reinterpret_cast<sockaddr_in*>(&where);
  if (::inet_pton(AF_INET, address.host.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(static_cast<std::uint16_t>(address.port));
  } else {
    auto* const v6 = reinterpret_cast<sockaddr_in6*>(&where);
    ::inet_pton(AF_INET6, address.host.c_str(), &v6->sin6_addr);
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(static_cast<std::uint16_t>(address.port));
    length = sizeof(sockaddr_in6);
  }
  const int socket = ::socket(where.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int error = errno;
  if (socket >= 0) {
    const int yes = 1;
    // As the server does: a port that another one left a moment ago is free.
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    error =
        ::bind(socket, reinterpret_cast<sockaddr*>(&where), length) == 0 && ::listen(socket, 1) == 0
            ? 0
            : errno;
    ::close(socket);
  }
  if (error == 0) return;
  throw Error(ErrorKind::io, std::string("cannot listen: ") + std::strerror(error), address.text(),
              error == EADDRINUSE ? "another program has this port; `ss -ltnp` tells which"
              : error == EACCES   ? "ports below 1024 are for root; give another"
                                  : "give an address of this machine");
}

}  // namespace layerwatt::exporter
