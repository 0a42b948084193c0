// MMX and SSE2, as far as stubs and the memory functions of compilers use them: moves, and, or,
// xor, byte comparisons and additions. The kind of operand follows from the prefix: none is MMX or
// packed single, 0x66 an XMM register, 0xF3 and 0xF2 scalars.
#include <bit>

#include "libs/emulate/x86/flags.h"
#include "libs/emulate/x86/ops.h"

namespace day::emulate::x86 {
namespace {

using Vector = Cpu::Vector;

unsigned RegNumber(const Instruction& insn) { return insn.reg / 8u; }
unsigned RmNumber(const Instruction& insn) { return insn.rm / 8u; }

bool ReadVector(Cpu& cpu, const Instruction& insn, Vector& value) {
  if (!insn.is_memory) {
    value = cpu.vectors[RmNumber(insn)];
    return true;
  }
  const std::uint64_t address = cpu.LinearAddress(insn);
  return cpu.Read<std::uint64_t>(address, value.words[0]) &&
         cpu.Read<std::uint64_t>(address + 8, value.words[1]);
}

// movups, movaps, movdqa, movdqu, movntdq. Misaligned addresses of the aligned forms are accepted.
void RunLoad128(Cpu& cpu, const Instruction& insn) {
  Vector value;
  if (ReadVector(cpu, insn, value)) {
    cpu.vectors[RegNumber(insn)] = value;
  }
}

void RunStore128(Cpu& cpu, const Instruction& insn) {
  const Vector& value = cpu.vectors[RegNumber(insn)];
  if (!insn.is_memory) {
    cpu.vectors[RmNumber(insn)] = value;
    return;
  }
  const std::uint64_t address = cpu.LinearAddress(insn);
  if (cpu.Write<std::uint64_t>(address + 8, value.words[1])) {
    (void)cpu.Write<std::uint64_t>(address, value.words[0]);
  }
}

// movd and movq between general registers or memory and vectors.
template <typename T>
void RunFromGeneral(Cpu& cpu, const Instruction& insn) {
  T value{};
  if (!cpu.GetRm<T>(insn, value)) {
    return;
  }
  if (insn.is_operand16) {
    cpu.vectors[RegNumber(insn)].words = {value, 0};
  } else {
    cpu.fpu.mmx[RegNumber(insn) % 8] = value;
  }
}

template <typename T>
void RunToGeneral(Cpu& cpu, const Instruction& insn) {
  const std::uint64_t value =
      insn.is_operand16 ? cpu.vectors[RegNumber(insn)].words[0] : cpu.fpu.mmx[RegNumber(insn) % 8];
  (void)cpu.SetRm<T>(insn, static_cast<T>(value));
}

// F3 0F 7E: the lower half of an XMM register or 8 bytes of memory, the upper half cleared.
void RunLoadQuad(Cpu& cpu, const Instruction& insn) {
  std::uint64_t value = 0;
  if (!insn.is_memory) {
    value = cpu.vectors[RmNumber(insn)].words[0];
  } else if (!cpu.Read<std::uint64_t>(cpu.LinearAddress(insn), value)) {
    return;
  }
  cpu.vectors[RegNumber(insn)].words = {value, 0};
}

// 66 0F D6.
void RunStoreQuad(Cpu& cpu, const Instruction& insn) {
  const std::uint64_t value = cpu.vectors[RegNumber(insn)].words[0];
  if (insn.is_memory) {
    (void)cpu.Write<std::uint64_t>(cpu.LinearAddress(insn), value);
  } else {
    cpu.vectors[RmNumber(insn)].words = {value, 0};
  }
}

bool ReadMmx(Cpu& cpu, const Instruction& insn, std::uint64_t& value) {
  if (!insn.is_memory) {
    value = cpu.fpu.mmx[RmNumber(insn) % 8];
    return true;
  }
  return cpu.Read<std::uint64_t>(cpu.LinearAddress(insn), value);
}

void RunLoadMmx(Cpu& cpu, const Instruction& insn) {
  std::uint64_t value = 0;
  if (ReadMmx(cpu, insn, value)) {
    cpu.fpu.mmx[RegNumber(insn) % 8] = value;
  }
}

void RunStoreMmx(Cpu& cpu, const Instruction& insn) {
  const std::uint64_t value = cpu.fpu.mmx[RegNumber(insn) % 8];
  if (insn.is_memory) {
    (void)cpu.Write<std::uint64_t>(cpu.LinearAddress(insn), value);
  } else {
    cpu.fpu.mmx[RmNumber(insn) % 8] = value;
  }
}

// `lane` on each T of two words.
template <typename T, typename Lane>
std::uint64_t ByLane(std::uint64_t a, std::uint64_t b, Lane lane) {
  std::uint64_t result = 0;
  for (unsigned at = 0; at < 64; at += kBits<T>) {
    const T value = static_cast<T>(lane(static_cast<T>(a >> at), static_cast<T>(b >> at)));
    result |= static_cast<std::uint64_t>(value) << at;
  }
  return result;
}

template <typename T>
std::uint64_t Equal(std::uint64_t a, std::uint64_t b) {
  return ByLane<T>(a, b, [](T x, T y) { return x == y ? static_cast<T>(~T{0}) : T{0}; });
}

template <typename T>
std::uint64_t Add(std::uint64_t a, std::uint64_t b) {
  return ByLane<T>(a, b, [](T x, T y) { return x + y; });
}

template <typename T>
std::uint64_t Subtract(std::uint64_t a, std::uint64_t b) {
  return ByLane<T>(a, b, [](T x, T y) { return x - y; });
}

std::uint64_t Combine(std::uint8_t opcode, std::uint64_t a, std::uint64_t b) {
  switch (opcode) {
    case 0x54:
    case 0xDB:
      return a & b;
    case 0x55:
    case 0xDF:
      return ~a & b;
    case 0x56:
    case 0xEB:
      return a | b;
    case 0x57:
    case 0xEF:
      return a ^ b;
    case 0x74:
      return Equal<std::uint8_t>(a, b);
    case 0x75:
      return Equal<std::uint16_t>(a, b);
    case 0x76:
      return Equal<std::uint32_t>(a, b);
    case 0xFC:
      return Add<std::uint8_t>(a, b);
    case 0xFD:
      return Add<std::uint16_t>(a, b);
    case 0xFE:
      return Add<std::uint32_t>(a, b);
    case 0xD4:
      return a + b;
    case 0xF8:
      return Subtract<std::uint8_t>(a, b);
    case 0xF9:
      return Subtract<std::uint16_t>(a, b);
    case 0xFA:
      return Subtract<std::uint32_t>(a, b);
    default:
      return a - b;
  }
}

void RunCombine128(Cpu& cpu, const Instruction& insn) {
  Vector value;
  if (!ReadVector(cpu, insn, value)) {
    return;
  }
  Vector& target = cpu.vectors[RegNumber(insn)];
  for (std::size_t i = 0; i < 2; ++i) {
    target.words[i] = Combine(insn.opcode, target.words[i], value.words[i]);
  }
}

void RunCombineMmx(Cpu& cpu, const Instruction& insn) {
  std::uint64_t value = 0;
  if (ReadMmx(cpu, insn, value)) {
    std::uint64_t& target = cpu.fpu.mmx[RegNumber(insn) % 8];
    target = Combine(insn.opcode, target, value);
  }
}

bool IsCombination(std::uint8_t opcode) {
  return (opcode >= 0x54 && opcode <= 0x57) || (opcode >= 0x74 && opcode <= 0x76) ||
         opcode == 0xD4 || opcode == 0xDB || opcode == 0xDF || opcode == 0xEB || opcode == 0xEF ||
         (opcode >= 0xF8 && opcode <= 0xFE);
}

Handler BindMove(const Instruction& insn) {
  const bool is_scalar = insn.repeat != Repeat::kNone;
  switch (insn.opcode) {
    case 0x10:
    case 0x28:
      return is_scalar ? nullptr : &RunLoad128;
    case 0x11:
    case 0x29:
      return is_scalar ? nullptr : &RunStore128;
    case 0x6E:
      return insn.size_log == 3 ? &RunFromGeneral<std::uint64_t> : &RunFromGeneral<std::uint32_t>;
    case 0x7E:
      if (insn.repeat == Repeat::kWhileEqual) {
        return &RunLoadQuad;
      }
      return insn.size_log == 3 ? &RunToGeneral<std::uint64_t> : &RunToGeneral<std::uint32_t>;
    case 0x6F:
      return insn.is_operand16 || is_scalar ? &RunLoad128 : &RunLoadMmx;
    case 0x7F:
      return insn.is_operand16 || is_scalar ? &RunStore128 : &RunStoreMmx;
    case 0xD6:
      return insn.is_operand16 ? &RunStoreQuad : nullptr;
    case 0xE7:
      return insn.is_operand16 ? &RunStore128 : &RunStoreMmx;
    default:
      return nullptr;
  }
}

void RunLoadMxcsr(Cpu& cpu, const Instruction& insn) {
  std::uint32_t value = 0;
  if (cpu.Read<std::uint32_t>(cpu.LinearAddress(insn), value)) {
    cpu.mxcsr = value;
  }
}

void RunStoreMxcsr(Cpu& cpu, const Instruction& insn) {
  (void)cpu.Write<std::uint32_t>(cpu.LinearAddress(insn), cpu.mxcsr);
}

}  // namespace

Handler BindVector(const Instruction& insn) {
  if (IsCombination(insn.opcode)) {
    if (insn.repeat != Repeat::kNone) {
      return nullptr;
    }
    const bool is_single = insn.opcode < 0x60;
    return insn.is_operand16 || is_single ? &RunCombine128 : &RunCombineMmx;
  }
  return BindMove(insn);
}

// Fences, cache lines, and the control register of SSE.
Handler BindGroup15(const Instruction& insn) {
  const unsigned group = insn.modrm >> 3 & 7;
  if (!insn.is_memory) {
    return group >= 5 ? BindNop(insn) : nullptr;
  }
  switch (group) {
    case 2:
      return &RunLoadMxcsr;
    case 3:
      return &RunStoreMxcsr;
    case 7:
      return BindNop(insn);
    default:
      return nullptr;
  }
}

}  // namespace day::emulate::x86
