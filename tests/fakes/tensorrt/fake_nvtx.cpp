#include "fakes/tensorrt/fake_nvtx.hpp"

#include <dlfcn.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace layerwatt::fakes {
namespace {

using Function = void (*)();

// NVTX_CBID_CORE_RangePushA and _RangePop, of NVTX_CB_MODULE_CORE.
constexpr std::size_t kPush = 9;
constexpr std::size_t kPop = 11;

struct Table {
  std::array<Function, 16> functions{};
  std::array<Function*, 16> entries{};
  bool looked = false;
};

Table& table() {
  static auto& one = *new Table;
  return one;
}

int module_functions(int module, Function*** entries, unsigned* count) {
  if (module != 1) return 0;
  *entries = table().entries.data();
  *count = static_cast<unsigned>(table().entries.size());
  return 1;
}

struct Callbacks {
  std::size_t size;
  int (*module_functions)(int, Function***, unsigned*);
};

const void* export_table(std::uint32_t id) {
  static const Callbacks callbacks{sizeof(Callbacks), &module_functions};
  return id == 1 ? &callbacks : nullptr;
}

void look_once() {
  Table& all = table();
  if (all.looked) return;
  all.looked = true;
  for (std::size_t i = 0; i < all.functions.size(); ++i) all.entries[i] = &all.functions[i];
  const char* file = std::getenv("NVTX_INJECTION64_PATH");
  void* library = file != nullptr ? ::dlopen(file, RTLD_NOW | RTLD_LOCAL) : nullptr;
  if (library == nullptr) return;
  using Initialize = int (*)(const void* (*)(std::uint32_t));
  reinterpret_cast<Initialize>(::dlsym(library, "InitializeInjectionNvtx2"))(&export_table);
}

}  // namespace

NvtxRange::NvtxRange(const std::string& name) {
  if (name.empty()) return;
  look_once();
  const Function push = table().functions[kPush];
  if (push == nullptr) return;
  reinterpret_cast<int (*)(const char*)>(push)(name.c_str());
  open_ = true;
}

NvtxRange::~NvtxRange() {
  if (open_) reinterpret_cast<int (*)()>(table().functions[kPop])();
}

}  // namespace layerwatt::fakes
