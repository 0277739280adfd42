// A long measurement that Ctrl-C can end.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>

#include "bindings.hpp"

namespace layerwatt::python {

// Runs work in a thread of its own while the calling thread, without the GIL, looks for signals a
// few times a second: Python runs its handlers in the main thread only, and the measuring thread
// must not wait for the GIL. What a handler raises (KeyboardInterrupt, as a rule) sets stop(), and
// the work ends as soon as it looks. One measurement; not reusable.
class Interruptible {
 public:
  const std::atomic<bool>& stop() const { return stop_; }

  // Calls Python from the measuring thread. What it raises ends the measurement too. GIL: taken.
  void call(const std::function<void()>& callback);

  // Returns when work has. Throws what it threw; an Error(interrupted) becomes what the handler
  // raised. GIL: held by the caller, released while waiting.
  void run(const std::function<void()>& work);

  // After run(): throws what a callback or a handler raised, unless it is a KeyboardInterrupt whose
  // measurement has data to give.
  void rethrow_unless_keyboard();

 private:
  void keep_raised();

  std::atomic<bool> stop_{false};
  std::optional<nb::python_error> raised_;  // the first; touched with the GIL alone
};

}  // namespace layerwatt::python
