// Decoding: the bytes of one instruction to an Instruction with the code that executes it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "libs/emulate/x86/cpu.h"
#include "libs/emulate/x86/instruction.h"

namespace day::emulate::x86 {

enum class DecodeResult : std::uint8_t {
  kDone,
  kTooShort,  // the instruction goes on behind the bytes
  kInvalid,   // no processor takes it
  kUnknown,   // not covered
};

// Decodes the instruction at the start of `bytes`, which lies at `address`. At most
// kInstructionBytesMax bytes are looked at. REQUIRES for `insn`: as constructed.
DecodeResult Decode(Mode mode, std::uint64_t address, std::span<const std::uint8_t> bytes,
                    Instruction& insn);

}  // namespace day::emulate::x86
