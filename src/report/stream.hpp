// What every report does when it is done writing.
#pragma once

#include <ostream>
#include <string>

#include "layerwatt/error.hpp"

namespace layerwatt {

// A full disk shows when the buffer is flushed, not when it is filled.
inline void finish(std::ostream& out, const std::string& what) {
  out.flush();
  if (!out) {
    throw Error(ErrorKind::io, "the " + what + " could not be written", "",
                "is the disk full, or was the pipe closed?");
  }
}

}  // namespace layerwatt
