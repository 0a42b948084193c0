// Everything the module says of any bytes, and every function that needs no regular expression.
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "libs/rules/module/dump.h"
#include "libs/rules/modules/pe/pe_module.h"

namespace {

using day::rules::module::Argument;
using day::rules::module::Field;
using day::rules::module::Kind;
using day::rules::module::Value;

// The schema is a few levels deep.
void CallAll(day::rules::module::Instance& instance, const Field& parent) {
  const std::array<day::rules::module::Index, 3> indices = {};
  for (const Field& field : parent.children) {
    if (field.kind != Kind::kFunction) {
      CallAll(instance, field);
      continue;
    }
    std::array<Argument, 3> arguments;
    bool has_regex = false;
    for (std::size_t i = 0; i < field.arguments.size(); ++i) {
      has_regex = has_regex || field.arguments[i] == 'r';
      arguments[i].value =
          field.arguments[i] == 's' ? Value::String("kernel32.dll") : Value::Integer(3);
    }
    if (!has_regex) {
      (void)instance.Call(field.id, indices, std::span(arguments).first(field.arguments.size()));
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto kModule = day::rules::modules::pe::CreatePeModule();
  static const auto kInstance = kModule->CreateInstance();
  const std::function<void(std::string_view)> console = [](std::string_view) {};
  kInstance->Bind(
      {.data = std::as_bytes(std::span(data, size)), .module_data = {}, .console = &console});
  CallAll(*kInstance, kModule->root());
  std::string text;
  day::rules::module::AppendDump(*kModule, *kInstance, text);
  return 0;
}
