// AllModules: every module that rules may import, owned in one place.
//
//   day::rules::modules::AllModules modules;
//   DAY_TRY(modules.PreloadMagic(1));  // before a sandbox without files closes
//   Compile(ruleset, modules);
//
// Made once in a program's composition root. Thread safety: immutable after
// construction, and PreloadMagic() is safe by itself.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "libs/base/result.h"
#include "libs/rules/module/module.h"
#include "libs/rules/modules/basic/time_module.h"
#include "libs/rules/modules/magic/magic_module.h"

namespace day::rules::modules {

class AllModules final : public module::Registry {
 public:
  // `clock` is what time.now() gives.
  explicit AllModules(basic::Clock clock = basic::SystemTime);

  std::span<const module::Module* const> modules() const override { return borrowed_; }

  // Opens magic databases for `count` scanners at a time (MagicModule::Preload).
  base::Status PreloadMagic(std::size_t count);

 private:
  std::vector<std::unique_ptr<module::Module>> owned_;
  std::vector<const module::Module*> borrowed_;
  magic::MagicModule* magic_ = nullptr;  // one of owned_
};

}  // namespace day::rules::modules
