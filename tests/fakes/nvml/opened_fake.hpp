// The fake NVML library, opened beside the code under test: both see the same table.
#pragma once

#include <cstdlib>
#include <string>

#include "core/dynlib.hpp"
#include "fakes/nvml/fake_nvml.hpp"
#include "sensor/fake_root.hpp"

namespace layerwatt::fakes {

class OpenedFakeNvml {
 public:
  OpenedFakeNvml() : library_(LAYERWATT_FAKE_NVML) {
    table_ = library_.find_function<FakeNvml* (*)()>("fake_nvml")();
    table_->gpus = {FakeGpu{}};
    table_->init = 0;
    root_.set_env("LAYERWATT_NVML", LAYERWATT_FAKE_NVML);
  }
  FakeNvml& table() { return *table_; }
  FakeGpu& gpu() { return table_->gpus.front(); }
  FakeRoot& root() { return root_; }
  SysRoot sys() const { return root_.sys(); }
  Host host() const { return root_.host(); }

 private:
  DynamicLibrary library_;
  FakeNvml* table_ = nullptr;
  FakeRoot root_;
};

}  // namespace layerwatt::fakes
