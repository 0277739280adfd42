// Prometheus' text and its HTTP server, which live in a loadable module
// (liblayerwatt_prometheus.so, over prometheus-cpp), so that a build and a machine without it do
// everything else.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "exporter/metrics.hpp"
#include "layerwatt/host.hpp"

// The number is the version of this interface: it changes when Prometheus or Family does.
#define LAYERWATT_PROMETHEUS_MODULE layerwatt_prometheus_module_1

namespace layerwatt::exporter {

// Serves until it is destroyed.
class Server {
 public:
  virtual ~Server() = default;
  virtual int port() const = 0;
};

using Collect = std::function<std::vector<Family>()>;

struct Prometheus {
  std::string (*text)(const std::vector<Family>& families) = nullptr;
  // `collect` is called from threads of the server, one at a time; must not throw. Throws
  // Error(io).
  std::unique_ptr<Server> (*serve)(const std::string& address, Collect collect) = nullptr;
};

// Opened once, and kept. Throws Error(io) that says what is missing and the command for it.
const Prometheus& open_prometheus(const Host& host);

// ":9464", "127.0.0.1:9464", "localhost:9464", "[::1]:9464", "0.0.0.0:9464".
struct ListenAddress {
  std::string host;  // an IP address; loopback where none was given
  int port = 0;      // 0: any that is free
  bool loopback = true;

  std::string text() const;  // "127.0.0.1:9464", "[::1]:9464"
};

// Throws Error(usage).
ListenAddress parse_listen_address(const std::string& text);

// Throws Error(io) with the system's words where nobody could listen there: the server's own say
// only that it failed.
void check_can_listen(const ListenAddress& address);

}  // namespace layerwatt::exporter
