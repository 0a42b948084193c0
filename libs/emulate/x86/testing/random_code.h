// Random instructions whose outcome the manual defines, for comparing processors.
//
// The code keeps these registers for itself, so that every access to memory lies in the data: BX,
// SI and DI point into it (string instructions move the latter two a little), BP is a small index,
// SP the stack. All others are random, and so are the flags.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "libs/emulate/x86/cpu.h"

namespace day::emulate::x86::testing {

struct RandomCode {
  std::vector<std::uint8_t> bytes;    // ends with int3
  std::uint32_t undefined_flags = 0;  // at the end
};

RandomCode MakeRandomCode(Mode mode, std::mt19937_64& random);

}  // namespace day::emulate::x86::testing
