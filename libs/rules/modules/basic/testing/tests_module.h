// libyara's module `tests`: the same fields and functions, so that libyara's own test rules run
// against our compiler and evaluator. Only tests link it.
#pragma once

#include <memory>

#include "libs/rules/module/module.h"

namespace day::rules::modules::basic {

std::unique_ptr<module::Module> CreateTestsModule();

}  // namespace day::rules::modules::basic
