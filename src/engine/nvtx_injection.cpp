// liblayerwatt_nvtx.so: what NVTX loads when NVTX_INJECTION64_PATH names it. It takes the calls
// that push and pop ranges and hands them to whoever listens; everything else of NVTX stays a
// no-op. NVTX's types (nvtx3/nvtxDetail/nvtxTypes.h, part of its stable C interface) are declared
// here, so that building needs no CUDA.
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <mutex>
#include <string>
#include <utility>

namespace {

using Push = void (*)(const char*);
using Pop = void (*)();
std::atomic<Push> listener_push{nullptr};
std::atomic<Pop> listener_pop{nullptr};

constexpr std::uint32_t kCallbacksTable = 1;  // NVTX_ETID_CALLBACKS
constexpr int kModuleCore = 1;                // NVTX_CB_MODULE_CORE
constexpr int kModuleDomains = 5;             // NVTX_CB_MODULE_CORE2
// NVTX_CBID_CORE_*
constexpr unsigned kRangePushEx = 8;
constexpr unsigned kRangePushA = 9;
constexpr unsigned kRangePushW = 10;
constexpr unsigned kRangePop = 11;
// NVTX_CBID_CORE2_*
constexpr unsigned kDomainRangePushEx = 4;
constexpr unsigned kDomainRangePop = 5;
constexpr unsigned kDomainRegisterStringA = 10;
constexpr unsigned kDomainRegisterStringW = 11;

using Function = void (*)();
// NvtxExportTableCallbacks.
struct CallbacksTable {
  std::size_t size;
  int (*module_functions)(int module, Function*** table, unsigned* count);
};

// nvtxEventAttributes_t, versions 2 and 3.
struct Attributes {
  std::uint16_t version;
  std::uint16_t size;
  std::uint32_t category;
  std::int32_t color_type;
  std::uint32_t color;
  std::int32_t payload_type;
  std::int32_t reserved;
  std::uint64_t payload;
  std::int32_t message_type;
  const void* message;
};
static_assert(offsetof(Attributes, message) == 40);

constexpr std::int32_t kAscii = 1;
constexpr std::int32_t kWide = 2;
constexpr std::int32_t kRegistered = 3;

std::string narrow(const wchar_t* text) {
  std::string out;
  for (; text != nullptr && *text != L'\0'; ++text) {
    out += *text < 0x80 ? static_cast<char>(*text) : '?';
  }
  return out;
}

int push(const char* name) {
  if (const Push tell = listener_push.load()) tell(name);
  return 0;
}

int pop() {
  if (const Pop tell = listener_pop.load()) tell();
  return 0;
}

int push_attributes(const Attributes* attributes) {
  if (attributes == nullptr || attributes->message == nullptr) return push("");
  switch (attributes->message_type) {
    case kAscii:
      return push(static_cast<const char*>(attributes->message));
    case kWide:
      return push(narrow(static_cast<const wchar_t*>(attributes->message)).c_str());
    case kRegistered:
      return push(static_cast<const std::string*>(attributes->message)->c_str());
    default:
      return push("");
  }
}

int range_push_a(const char* name) { return push(name); }
int range_push_w(const wchar_t* name) { return push(narrow(name).c_str()); }
int range_pop() { return pop(); }
int domain_range_push(void*, const Attributes* attributes) { return push_attributes(attributes); }
int domain_range_pop(void*) { return pop(); }
// A registered string lives as long as the process, threads that end after main() included; there
// are few.
void* keep(std::string text) {
  static auto& mutex = *new std::mutex;
  static auto& kept = *new std::deque<std::string>;
  const std::lock_guard lock(mutex);
  return &kept.emplace_back(std::move(text));
}
void* register_string_a(void*, const char* text) { return keep(text != nullptr ? text : ""); }
void* register_string_w(void*, const wchar_t* text) { return keep(narrow(text)); }

template <class Typed>
void take(Function** table, unsigned count, unsigned id, Typed function) {
  if (id < count && table[id] != nullptr) *table[id] = reinterpret_cast<Function>(function);
}

}  // namespace

extern "C" {

__attribute__((visibility("default"))) void layerwatt_nvtx_listen_1(Push on_push, Pop on_pop) {
  listener_push = on_push;
  listener_pop = on_pop;
}

// NVTX calls it once; 1 is success.
__attribute__((visibility("default"))) int InitializeInjectionNvtx2(
    const void* (*export_table)(std::uint32_t)) {
  const auto* callbacks = static_cast<const CallbacksTable*>(export_table(kCallbacksTable));
  if (callbacks == nullptr || callbacks->size < sizeof(CallbacksTable)) return 0;
  Function** table = nullptr;
  unsigned count = 0;
  if (callbacks->module_functions(kModuleCore, &table, &count) != 0) {
    take(table, count, kRangePushEx, &push_attributes);
    take(table, count, kRangePushA, &range_push_a);
    take(table, count, kRangePushW, &range_push_w);
    take(table, count, kRangePop, &range_pop);
  }
  if (callbacks->module_functions(kModuleDomains, &table, &count) != 0) {
    take(table, count, kDomainRangePushEx, &domain_range_push);
    take(table, count, kDomainRangePop, &domain_range_pop);
    take(table, count, kDomainRegisterStringA, &register_string_a);
    take(table, count, kDomainRegisterStringW, &register_string_w);
  }
  return 1;
}

}  // extern "C"
