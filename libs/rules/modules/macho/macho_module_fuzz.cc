// Fuzzes the module macho: dumps every field and calls every function.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "libs/rules/module/dump.h"
#include "libs/rules/modules/macho/macho_module.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using day::rules::module::Field;
  using day::rules::module::Kind;
  const auto macho = day::rules::modules::macho::CreateMachoModule();
  const auto instance = macho->CreateInstance();
  const std::function<void(std::string_view)> console = [](std::string_view) {};
  instance->Bind({.data = std::as_bytes(std::span<const std::uint8_t>(data, size)),
                  .module_data = {},
                  .console = &console});
  std::string text;
  day::rules::module::AppendDump(*macho, *instance, text);
  for (const Field& field : macho->root().children) {
    if (field.kind == Kind::kFunction) {
      const day::rules::module::Argument arguments[] = {
          {.value = day::rules::module::Value::Integer(7)},
          {.value = day::rules::module::Value::Integer(3)}};
      (void)instance->Call(field.id, {}, std::span(arguments, field.arguments.size()));
    }
  }
  return 0;
}
