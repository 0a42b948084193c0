// Everything that the module macho says of any bytes.
#include <cstddef>
#include <cstdint>
#include <span>

#include "libs/rules/module/testing/module_fuzzing.h"
#include "libs/rules/modules/macho/macho_module.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto kModule = day::rules::modules::macho::CreateMachoModule();
  static const auto kInstance = kModule->CreateInstance();
  day::rules::module::AskEverything(*kModule, *kInstance, std::as_bytes(std::span(data, size)), {},
                                    {.integer = 7});
  return 0;
}
