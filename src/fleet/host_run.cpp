#include "fleet/host_run.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <mutex>
#include <system_error>
#include <thread>

#include "core/subprocess.hpp"
#include "layerwatt/error.hpp"
#include "layerwatt/report.hpp"

namespace layerwatt::fleet {
namespace {

using std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;

constexpr std::size_t kMostOutput = std::size_t{64} << 20;
constexpr std::size_t kMostLog = std::size_t{1} << 20;
constexpr milliseconds kSlice(50);
constexpr milliseconds kNoGrace(0);
constexpr milliseconds kSoon(5'000);
constexpr milliseconds kTidyTime(10'000);
constexpr int kSshFailed = 255;

std::string_view last_line(std::string_view text) {
  while (text.ends_with('\n')) text.remove_suffix(1);
  return text.substr(text.rfind('\n') + 1);
}

// Why a connection was ended from this side.
enum class Cut { no, stopped, timed_out, too_long };

struct Said {
  ExitStatus status;
  Cut cut = Cut::no;
  std::string output;
};

class HostRun {
 public:
  HostRun(const Target& target, const RunOptions& options) : options_(options) {
    outcome_.target = target;
  }

  Outcome run() {
    const auto begin = Steady::now();
    if (options_.timeout.count() > 0) deadline_ = begin + options_.timeout;
    try {
      go();
    } catch (const Error& error) {
      fail(error.where().empty() ? error.problem() : error.where() + ": " + error.problem());
    }
    if (!folder_.empty()) remove_folder();
    outcome_.seconds = std::chrono::duration<double>(Steady::now() - begin).count();
    return std::move(outcome_);
  }

 private:
  void go() {
    outcome_.stage = "connect";
    const std::string mark = new_mark();
    const Said prepared =
        over_ssh(prepare_command(mark, options_.program, !options_.copy.empty()), {}, kNoGrace);
    const bool reached = prepared.output.find(mark) != std::string::npos;
    if (reached || (prepared.cut == Cut::no && prepared.status.code != kSshFailed)) {
      outcome_.stage = "prepare";
    }
    if (failed(prepared)) return;
    if (!options_.copy.empty()) {
      folder_ = last_line(after_mark(prepared.output, mark));
      if (folder_.empty() || folder_.front() != '/') {
        folder_.clear();
        return fail("the host made no folder");
      }
    }
    outcome_.stage = "copy";
    for (const auto& file : options_.copy) {
      std::error_code unreadable;
      const auto bytes = std::filesystem::file_size(file, unreadable);
      if (unreadable) return fail(file.string() + ": " + unreadable.message());
      const Said copied =
          over_ssh(copy_command(folder_, file.filename().string(), bytes), file, kNoGrace);
      if (failed(copied)) return;
    }
    outcome_.stage = "run";
    if (stopped()) return fail("stopped before it was run");
    measure();
  }

  void measure() {
    const std::string mark = new_mark();
    std::vector<std::string> words{options_.program};
    words.insert(words.end(), options_.words.begin(), options_.words.end());
    const Said said = over_ssh(run_command(mark, folder_, words), {}, options_.grace);
    if (said.status.code != kSshFailed) folder_.clear();  // it was removed there
    const std::string_view json = after_mark(said.output, mark);
    const bool failed_there = failed(said);
    if (json.empty() && failed_there) return;
    try {
      outcome_.result = read_result_json(std::string(json), "the result");
      outcome_.json = json;
    } catch (const Error& error) {
      if (failed_there) return;
      outcome_.stage = "result";
      return fail(error.what());
    }
    // A result that came with a failure is part of one: only a gate leaves it whole.
    if (said.cut == Cut::no && said.status.code == exit_code(ErrorKind::gate)) {
      outcome_.status = Status::gate;
    } else if (!failed_there) {
      outcome_.status = Status::ok;
      outcome_.stage.clear();
      outcome_.message.clear();
    }
  }

  bool stopped() const {
    return options_.stop != nullptr && options_.stop->load(std::memory_order_relaxed);
  }

  void fail(const std::string& message) {
    outcome_.status = stopped() ? Status::unfinished : Status::failed;
    outcome_.message = message;
  }

  bool failed(const Said& said) {
    outcome_.exit_code = said.status.code;
    switch (said.cut) {
      case Cut::no:
        if (said.status.success()) return false;
        fail(telling_line(outcome_.log));
        if (outcome_.message.empty()) outcome_.message = said.status.describe();
        return true;
      case Cut::stopped:
        fail("stopped");
        return true;
      case Cut::timed_out:
        fail(fmt::format("timed out after {:g} s",
                         static_cast<double>(options_.timeout.count()) / 1000.0));
        return true;
      case Cut::too_long:
        fail(fmt::format("printed more than {} MiB", kMostOutput >> 20U));
        return true;
    }
    return true;
  }

  // stdin is a file, or stays open for as long as the other side is to live.
  Said over_ssh(const std::string& command, const std::filesystem::path& input,
                milliseconds grace) {
    SubprocessOptions options;
    options.command = ssh_words(options_.ssh, outcome_.target, command);
    options.separate = true;
    options.input = input;
    Subprocess ssh(options);
    Said said;
    Steady::time_point end = Steady::time_point::max();
    while (true) {
      std::string_view line;
      const Subprocess::Read read = ssh.read_line(line, kSlice);
      if (read == Subprocess::Read::end) break;
      if (read == Subprocess::Read::line || read == Subprocess::Read::cut_line) log(line);
      // What ssh leaves in the background (ControlPersist) may hold its stderr open.
      if (read == Subprocess::Read::timeout && ssh.poll()) break;
      const auto now = Steady::now();
      if (said.cut == Cut::no) {
        if (stopped()) said.cut = Cut::stopped;
        if (now >= deadline_) said.cut = Cut::timed_out;
        if (ssh.output_size() > kMostOutput) said.cut = Cut::too_long;
        if (said.cut == Cut::no) continue;
        // The other side ends what it runs, and tells what it has.
        ssh.close_input();
        end = now + grace;
      }
      if (now >= end || ssh.output_size() > kMostOutput) break;
    }
    // It has closed its stderr, and is about to end.
    if (Steady::now() < end) ssh.ends_within(kSoon);
    said.status = ssh.terminate();
    if (ssh.output_size() <= kMostOutput) said.output = ssh.output();
    return said;
  }

  void log(std::string_view line) {
    if (outcome_.log.size() + line.size() > kMostLog) return;
    outcome_.log += line;
    outcome_.log += '\n';
  }

  // Not what was asked for, and no reason to fail: the host may be gone.
  void remove_folder() {
    SubprocessOptions options;
    options.command = ssh_words(options_.ssh, outcome_.target, remove_command(folder_));
    try {
      Subprocess ssh(options);
      if (!ssh.ends_within(kTidyTime)) ssh.terminate();
    } catch (const Error&) {
    }
  }

  const RunOptions& options_;
  Outcome outcome_;
  Steady::time_point deadline_ = Steady::time_point::max();
  std::string folder_;
};

}  // namespace

Outcome run_on_host(const Target& target, const RunOptions& options) {
  return HostRun(target, options).run();
}

void run_on_hosts(const std::vector<Target>& targets, const RunOptions& options, std::size_t jobs,
                  const std::function<void(Outcome)>& done) {
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  const auto work = [&] {
    for (std::size_t i = next++; i < targets.size(); i = next++) {
      if (options.stop != nullptr && *options.stop) return;
      Outcome outcome = run_on_host(targets[i], options);
      const std::lock_guard lock(mutex);
      done(std::move(outcome));
    }
  };
  std::vector<std::thread> threads;
  for (std::size_t i = 1; i < std::min(jobs, targets.size()); ++i) threads.emplace_back(work);
  work();
  for (std::thread& thread : threads) thread.join();
}

std::string telling_line(const std::string& log) {
  constexpr std::string_view kError = "layerwatt: error: ";
  std::string_view rest = log;
  std::string_view last;
  std::string_view error;
  while (!rest.empty()) {
    const auto newline = rest.find('\n');
    std::string_view line = rest.substr(0, newline);
    rest.remove_prefix(newline == std::string_view::npos ? rest.size() : newline + 1);
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
    if (line.empty()) continue;
    last = line;
    if (line.starts_with(kError)) error = line.substr(kError.size());
  }
  return std::string(error.empty() ? last : error);
}

}  // namespace layerwatt::fleet
