// liblayerwatt_nvtx.so as NVTX uses it: given an export table, it fills in what it wants to hear
// of.
#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/dynlib.hpp"

namespace layerwatt {
namespace {

using testing::ElementsAre;

using Function = void (*)();

std::array<Function, 16> core{};
std::array<Function, 16> domains{};
std::vector<std::string> heard;

int module_functions(int module, Function*** table, unsigned* count) {
  static std::array<Function*, 16> core_table;
  static std::array<Function*, 16> domain_table;
  for (std::size_t i = 0; i < 16; ++i) {
    core_table[i] = &core[i];
    domain_table[i] = &domains[i];
  }
  *count = 16;
  *table = module == 1 ? core_table.data() : domain_table.data();
  return module == 1 || module == 5 ? 1 : 0;
}

struct Callbacks {
  std::size_t size;
  int (*module_functions)(int, Function***, unsigned*);
};
const Callbacks callbacks{sizeof(Callbacks), &module_functions};

const void* export_table(std::uint32_t id) { return id == 1 ? &callbacks : nullptr; }
const void* no_table(std::uint32_t) { return nullptr; }

struct Attributes {
  std::uint16_t version = 3;
  std::uint16_t size = sizeof(Attributes);
  std::uint32_t category = 0;
  std::int32_t color_type = 0;
  std::uint32_t color = 0;
  std::int32_t payload_type = 0;
  std::int32_t reserved = 0;
  std::uint64_t payload = 0;
  std::int32_t message_type = 1;
  const void* message = nullptr;
};

template <class Typed>
Typed as(Function function) {
  return reinterpret_cast<Typed>(function);
}

TEST(NvtxInjection, HandsRangesToTheListener) {
  const std::string file = std::string(LAYERWATT_MODULES) + "/liblayerwatt_nvtx.so";
  // As NVTX does, which never closes it.
  ASSERT_NE(::dlopen(file.c_str(), RTLD_NOW | RTLD_NODELETE), nullptr);
  const DynamicLibrary library(file);
  const auto listen =
      library.find_function<void (*)(void (*)(const char*), void (*)())>("layerwatt_nvtx_listen_1");
  const auto initialize =
      library.find_function<int (*)(const void* (*)(std::uint32_t))>("InitializeInjectionNvtx2");
  ASSERT_NE(listen, nullptr);
  ASSERT_NE(initialize, nullptr);
  EXPECT_EQ(initialize(&no_table), 0);
  EXPECT_EQ(initialize(&export_table), 1);
  EXPECT_EQ(as<int (*)(const char*)>(core[9])("nobody listens"), 0);

  listen([](const char* name) { heard.emplace_back(name); }, [] { heard.emplace_back("pop"); });
  as<int (*)(const char*)>(core[9])("conv1");
  as<int (*)()>(core[11])();
  as<int (*)(const wchar_t*)>(core[10])(L"wide");
  Attributes attributes;
  attributes.message = "with attributes";
  as<int (*)(const Attributes*)>(core[8])(&attributes);
  attributes.message = "in a domain";
  as<int (*)(void*, const Attributes*)>(domains[4])(nullptr, &attributes);
  as<int (*)(void*)>(domains[5])(nullptr);
  attributes.message_type = 3;
  attributes.message = as<void* (*)(void*, const char*)>(domains[10])(nullptr, "registered");
  as<int (*)(void*, const Attributes*)>(domains[4])(nullptr, &attributes);
  EXPECT_THAT(heard, ElementsAre("conv1", "pop", "wide", "with attributes", "in a domain", "pop",
                                 "registered"));
  EXPECT_EQ(core[1], nullptr) << "marks stay as they are";
}

}  // namespace
}  // namespace layerwatt
