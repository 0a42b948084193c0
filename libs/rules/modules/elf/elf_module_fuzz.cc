// Everything that the module elf says of any bytes.
#include <cstddef>
#include <cstdint>
#include <span>

#include "libs/rules/module/testing/module_fuzzing.h"
#include "libs/rules/modules/elf/elf_module.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto kModule = day::rules::modules::elf::CreateElfModule();
  static const auto kInstance = kModule->CreateInstance();
  day::rules::module::AskEverything(*kModule, *kInstance, std::as_bytes(std::span(data, size)));
  return 0;
}
