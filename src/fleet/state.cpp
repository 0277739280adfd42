#include "fleet/state.hpp"

#include <nlohmann/json.hpp>
#include <ostream>

#include "core/json_depth.hpp"
#include "core/whole_file.hpp"
#include "layerwatt/error.hpp"

namespace layerwatt::fleet {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kSchema = "layerwatt.fleet/1";
constexpr std::size_t kMostBytes = std::size_t{64} << 20;
constexpr Status kStatuses[] = {Status::unfinished, Status::ok, Status::gate, Status::failed};

}  // namespace

HostState* State::find(const std::string& name) {
  for (HostState& host : hosts) {
    if (host.name == name) return &host;
  }
  return nullptr;
}

const char* to_string(Status status) noexcept {
  switch (status) {
    case Status::ok:
      return "ok";
    case Status::gate:
      return "gate";
    case Status::failed:
      return "failed";
    case Status::unfinished:
      break;
  }
  return "unfinished";
}

void write_state(std::ostream& out, const State& state) {
  Json hosts = Json::array();
  for (const HostState& host : state.hosts) {
    Json entry{{"host", host.host},      {"name", host.name},    {"status", to_string(host.status)},
               {"stage", nullptr},       {"exit_code", nullptr}, {"message", nullptr},
               {"seconds", host.seconds}};
    if (!host.stage.empty()) entry["stage"] = host.stage;
    if (host.exit_code) entry["exit_code"] = *host.exit_code;
    if (!host.message.empty()) entry["message"] = host.message;
    hosts.push_back(std::move(entry));
  }
  const Json document{{"schema", kSchema},
                      {"command", state.command},
                      {"copied", state.copied},
                      {"hosts", std::move(hosts)}};
  // What a host said may be any bytes.
  out << document.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
}

State read_state(const std::filesystem::path& file) {
  const std::string text = read_whole_file(file, kMostBytes);
  try {
    if (nests_deeper(text)) throw Error(ErrorKind::bad_input, "nests too deep");
    const Json document = Json::parse(text);
    if (document.at("schema") != kSchema) throw Error(ErrorKind::bad_input, "is no state");
    State state;
    state.command = document.at("command").get<std::vector<std::string>>();
    state.copied = document.at("copied").get<std::vector<std::string>>();
    for (const Json& entry : document.at("hosts")) {
      HostState host;
      host.host = entry.at("host").get<std::string>();
      host.name = entry.at("name").get<std::string>();
      for (const Status status : kStatuses) {
        if (entry.at("status") == to_string(status)) host.status = status;
      }
      if (entry.at("stage").is_string()) host.stage = entry["stage"].get<std::string>();
      if (entry.at("exit_code").is_number()) host.exit_code = entry["exit_code"].get<int>();
      if (entry.at("message").is_string()) host.message = entry["message"].get<std::string>();
      host.seconds = entry.at("seconds").get<double>();
      state.hosts.push_back(std::move(host));
    }
    return state;
  } catch (const std::exception& error) {
    throw Error(ErrorKind::bad_input, std::string("is no layerwatt.fleet/1: ") + error.what(),
                file.string(), "give another folder with -o");
  }
}

}  // namespace layerwatt::fleet
