// What profile() of a model and of a captured graph have in common.
#pragma once

#include <optional>

#include "bindings.hpp"
#include "interruptible.hpp"
#include "layerwatt/engine.hpp"
#include "layerwatt/profile.hpp"

namespace layerwatt::python {

// on_progress gets a dict, on_note a sentence; None for no calls. Both must outlive the run.
void take_callbacks(ProfileOptions& options, Interruptible& running, const nb::object& on_progress,
                    const nb::object& on_note);

Measured measured_of(Profile&& profile);

// empty_cache of Python: None is where it matters.
inline EmptyCache cache_emptied(std::optional<bool> asked) {
  if (!asked) return EmptyCache::automatic;
  return *asked ? EmptyCache::always : EmptyCache::never;
}

}  // namespace layerwatt::python
