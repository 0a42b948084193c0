// Moves, exchanges and conversions of width; conditions; instructions on single flags.
#include <type_traits>

#include "libs/emulate/x86/flags.h"
#include "libs/emulate/x86/ops.h"

namespace day::emulate::x86 {
namespace {

struct MovToRm {
  template <typename T>
  static void Run(Cpu& cpu, const Instruction& insn) {
    (void)cpu.SetRm<T>(insn, cpu.GetReg<T>(insn.reg));
  }
};

struct MovToReg {
  template <typename T>
  static void Run(Cpu& cpu, const Instruction& insn) {
    T value;
    if (cpu.GetRm<T>(insn, value)) {
      cpu.SetReg<T>(insn.reg, value);
    }
  }
};

struct MovImm {
  template <typename T>
  static void Run(Cpu& cpu, const Instruction& insn) {
    (void)cpu.SetRm<T>(insn, static_cast<T>(insn.imm));
  }
};

struct MoffsToAcc {
  template <typename T>
  static void Run(Cpu& cpu, const Instruction& insn) {
    T value;
    if (cpu.Read<T>(cpu.LinearAddress(insn), value)) {
      cpu.SetReg<T>(0, value);
    }
  }
};

struct AccToMoffs {
  template <typename T>
  static void Run(Cpu& cpu, const Instruction& insn) {
    (void)cpu.Write<T>(cpu.LinearAddress(insn), cpu.GetReg<T>(0));
  }
};

struct Lea {
  template <typename T>
  static void Run(Cpu& cpu, const Instruction& insn) {
    cpu.SetReg<T>(insn.reg, static_cast<T>(cpu.EffectiveAddress(insn)));
  }
};

struct Xchg {
  template <typename T>
  static void Run(Cpu& cpu, const Instruction& insn) {
    T value;
    if (!cpu.GetRm<T>(insn, value)) {
      return;
    }
    const T other = cpu.GetReg<T>(insn.reg);
    if (cpu.SetRm<T>(insn, other)) {
      cpu.SetReg<T>(insn.reg, value);
    }
  }
};

struct XchgAx {
  template <typename T>
  static void Run(Cpu& cpu, const Instruction& insn) {
    const T value = cpu.GetReg<T>(insn.rm);
    cpu.SetReg<T>(insn.rm, cpu.GetReg<T>(0));
    cpu.SetReg<T>(0, value);
  }
};

template <typename From, bool kSigned>
struct Extend {
  template <typename T>
  static void Run(Cpu& cpu, const Instruction& insn) {
    From value;
    if (cpu.GetRm<From>(insn, value)) {
      using S = std::make_signed_t<From>;
      cpu.SetReg<T>(insn.reg,
                    kSigned ? static_cast<T>(static_cast<S>(value)) : static_cast<T>(value));
    }
  }
};

struct Cmov {
  template <typename T>
  static void Run(Cpu& cpu, const Instruction& insn) {
    // The source is read in any case; a 32-bit target is always written, if only its upper half.
    T value;
    if (cpu.GetRm<T>(insn, value)) {
      cpu.SetReg<T>(insn.reg,
                    Holds(cpu.eflags, insn.opcode & 15u) ? value : cpu.GetReg<T>(insn.reg));
    }
  }
};

void RunSetcc(Cpu& cpu, const Instruction& insn) {
  (void)cpu.SetRm<std::uint8_t>(insn, Holds(cpu.eflags, insn.opcode & 15u) ? 1 : 0);
}

unsigned SegmentNumber(const Instruction& insn) { return insn.modrm >> 3 & 7; }

void RunFromSegment(Cpu& cpu, const Instruction& insn) {
  const std::uint16_t selector = cpu.selectors[SegmentNumber(insn)];
  if (insn.is_memory || insn.size_log == 1) {
    (void)cpu.SetRm<std::uint16_t>(insn, selector);
  } else {
    cpu.SetReg<std::uint32_t>(insn.rm, selector);
  }
}

// Bases stay as they are: what a program may load is flat anyway.
void RunToSegment(Cpu& cpu, const Instruction& insn) {
  std::uint16_t selector = 0;
  if (cpu.GetRm<std::uint16_t>(insn, selector)) {
    cpu.selectors[SegmentNumber(insn)] = selector;
  }
}

void RunXlat(Cpu& cpu, const Instruction& insn) {
  const std::uint64_t address =
      (cpu.registers[kBx] + cpu.GetReg<std::uint8_t>(0)) & insn.address_mask;
  std::uint8_t value = 0;
  if (cpu.Read<std::uint8_t>((address + cpu.segment_bases[insn.segment]) & cpu.linear_mask(),
                             value)) {
    cpu.SetReg<std::uint8_t>(0, value);
  }
}

constexpr std::uint32_t kAhFlags = kCarry | kParity | kAuxiliary | kZero | kSign;

void RunFlagOps(Cpu& cpu, const Instruction& insn) {
  switch (insn.opcode) {
    case 0x9E:
      SetFlags(cpu, kAhFlags, cpu.GetReg<std::uint8_t>(1) & kAhFlags);
      break;
    case 0x9F:
      cpu.SetReg<std::uint8_t>(1, static_cast<std::uint8_t>((cpu.eflags & kAhFlags) | 2));
      break;
    case 0xD6:
      cpu.SetReg<std::uint8_t>(0, (cpu.eflags & kCarry) != 0 ? 0xFF : 0);
      break;
    case 0xF5:
      cpu.eflags ^= kCarry;
      break;
    case 0xF8:
    case 0xF9:
      SetFlags(cpu, kCarry, insn.opcode == 0xF9 ? kCarry : 0u);
      break;
    default:
      SetFlags(cpu, kDirection, insn.opcode == 0xFD ? kDirection : 0u);
      break;
  }
}

}  // namespace

Handler BindMov(const Instruction& insn) {
  return insn.opcode < 0x8A ? Pick<MovToRm>(insn) : Pick<MovToReg>(insn);
}

Handler BindMovImmReg(const Instruction& insn) { return Pick<MovImm>(insn); }

Handler BindMovImm(const Instruction& insn) {
  return (insn.modrm & 0x38) == 0 ? Pick<MovImm>(insn) : &RunInvalid;
}

Handler BindMoffs(const Instruction& insn) {
  return insn.opcode < 0xA2 ? Pick<MoffsToAcc>(insn) : Pick<AccToMoffs>(insn);
}

Handler BindLea(const Instruction& insn) { return insn.is_memory ? Pick<Lea>(insn) : &RunInvalid; }

Handler BindXchg(const Instruction& insn) { return Pick<Xchg>(insn); }

Handler BindXchgAx(const Instruction& insn) {
  // 0x90 is "nop", which leaves the upper half alone; with REX.B it exchanges r8.
  return insn.opcode == 0x90 && (insn.rex & 1) == 0 ? BindNop(insn) : Pick<XchgAx>(insn);
}

Handler BindMovx(const Instruction& insn) {
  switch (insn.opcode) {
    case 0xB6:
      return Pick<Extend<std::uint8_t, false>>(insn);
    case 0xB7:
      return Pick<Extend<std::uint16_t, false>>(insn);
    case 0xBE:
      return Pick<Extend<std::uint8_t, true>>(insn);
    default:
      return Pick<Extend<std::uint16_t, true>>(insn);
  }
}

Handler BindMovsxd(const Instruction& insn) {
  if (!insn.is_64) {
    return nullptr;  // arpl
  }
  // With 16-bit operands only 16 bits are read.
  return insn.size_log == 1 ? Pick<Extend<std::uint16_t, true>>(insn)
                            : Pick<Extend<std::uint32_t, true>>(insn);
}

Handler BindCmov(const Instruction& insn) { return Pick<Cmov>(insn); }
Handler BindSetcc(const Instruction&) { return &RunSetcc; }

Handler BindFromSegment(const Instruction& insn) {
  return SegmentNumber(insn) < 6 ? &RunFromSegment : &RunInvalid;
}

Handler BindToSegment(const Instruction& insn) {
  return SegmentNumber(insn) < 6 && SegmentNumber(insn) != kCs ? &RunToSegment : &RunInvalid;
}

Handler BindXlat(const Instruction&) { return &RunXlat; }
Handler BindFlagOps(const Instruction&) { return &RunFlagOps; }

Handler BindMovnti(const Instruction& insn) {
  return insn.is_memory ? Pick<MovToRm>(insn) : &RunInvalid;
}

}  // namespace day::emulate::x86
