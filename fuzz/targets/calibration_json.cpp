// The file of calibrations.
#include "fuzz/targets.hpp"
#include "profile/calibration_store.hpp"

namespace layerwatt::fuzz {

void fuzz_calibration_json(std::string_view bytes) {
  try {
    for (const StoredCalibration& stored : read_calibrations(as_file(bytes))) {
      static_cast<void>(calibration_json(stored));
    }
  } catch (const Error& error) {
    require_useful(error);
  }
}

}  // namespace layerwatt::fuzz
