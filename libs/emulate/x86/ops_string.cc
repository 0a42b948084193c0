// movs, cmps, stos, lods and scas, with their repeat prefixes. A repeated instruction ends early
// when the instructions of Run() are used up; it is then begun again where it was.
#include "libs/emulate/x86/flags.h"
#include "libs/emulate/x86/ops.h"

namespace day::emulate::x86 {
namespace {

// Pointers are as wide as addresses are; narrower ones leave the rest of the register.
void Advance(Cpu& cpu, const Instruction& insn, Register which, std::uint64_t by) {
  const std::uint64_t moved = (cpu.registers[which] + by) & insn.address_mask;
  if (insn.address_log == 1) {
    cpu.SetReg<std::uint16_t>(static_cast<std::uint8_t>(which * 8),
                              static_cast<std::uint16_t>(moved));
  } else {
    cpu.registers[which] = moved;
  }
}

std::uint64_t Source(const Cpu& cpu, const Instruction& insn) {
  return ((cpu.registers[kSi] & insn.address_mask) + cpu.segment_bases[insn.segment]) &
         cpu.linear_mask();
}

std::uint64_t Target(const Cpu& cpu, const Instruction& insn) {
  return (cpu.registers[kDi] & insn.address_mask) & cpu.linear_mask();
}

struct Movs {
  static constexpr bool kCompares = false;
  template <typename T>
  static bool Round(Cpu& cpu, const Instruction& insn, std::uint64_t step) {
    T value;
    if (!cpu.Read<T>(Source(cpu, insn), value) || !cpu.Write<T>(Target(cpu, insn), value)) {
      return false;
    }
    Advance(cpu, insn, kSi, step);
    Advance(cpu, insn, kDi, step);
    return true;
  }
};

struct Cmps {
  static constexpr bool kCompares = true;
  template <typename T>
  static bool Round(Cpu& cpu, const Instruction& insn, std::uint64_t step) {
    T a;
    T b;
    if (!cpu.Read<T>(Source(cpu, insn), a) || !cpu.Read<T>(Target(cpu, insn), b)) {
      return false;
    }
    (void)SubFlags<T>(cpu, a, b, 0);
    Advance(cpu, insn, kSi, step);
    Advance(cpu, insn, kDi, step);
    return true;
  }
};

struct Stos {
  static constexpr bool kCompares = false;
  template <typename T>
  static bool Round(Cpu& cpu, const Instruction& insn, std::uint64_t step) {
    if (!cpu.Write<T>(Target(cpu, insn), cpu.GetReg<T>(0))) {
      return false;
    }
    Advance(cpu, insn, kDi, step);
    return true;
  }
};

struct Lods {
  static constexpr bool kCompares = false;
  template <typename T>
  static bool Round(Cpu& cpu, const Instruction& insn, std::uint64_t step) {
    T value;
    if (!cpu.Read<T>(Source(cpu, insn), value)) {
      return false;
    }
    cpu.SetReg<T>(0, value);
    Advance(cpu, insn, kSi, step);
    return true;
  }
};

struct Scas {
  static constexpr bool kCompares = true;
  template <typename T>
  static bool Round(Cpu& cpu, const Instruction& insn, std::uint64_t step) {
    T value;
    if (!cpu.Read<T>(Target(cpu, insn), value)) {
      return false;
    }
    (void)SubFlags<T>(cpu, cpu.GetReg<T>(0), value, 0);
    Advance(cpu, insn, kDi, step);
    return true;
  }
};

template <class Op>
struct Once {
  template <typename T>
  static void Run(Cpu& cpu, const Instruction& insn) {
    const bool is_down = (cpu.eflags & kDirection) != 0;
    (void)Op::template Round<T>(cpu, insn, is_down ? std::uint64_t{0} - sizeof(T) : sizeof(T));
  }
};

template <class Op>
struct Repeated {
  template <typename T>
  static void Run(Cpu& cpu, const Instruction& insn) {
    const bool is_down = (cpu.eflags & kDirection) != 0;
    const std::uint64_t step = is_down ? std::uint64_t{0} - sizeof(T) : sizeof(T);
    const bool goes_on_if_equal = insn.repeat == Repeat::kWhileEqual;
    std::uint64_t count = cpu.registers[kCx] & insn.address_mask;
    std::uint64_t rounds = 0;
    // The instruction itself is counted already.
    const std::uint64_t rounds_max = cpu.rounds_left() + 1;
    bool is_finished = count == 0;
    while (!is_finished && rounds < rounds_max && Op::template Round<T>(cpu, insn, step)) {
      --count;
      ++rounds;
      const bool is_equal = (cpu.eflags & kZero) != 0;
      is_finished = count == 0 || (Op::kCompares && is_equal != goes_on_if_equal);
    }
    Advance(cpu, insn, kCx, count - cpu.registers[kCx]);
    cpu.CountRounds(rounds > 0 ? rounds - 1 : 0);
    if (!is_finished) {
      cpu.Jump(cpu.instruction_start());
    }
  }
};

template <class Op>
Handler PickString(const Instruction& insn) {
  return insn.repeat == Repeat::kNone ? Pick<Once<Op>>(insn) : Pick<Repeated<Op>>(insn);
}

}  // namespace

Handler BindString(const Instruction& insn) {
  switch (insn.opcode & 0xFE) {
    case 0xA4:
      return PickString<Movs>(insn);
    case 0xA6:
      return PickString<Cmps>(insn);
    case 0xAA:
      return PickString<Stos>(insn);
    case 0xAC:
      return PickString<Lods>(insn);
    default:
      return PickString<Scas>(insn);
  }
}

}  // namespace day::emulate::x86
