// Fuzzes the module elf: dumps every field and calls every function.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "libs/rules/module/dump.h"
#include "libs/rules/modules/elf/elf_module.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using day::rules::module::Field;
  using day::rules::module::Kind;
  const auto elf = day::rules::modules::elf::CreateElfModule();
  const auto instance = elf->CreateInstance();
  const std::function<void(std::string_view)> console = [](std::string_view) {};
  instance->Bind({.data = std::as_bytes(std::span<const std::uint8_t>(data, size)),
                  .module_data = {},
                  .console = &console});
  std::string text;
  day::rules::module::AppendDump(*elf, *instance, text);
  for (const Field& field : elf->root().children) {
    if (field.kind == Kind::kFunction) {
      (void)instance->Call(field.id, {}, {});
    }
  }
  return 0;
}
