// What the decoder's tables refer to: for each family of instructions a function that chooses the
// handler, once the operands are decoded. Null: no such instruction is covered. RunInvalid: no
// processor has it.
#pragma once

#include "libs/emulate/x86/cpu.h"

namespace day::emulate::x86 {

using Binder = Handler (*)(const Instruction&);

void RunInvalid(Cpu& cpu, const Instruction& insn);
void RunPrivileged(Cpu& cpu, const Instruction& insn);

// The handler for the operand size. Op::Run is a template over the operand's type.
template <class Op>
Handler Pick(const Instruction& insn) {
  switch (insn.size_log) {
    case 0:
      return &Op::template Run<std::uint8_t>;
    case 1:
      return &Op::template Run<std::uint16_t>;
    case 2:
      return &Op::template Run<std::uint32_t>;
    default:
      return &Op::template Run<std::uint64_t>;
  }
}

// ops_arithmetic.cc
Handler BindAlu(const Instruction& insn);
Handler BindGroup1(const Instruction& insn);
Handler BindTest(const Instruction& insn);
Handler BindTestImm(const Instruction& insn);
Handler BindIncReg(const Instruction& insn);
Handler BindGroup3(const Instruction& insn);
Handler BindIncDec(const Instruction& insn);  // FE, and FF /0 /1
Handler BindImul2(const Instruction& insn);
Handler BindImul3(const Instruction& insn);
Handler BindXadd(const Instruction& insn);
Handler BindCmpxchg(const Instruction& insn);
Handler BindGroup9(const Instruction& insn);
Handler BindDecimal(const Instruction& insn);
Handler BindConvert(const Instruction& insn);

// ops_bits.cc
Handler BindShift(const Instruction& insn);
Handler BindDoubleShift(const Instruction& insn);
Handler BindBitTest(const Instruction& insn);
Handler BindGroup8(const Instruction& insn);
Handler BindBitScan(const Instruction& insn);
Handler BindPopcnt(const Instruction& insn);
Handler BindBswap(const Instruction& insn);

// ops_move.cc
Handler BindMov(const Instruction& insn);
Handler BindMovImmReg(const Instruction& insn);
Handler BindMovImm(const Instruction& insn);
Handler BindMoffs(const Instruction& insn);
Handler BindLea(const Instruction& insn);
Handler BindXchg(const Instruction& insn);
Handler BindXchgAx(const Instruction& insn);
Handler BindMovx(const Instruction& insn);
Handler BindMovsxd(const Instruction& insn);
Handler BindCmov(const Instruction& insn);
Handler BindSetcc(const Instruction& insn);
Handler BindFromSegment(const Instruction& insn);
Handler BindToSegment(const Instruction& insn);
Handler BindXlat(const Instruction& insn);
Handler BindFlagOps(const Instruction& insn);  // cmc clc stc cld std sahf lahf salc
Handler BindMovnti(const Instruction& insn);

// ops_stack.cc
Handler BindPushReg(const Instruction& insn);
Handler BindPopReg(const Instruction& insn);
Handler BindPushImm(const Instruction& insn);
Handler BindPushSegment(const Instruction& insn);
Handler BindPopSegment(const Instruction& insn);
Handler BindPopRm(const Instruction& insn);
Handler BindPushAll(const Instruction& insn);
Handler BindPushFlags(const Instruction& insn);
Handler BindEnter(const Instruction& insn);
Handler BindLeave(const Instruction& insn);

// ops_control.cc
Handler BindJcc(const Instruction& insn);
Handler BindJump(const Instruction& insn);
Handler BindCall(const Instruction& insn);
Handler BindRet(const Instruction& insn);
Handler BindRetFar(const Instruction& insn);
Handler BindLoop(const Instruction& insn);
Handler BindGroup5(const Instruction& insn);
Handler BindInterrupt(const Instruction& insn);
Handler BindNop(const Instruction& insn);
Handler BindCpuid(const Instruction& insn);
Handler BindRdtsc(const Instruction& insn);
Handler BindInvalid(const Instruction& insn);
Handler BindPrivileged(const Instruction& insn);
Handler BindBound(const Instruction& insn);

// ops_string.cc
Handler BindString(const Instruction& insn);

// ops_fpu.cc
Handler BindFpu(const Instruction& insn);

// ops_vector.cc
Handler BindVector(const Instruction& insn);
Handler BindGroup15(const Instruction& insn);

// Whether condition `code` (the low four bits of jcc, setcc, cmovcc) holds.
inline bool Holds(std::uint32_t eflags, unsigned code) {
  bool holds = false;
  switch (code >> 1 & 7) {
    case 0:
      holds = (eflags & kOverflow) != 0;
      break;
    case 1:
      holds = (eflags & kCarry) != 0;
      break;
    case 2:
      holds = (eflags & kZero) != 0;
      break;
    case 3:
      holds = (eflags & (kCarry | kZero)) != 0;
      break;
    case 4:
      holds = (eflags & kSign) != 0;
      break;
    case 5:
      holds = (eflags & kParity) != 0;
      break;
    case 6:
      holds = ((eflags & kSign) != 0) != ((eflags & kOverflow) != 0);
      break;
    default:
      holds = (eflags & kZero) != 0 || ((eflags & kSign) != 0) != ((eflags & kOverflow) != 0);
      break;
  }
  return holds != ((code & 1) != 0);
}

// Sign, zero and parity of a result.
template <typename T>
std::uint32_t ResultFlags(T result) {
  std::uint32_t flags = __builtin_parity(static_cast<unsigned>(result) & 0xFF) != 0 ? 0u : kParity;
  flags |= result == 0 ? kZero : 0u;
  flags |= (result >> (sizeof(T) * 8 - 1)) != 0 ? kSign : 0u;
  return flags;
}

inline void SetFlags(Cpu& cpu, std::uint32_t mask, std::uint32_t flags) {
  cpu.eflags = (cpu.eflags & ~mask) | flags;
}

}  // namespace day::emulate::x86
