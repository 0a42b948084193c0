// The module `time` (YARA 4.5.8, docs/modules/time.rst): now(), in seconds since 1970.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "libs/rules/module/module.h"

namespace day::rules::modules::basic {

// Seconds since 1970-01-01T00:00:00Z. Called from whatever thread evaluates rules.
using Clock = std::function<std::int64_t()>;

// The system's clock.
std::int64_t SystemTime();

std::unique_ptr<module::Module> CreateTimeModule(Clock clock = SystemTime);

}  // namespace day::rules::modules::basic
