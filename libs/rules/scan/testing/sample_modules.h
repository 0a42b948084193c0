// Two small modules for tests, whose values depend on the file so that conditions vary:
//   sample  any file:  integer, real, text, nothing (undefined), numbers[], words{},
//   people[].name/.age,
//                      sum(i, i), echo(s), same(r, s)
//   badge   only files that start with "MZ": serials in cards[].serial, one for each "card:X" in
//   the
//                      file; digest(), the first four bytes in hexadecimal; present (always
//                      defined)
#pragma once

#include "libs/rules/module/module.h"

namespace day::rules::scan::testing {

// Lives as long as the program.
const module::Registry& SampleRegistry();

}  // namespace day::rules::scan::testing
