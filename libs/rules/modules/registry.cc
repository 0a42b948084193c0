#include "libs/rules/modules/registry.h"

#include <utility>

#include "libs/rules/modules/basic/console_module.h"
#include "libs/rules/modules/basic/hash_module.h"
#include "libs/rules/modules/basic/math_module.h"
#include "libs/rules/modules/basic/string_module.h"
#include "libs/rules/modules/cuckoo/cuckoo_module.h"
#include "libs/rules/modules/dex/dex_module.h"
#include "libs/rules/modules/dotnet/dotnet_module.h"
#include "libs/rules/modules/elf/elf_module.h"
#include "libs/rules/modules/lnk/lnk_module.h"
#include "libs/rules/modules/macho/macho_module.h"
#include "libs/rules/modules/pe/pe_module.h"

namespace day::rules::modules {

AllModules::AllModules(basic::Clock clock) {
  owned_.push_back(pe::CreatePeModule());
  owned_.push_back(dotnet::CreateDotnetModule());
  owned_.push_back(dex::CreateDexModule());
  owned_.push_back(elf::CreateElfModule());
  owned_.push_back(macho::CreateMachoModule());
  owned_.push_back(lnk::CreateLnkModule());
  owned_.push_back(basic::CreateHashModule());
  owned_.push_back(basic::CreateMathModule());
  owned_.push_back(basic::CreateStringModule());
  owned_.push_back(basic::CreateTimeModule(std::move(clock)));
  owned_.push_back(basic::CreateConsoleModule());
  owned_.push_back(cuckoo::CreateCuckooModule());
  auto magic = magic::CreateMagicModule();
  magic_ = magic.get();
  owned_.push_back(std::move(magic));
  for (const auto& owned : owned_) {
    borrowed_.push_back(owned.get());
  }
}

base::Status AllModules::PreloadMagic(std::size_t count) { return magic_->Preload(count); }

}  // namespace day::rules::modules
