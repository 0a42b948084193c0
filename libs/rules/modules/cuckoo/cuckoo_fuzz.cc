// The input is a report, and the module cuckoo is asked everything about it.
#include <cstddef>
#include <cstdint>
#include <span>

#include "libs/rules/module/testing/module_fuzzing.h"
#include "libs/rules/modules/cuckoo/cuckoo_module.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto kModule = day::rules::modules::cuckoo::CreateCuckooModule();
  static const auto kInstance = kModule->CreateInstance();
  day::rules::module::AskEverything(*kModule, *kInstance, {}, std::as_bytes(std::span(data, size)),
                                    {.integer = 80});
  return 0;
}
