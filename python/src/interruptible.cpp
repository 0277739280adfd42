#include "interruptible.hpp"

#include <chrono>
#include <exception>
#include <future>
#include <thread>

namespace layerwatt::python {
namespace {

constexpr std::chrono::milliseconds kBetweenLooks(50);

}  // namespace

void Interruptible::keep_raised() {
  nb::python_error raised;  // takes it out of the interpreter's state
  if (!raised_) raised_.emplace(std::move(raised));
  stop_ = true;
}

void Interruptible::call(const std::function<void()>& callback) {
  const nb::gil_scoped_acquire gil;
  try {
    callback();
  } catch (nb::python_error& raised) {
    if (!raised_) raised_.emplace(std::move(raised));
    stop_ = true;
  }
}

void Interruptible::run(const std::function<void()>& work) {
  std::exception_ptr thrown;
  {
    const nb::gil_scoped_release no_gil;
    std::promise<void> promise;
    std::future<void> done = promise.get_future();
    std::thread worker([&] {
      try {
        work();
        promise.set_value();
      } catch (...) {
        promise.set_exception(std::current_exception());
      }
    });
    while (done.wait_for(kBetweenLooks) == std::future_status::timeout) {
      const nb::gil_scoped_acquire gil;
      if (PyErr_CheckSignals() != 0) keep_raised();
    }
    worker.join();
    try {
      done.get();
    } catch (...) {
      thrown = std::current_exception();
    }
  }
  if (!thrown) return;
  try {
    std::rethrow_exception(thrown);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::interrupted && raised_) throw std::move(*raised_);
    throw;
  }
}

void Interruptible::rethrow_unless_keyboard() {
  if (raised_ && !raised_->matches(PyExc_KeyboardInterrupt)) throw std::move(*raised_);
}

}  // namespace layerwatt::python
