// Everything that the module pe says of any bytes.
#include <cstddef>
#include <cstdint>
#include <span>

#include "libs/rules/module/testing/module_fuzzing.h"
#include "libs/rules/modules/pe/pe_module.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto kModule = day::rules::modules::pe::CreatePeModule();
  static const auto kInstance = kModule->CreateInstance();
  day::rules::module::AskEverything(*kModule, *kInstance, std::as_bytes(std::span(data, size)));
  return 0;
}
