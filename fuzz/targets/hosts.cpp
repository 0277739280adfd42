// A file of hosts, as `layerwatt fleet run @FILE` takes it.
#include "fleet/hosts.hpp"

#include <set>
#include <string>

#include "fuzz/targets.hpp"

namespace layerwatt::fuzz {

void fuzz_hosts(std::string_view bytes) {
  try {
    std::set<std::string> names;
    for (const fleet::Target& host : fleet::parse_hosts("@" + as_file(bytes).string())) {
      require(!host.destination.empty() && host.destination.front() != '-', "a host is an option");
      require(host.address.find_first_of(" \t'\"`$&|;<>()\\*?") == std::string::npos,
              "a host means something to a shell");
      require(!host.name.empty() && host.name != "." && host.name != ".." &&
                  host.name.find('/') == std::string::npos,
              "a host is no name for a file");
      require(!host.port || (*host.port >= 1 && *host.port <= 65535), "a port out of range");
      require(names.insert(host.name).second, "a board that is there twice");
    }
  } catch (const Error& error) {
    require_useful(error);
  }
}

}  // namespace layerwatt::fuzz
