#include "fleet/remote.hpp"

#include <random>

#include "core/shell_quoted.hpp"

namespace layerwatt::fleet {
namespace {

constexpr const char* kPrepare = R"sh(printf '%s\n' "$1"
command -v "$2" >/dev/null 2>&1 || { echo "$2: not found on this host" >&2; exit 127; }
"$2" --version </dev/null || exit
[ -n "$3" ] || exit 0
umask 077
mktemp -d "${TMPDIR:-/tmp}/layerwatt-fleet.XXXXXX")sh";

constexpr const char* kCopy = R"sh(cat >"$1/$2" && [ "$(wc -c <"$1/$2")" -eq "$3" ] && exit 0
rm -rf -- "$1"
echo "$2 was not copied whole" >&2
exit 1)sh";

constexpr const char* kRun = R"sh(mark=$1 folder=$2
shift 2
if [ -n "$folder" ]; then cd -- "$folder" || exit 1; fi
printf '%s\n' "$mark"
exec 3<&0
"$@" </dev/null 3<&- &
command=$!
{
  while read -r line <&3; do :; done
  kill -TERM $command
  for second in 1 2 3 4 5 6 7 8 9 10; do
    kill -0 $command || exit
    sleep 1
  done
  kill -KILL $command
} >/dev/null 2>&1 &
watcher=$!
exec 3<&-
wait $command
status=$?
kill $watcher 2>/dev/null
if [ -n "$folder" ]; then cd / && rm -rf -- "$folder"; fi
exit $status)sh";

constexpr const char* kRemove = R"sh(rm -rf -- "$1")sh";

std::string script(const char* text, const std::vector<std::string>& arguments) {
  // The login shell may be another; this one is in every system.
  std::string line = "exec sh -c " + shell_quoted(text) + " sh";
  for (const std::string& argument : arguments) line += " " + shell_quoted(argument);
  return line;
}

}  // namespace

std::vector<std::string> ssh_words(const SshSettings& settings, const Target& host,
                                   const std::string& command) {
  std::vector<std::string> words{settings.program, "-T"};
  const auto option = [&](const std::string& text) {
    words.emplace_back("-o");
    words.push_back(text);
  };
  // A question would wait for an answer that nobody gives. Of an option given twice, ssh takes the
  // first: this one is not to be changed, the others are.
  option("BatchMode=yes");
  for (const std::string& given : settings.options) option(given);
  for (const char* own :
       {"ConnectTimeout=10", "ServerAliveInterval=15", "ServerAliveCountMax=4", "LogLevel=ERROR",
        "ForwardAgent=no", "ForwardX11=no", "ClearAllForwardings=yes", "EscapeChar=none"}) {
    option(own);
  }
  if (host.port) {
    words.emplace_back("-p");
    words.push_back(std::to_string(*host.port));
  }
  words.emplace_back("--");
  words.push_back(host.destination);
  words.push_back(command);
  return words;
}

std::string prepare_command(const std::string& mark, const std::string& program, bool with_folder) {
  return script(kPrepare, {mark, program, with_folder ? "folder" : ""});
}

std::string copy_command(const std::string& folder, const std::string& name, std::uintmax_t bytes) {
  return script(kCopy, {folder, name, std::to_string(bytes)});
}

std::string run_command(const std::string& mark, const std::string& folder,
                        const std::vector<std::string>& words) {
  std::vector<std::string> arguments{mark, folder};
  arguments.insert(arguments.end(), words.begin(), words.end());
  return script(kRun, arguments);
}

std::string remove_command(const std::string& folder) { return script(kRemove, {folder}); }

std::string new_mark() {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::random_device random;
  std::string mark = "layerwatt-fleet-";
  for (int i = 0; i < 24; ++i) mark += kDigits[random() % kDigits.size()];
  return mark;
}

std::string_view after_mark(std::string_view output, const std::string& mark) {
  const std::string line = mark + "\n";
  for (auto at = output.find(line); at != std::string_view::npos; at = output.find(line, at + 1)) {
    if (at == 0 || output[at - 1] == '\n') return output.substr(at + line.size());
  }
  return {};
}

}  // namespace layerwatt::fleet
