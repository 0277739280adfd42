// The hosts of a fleet, as the user names them.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace layerwatt::fleet {

struct Target {
  std::string given;        // "root@bench-1:2222"
  std::string destination;  // for ssh: "root@bench-1"
  std::optional<int> port;  // empty: what ssh's own configuration says
  std::string address;      // "bench-1": what the board is known by
  std::string name;         // of its files: "bench-1", "bench-1_2222"
};

// "a,b,user@c:2222,[::1]:22", or "@FILE": one a line, blank lines and what follows a # left out.
// Letters, digits and ". _ - : %" alone: what ssh puts into a command of its configuration must
// mean nothing to a shell, and no host is an option. Throws Error(usage), and Error(bad_input)
// naming file and line, for what is no host and for one that is there twice.
std::vector<Target> parse_hosts(const std::string& text);

}  // namespace layerwatt::fleet
