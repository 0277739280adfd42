// Lines of a child process, each stamped when it arrived, into a file: `epoch_seconds::line`.
// In C++ so that neither the stamps nor the reading wait for the GIL.
#include <fcntl.h>
#include <fmt/format.h>
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/vector.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "bindings.hpp"
#include "core/subprocess.hpp"
#include "core/whole_file.hpp"
#include "interruptible.hpp"

namespace layerwatt::python {
namespace {

using std::chrono::milliseconds;

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

// The wall clock, since the windows that callers filter by are time.time() calls.
double unix_seconds() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

class LineLog {
 public:
  LineLog(std::vector<std::string> command, std::filesystem::path file)
      : command_(std::move(command)), path_(std::move(file)) {}
  ~LineLog() {
    const nb::gil_scoped_release no_gil;
    end();
  }
  LineLog(const LineLog&) = delete;
  LineLog& operator=(const LineLog&) = delete;

  // Returns when the first line is in the file. Throws Error(sensor) where the child ends, or says
  // nothing for so long.
  void start(double timeout_s) {
    if (reader_.joinable()) throw Error(ErrorKind::usage, "is running already", "tegrastats", "");
    // Not a new file that is renamed at the end: it is read while it grows.
    const int opened = ::open(link_target(path_).c_str(),
                              O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (opened < 0) throw Error(ErrorKind::io, "cannot be written", path_.string(), "");
    file_.reset(::fdopen(opened, "w"));
    SubprocessOptions options;
    options.command = command_;
    child_.emplace(options);
    lines_ = 0;
    ended_ = false;
    reader_ = std::thread([this] { read(); });
    Interruptible waiting;
    waiting.run([&] { wait_for_line(timeout_s, waiting.stop()); });
    waiting.rethrow_unless_keyboard();
  }

  void stop() {
    const nb::gil_scoped_release no_gil;
    end();
  }

  std::size_t lines() const { return lines_; }
  int pid() const { return child_ ? static_cast<int>(child_->pid()) : 0; }

 private:
  void read() {
    std::string_view line;
    for (;;) {
      const Subprocess::Read got = child_->read_line(line, milliseconds(-1));
      if (got == Subprocess::Read::end || got == Subprocess::Read::interrupted) break;
      if (got != Subprocess::Read::line) continue;  // a cut line is no sample
      const std::string text = fmt::format("{:.7f}::{}\n", unix_seconds(), line);
      std::fwrite(text.data(), 1, text.size(), file_.get());
      std::fflush(file_.get());
      ++lines_;
    }
    ended_ = true;
  }

  void wait_for_line(double timeout_s, const std::atomic<bool>& stop) {
    const auto deadline =
        std::chrono::steady_clock::now() + std::chrono::duration<double>(timeout_s);
    while (lines_ == 0 && !ended_ && std::chrono::steady_clock::now() < deadline) {
      if (stop) break;
      std::this_thread::sleep_for(milliseconds(2));
    }
    if (stop) {
      end();
      throw Error(ErrorKind::interrupted, "interrupted before the first line");
    }
    if (lines_ > 0) return;
    const bool ended = ended_;
    end();
    throw Error(ErrorKind::sensor, ended ? "ended without a line" : "printed nothing",
                fmt::format("{}", command_.front()), "run it in a terminal to see why");
  }

  void end() {
    if (!reader_.joinable()) return;
    child_->interrupt();
    reader_.join();
    child_.reset();  // ends what we started, and no other tegrastats
    file_.reset();
  }

  std::vector<std::string> command_;
  std::filesystem::path path_;
  std::unique_ptr<std::FILE, CloseFile> file_;
  std::optional<Subprocess> child_;
  std::thread reader_;
  std::atomic<std::size_t> lines_{0};
  std::atomic<bool> ended_{false};
};

}  // namespace

void bind_line_log(nb::module_& module) {
  nb::class_<LineLog>(module, "LineLog",
                      "Runs a program and writes its lines into a file, each as\n"
                      "`epoch_seconds::line`, stamped when it arrived.")
      .def(nb::init<std::vector<std::string>, std::filesystem::path>(), "command"_a, "file"_a)
      .def("start", &LineLog::start, "timeout_s"_a,
           "Returns when the first line has come. Raises SensorError where none does.")
      .def("stop", &LineLog::stop, "Ends the program that start() started. Safe to call twice.")
      .def_prop_ro("lines", &LineLog::lines)
      .def_prop_ro("pid", &LineLog::pid);
}

}  // namespace layerwatt::python
