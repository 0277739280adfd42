// From the NVTX ranges of this process to a recorder's scopes.
#pragma once

#include <filesystem>

namespace layerwatt {

class GraphRecorder;

// Ranges that the calling thread pushes and pops become scopes of `recorder`, until
// stop_following_nvtx(). Sets NVTX_INJECTION64_PATH for NVTX to find liblayerwatt_nvtx.so; false
// where that file is not there or the variable names another one.
bool follow_nvtx(GraphRecorder& recorder);
// The part of it that must come before the process's first NVTX call, where that is earlier than
// the recorder: names the library to NVTX. False as above.
bool offer_nvtx_listener();
void stop_following_nvtx(const GraphRecorder& recorder);

// Beside the other loadable modules, or in $LAYERWATT_MODULE_PATH; empty if it is nowhere.
std::filesystem::path nvtx_injection_library();

}  // namespace layerwatt
