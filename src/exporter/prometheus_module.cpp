// Compiled into liblayerwatt_prometheus.so, over prometheus-cpp.
#include <prometheus/collectable.h>
#include <prometheus/exposer.h>
#include <prometheus/text_serializer.h>

#include <exception>
#include <utility>

#include "exporter/prometheus.hpp"
#include "layerwatt/error.hpp"

namespace layerwatt::exporter {
namespace {

std::vector<prometheus::MetricFamily> converted(const std::vector<Family>& families) {
  std::vector<prometheus::MetricFamily> all;
  for (const Family& family : families) {
    prometheus::MetricFamily one;
    one.name = family.metric->name;
    one.help = family.metric->help;
    const bool counter = family.metric->type == MetricType::counter;
    one.type = counter ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge;
    for (const Sample& sample : family.samples) {
      prometheus::ClientMetric metric;
      for (const auto& [name, value] : sample.labels) metric.label.push_back({name, value});
      (counter ? metric.counter.value : metric.gauge.value) = sample.value;
      one.metric.push_back(std::move(metric));
    }
    all.push_back(std::move(one));
  }
  return all;
}

class Collected final : public prometheus::Collectable {
 public:
  explicit Collected(exporter::Collect collect) : collect_(std::move(collect)) {}
  std::vector<prometheus::MetricFamily> Collect() const override { return converted(collect_()); }

 private:
  exporter::Collect collect_;
};

class ExposerServer final : public Server {
 public:
  ExposerServer(const std::string& address, Collect collect)
      : collected_(std::make_shared<Collected>(std::move(collect))),
        // A client that says nothing must not hold a thread for long.
        exposer_(std::vector<std::string>{"listening_ports", address, "num_threads", "4",
                                          "request_timeout_ms", "5000"}) {
    exposer_.RegisterCollectable(collected_);
  }
  int port() const override {
    const std::vector<int> ports = exposer_.GetListeningPorts();
    return ports.empty() ? 0 : ports.front();
  }

 private:
  std::shared_ptr<Collected> collected_;
  prometheus::Exposer exposer_;
};

std::string text(const std::vector<Family>& families) {
  const prometheus::TextSerializer serializer;
  return serializer.prometheus::Serializer::Serialize(converted(families));
}

std::unique_ptr<Server> serve(const std::string& address, Collect collect) {
  try {
    return std::make_unique<ExposerServer>(address, std::move(collect));
  } catch (const std::exception& failed) {
    // The program has looked whether the address can be listened on; so it is the server that
    // cannot.
    throw Error(ErrorKind::io, std::string("cannot serve: ") + failed.what(), address,
                address.front() == '[' ? "civetweb may be built without IPv6, as Debian's is: give "
                                         "an IPv4 address"
                                       : "");
  }
}

}  // namespace
}  // namespace layerwatt::exporter

extern "C" __attribute__((visibility("default"))) const layerwatt::exporter::Prometheus*
LAYERWATT_PROMETHEUS_MODULE() {
  static const layerwatt::exporter::Prometheus prometheus{&layerwatt::exporter::text,
                                                          &layerwatt::exporter::serve};
  return &prometheus;
}
