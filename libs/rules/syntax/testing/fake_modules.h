// Schemas for tests of the front end: the `tests` module of libyara, and as much of pe, math and
// hash as public rules use. No Instance answers for them.
#pragma once

#include "libs/rules/module/module.h"

namespace day::rules::syntax::testing {

// Lives as long as the program.
const module::Registry& FakeRegistry();

}  // namespace day::rules::syntax::testing
