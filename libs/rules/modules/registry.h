// AllModules: every module that rules may import, owned in one place.
//
//   day::rules::modules::AllModules modules;
//   Compile(ruleset, modules);
//
// Made once in a program's composition root. Thread safety: immutable after construction.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "libs/rules/module/module.h"
#include "libs/rules/modules/basic/time_module.h"

namespace day::rules::modules {

class AllModules final : public module::Registry {
 public:
  // `clock` is what time.now() gives.
  explicit AllModules(basic::Clock clock = basic::SystemTime);

  std::span<const module::Module* const> modules() const override { return borrowed_; }

 private:
  std::vector<std::unique_ptr<module::Module>> owned_;
  std::vector<const module::Module*> borrowed_;
};

}  // namespace day::rules::modules
