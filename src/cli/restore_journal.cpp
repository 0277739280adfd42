#include "cli/restore_journal.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>
#include <system_error>

#include "core/json_depth.hpp"
#include "layerwatt/error.hpp"

namespace layerwatt::cli {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* kFormat = "layerwatt-restore";
constexpr const char* kPrefix = "restore-";
constexpr int kStartField = 22;  // of /proc/PID/stat, in ticks since the boot

std::string first_line(const fs::path& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  return line;
}

// A process's number is given again, within one boot and after it; its start is not.
std::string start_of(long process) {
  std::string stat = first_line(fmt::format("/proc/{}/stat", process));
  // The program's name is in brackets and may hold anything.
  const auto name_end = stat.rfind(')');
  if (name_end == std::string::npos) return {};
  std::istringstream fields(stat.substr(name_end + 1));
  std::string field;
  for (int i = 3; i <= kStartField; ++i) fields >> field;
  return field;
}

std::string boot() { return first_line("/proc/sys/kernel/random/boot_id"); }

std::string now_utc() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

bool is_running(const Json& journal) {
  const long process = journal.at("process").get<long>();
  return journal.at("boot") == boot() && journal.at("start") == start_of(process);
}

constexpr std::size_t kMostText = std::size_t{1} << 20;  // bytes

// Its commands are run as they stand: only what nobody else can have written is believed. Under
// sudo the folder may be that of the user, who must not have root run what he likes. Asked of the
// open file: a name can stand for another one a moment later. Empty for what is not ours.
std::string text_if_ours(const fs::path& file) {
  // O_NONBLOCK: a pipe of this name must not keep the program waiting.
  const int in = ::open(file.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (in < 0) return {};
  std::string text;
  struct stat status {};
  if (::fstat(in, &status) == 0 && S_ISREG(status.st_mode) && status.st_uid == ::geteuid() &&
      (status.st_mode & (S_IWGRP | S_IWOTH)) == 0) {
    char block[4096];
    ssize_t got = 0;
    while (text.size() <= kMostText && (got = ::read(in, block, sizeof block)) > 0) {
      text.append(block, static_cast<std::size_t>(got));
    }
  }
  ::close(in);
  if (text.size() > kMostText) text.clear();
  return text;
}

Error cannot_write(const fs::path& file, const std::string& why) {
  return Error(ErrorKind::io, "cannot note how to restore the machine: " + why, file.string(),
               "set XDG_STATE_HOME to a folder that you may write to");
}

std::string random_suffix() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}", random(), random());
}

// Written, and on the disk: a machine that loses power must find it. A new file under a name that
// cannot be foreseen, then renamed: under sudo the folder's owner may have put a link there that
// points to a file of root's, or a file of his own, into which root would write its commands.
void write_through(const fs::path& file, const std::string& text) {
  const fs::path unfinished =
      file.parent_path() / ("." + file.filename().string() + "." + random_suffix() + ".tmp");
  const int out =
      ::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (out < 0) throw cannot_write(file, std::strerror(errno));
  const ssize_t written = ::write(out, text.data(), text.size());
  const bool cut = written >= 0 && written != static_cast<ssize_t>(text.size());
  const bool whole =
      !cut && written >= 0 && ::fsync(out) == 0 && ::rename(unfinished.c_str(), file.c_str()) == 0;
  const int number = errno;
  ::close(out);
  if (!whole) {
    ::unlink(unfinished.c_str());
    throw cannot_write(file, cut ? "the disk is full" : std::strerror(number));
  }
  const int folder = ::open(file.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return;
  ::fsync(folder);
  ::close(folder);
}

}  // namespace

fs::path journal_folder(const SysRoot& sys) {
  const std::string state = sys.env("XDG_STATE_HOME").value_or("");
  if (!state.empty()) return fs::path(state) / "layerwatt";
  const std::string home = sys.env("HOME").value_or("");
  if (!home.empty()) return fs::path(home) / ".local" / "state" / "layerwatt";
  throw Error(ErrorKind::usage, "there is no folder to note how to restore the machine",
              "XDG_STATE_HOME, HOME", "set one of them");
}

fs::path write_journal(const fs::path& folder, const std::vector<std::string>& commands) {
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed) throw cannot_write(folder, failed.message());
  const long process = ::getpid();
  const Json journal{
      {"format", kFormat},          {"version", 1},   {"started", now_utc()}, {"process", process},
      {"start", start_of(process)}, {"boot", boot()}, {"commands", commands}};
  const fs::path file = folder / fmt::format("{}{}.json", kPrefix, process);
  // Two of one process's number: this process is the later, so the earlier one is gone.
  write_through(file, journal.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
  return file;
}

std::vector<UnfinishedSweep> unfinished_sweeps(const fs::path& folder) {
  std::vector<UnfinishedSweep> found;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder, none)) {
    if (!entry.path().filename().string().starts_with(kPrefix)) continue;
    const std::string text = text_if_ours(entry.path());
    if (text.empty() || nests_deeper(text)) continue;
    const Json journal = Json::parse(text, nullptr, false);
    try {
      if (!journal.is_object() || journal.value("format", "") != kFormat) continue;
      if (is_running(journal)) continue;
      found.push_back({entry.path(), journal.at("started").get<std::string>(),
                       journal.at("commands").get<std::vector<std::string>>()});
    } catch (const Json::exception&) {
      continue;  // not one of ours
    }
  }
  std::sort(found.begin(), found.end(), [](const UnfinishedSweep& a, const UnfinishedSweep& b) {
    return a.started > b.started;
  });
  return found;
}

}  // namespace layerwatt::cli
