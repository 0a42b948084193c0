// Instruction: one decoded x86 instruction, bound to the code that executes it; CodePage: what was
// decoded in one page of memory.
//
// Registers are named by their byte offset in the register file (Cpu::registers), so that AH and
// R8B are read like any other; bases and indices of addresses are register numbers, with
// kNoRegister for a register that is always zero. Thread safety: as for any value type.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace day::emulate::x86 {

class Cpu;
struct Instruction;
using Handler = void (*)(Cpu&, const Instruction&);

inline constexpr std::size_t kPageBytes = 4096;
inline constexpr std::size_t kInstructionBytesMax = 15;
inline constexpr std::uint8_t kNoRegister = 16;

enum class Repeat : std::uint8_t { kNone, kWhileEqual, kWhileNotEqual };  // 0xF3, 0xF2

struct Instruction {
  Handler run = nullptr;
  std::uint64_t imm = 0;           // sign-extended; targets of branches are absolute
  std::uint64_t displacement = 0;  // sign-extended; RIP is added already
  std::uint64_t address_mask = 0;  // of the effective address, by its size
  std::uint8_t length = 0;
  std::uint8_t reg = 0;  // byte offset of the register that ModRM.reg names
  std::uint8_t rm = 0;   // the same for ModRM.rm, unless it is memory
  bool is_memory = false;
  std::uint8_t base = kNoRegister;
  std::uint8_t index = kNoRegister;
  std::uint8_t scale = 0;     // shift of the index
  std::uint8_t segment = 0;   // Segment
  std::uint8_t size_log = 0;  // operand size is 1 << size_log bytes
  std::uint8_t address_log = 0;
  std::uint8_t opcode = 0;  // last byte of the opcode
  std::uint8_t modrm = 0;
  std::uint8_t second_imm = 0;  // enter's second operand
  std::uint8_t rex = 0;         // 0: none
  Repeat repeat = Repeat::kNone;
  bool is_operand16 = false;  // prefix 0x66 was there
  bool is_64 = false;         // of 64-bit mode
};

// Slots hold 1 + the index of the instruction that begins at that byte of the page; 0: none.
struct CodePage {
  std::array<std::uint16_t, kPageBytes> slots{};
  std::vector<Instruction> instructions;

  // Forgets all instructions that have bytes in [offset, offset + size) of the page.
  void Invalidate(std::size_t offset, std::size_t size) {
    const std::size_t first =
        offset >= kInstructionBytesMax ? offset - kInstructionBytesMax + 1 : 0;
    for (std::size_t at = first; at < offset; ++at) {
      if (slots[at] != 0 && at + instructions[slots[at] - 1u].length > offset) {
        slots[at] = 0;
      }
    }
    for (std::size_t at = offset; at < offset + size && at < kPageBytes; ++at) {
      slots[at] = 0;
    }
  }
};

}  // namespace day::emulate::x86
