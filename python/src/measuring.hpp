// What profile() of a model and of a captured graph have in common.
#pragma once

#include "bindings.hpp"
#include "interruptible.hpp"
#include "layerwatt/profile.hpp"

namespace layerwatt::python {

// on_progress gets a dict, on_note a sentence; None for no calls. Both must outlive the run.
void take_callbacks(ProfileOptions& options, Interruptible& running, const nb::object& on_progress,
                    const nb::object& on_note);

Measured measured_of(Profile&& profile);

}  // namespace layerwatt::python
