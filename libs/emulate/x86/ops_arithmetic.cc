// Addition to division: "add" and its seven brothers, inc, dec, neg, not, mul, div, xadd, cmpxchg.
#include <limits>

#include "libs/emulate/x86/flags.h"
#include "libs/emulate/x86/ops.h"

namespace day::emulate::x86 {
namespace {

enum class Operands : std::uint8_t { kRmReg, kRegRm, kAccImm, kRmImm };

// The operations in the order of their opcodes.
enum AluOp : unsigned { kAdd, kOr, kAdc, kSbb, kAnd, kSub, kXor, kCmp };

template <unsigned kOp, typename T>
T Compute(Cpu& cpu, T a, T b) {
  const unsigned carry = cpu.eflags & kCarry;
  if constexpr (kOp == kAdd) {
    return AddFlags<T>(cpu, a, b, 0);
  } else if constexpr (kOp == kAdc) {
    return AddFlags<T>(cpu, a, b, carry);
  } else if constexpr (kOp == kSub || kOp == kCmp) {
    return SubFlags<T>(cpu, a, b, 0);
  } else if constexpr (kOp == kSbb) {
    return SubFlags<T>(cpu, a, b, carry);
  } else {
    const T result = static_cast<T>(kOp == kOr ? a | b : kOp == kAnd ? a & b : a ^ b);
    LogicFlags(cpu, result);
    return result;
  }
}

template <unsigned kOp, Operands kOperands>
struct Alu {
  template <typename T>
  static void Run(Cpu& cpu, const Instruction& insn) {
    if constexpr (kOperands == Operands::kRegRm || kOperands == Operands::kAccImm) {
      const std::uint8_t target = kOperands == Operands::kRegRm ? insn.reg : 0;
      T value = static_cast<T>(insn.imm);
      if (kOperands == Operands::kRegRm && !cpu.GetRm<T>(insn, value)) {
        return;
      }
      const T result = Compute<kOp, T>(cpu, cpu.GetReg<T>(target), value);
      if (kOp != kCmp) {
        cpu.SetReg<T>(target, result);
      }
    } else {
      T target;
      if (!cpu.GetRm<T>(insn, target)) {
        return;
      }
      const T value =
          kOperands == Operands::kRmReg ? cpu.GetReg<T>(insn.reg) : static_cast<T>(insn.imm);
      const std::uint32_t before = cpu.eflags;
      const T result = Compute<kOp, T>(cpu, target, value);
      if (kOp != kCmp && !cpu.SetRm<T>(insn, result)) {
        cpu.eflags = before;
      }
    }
  }
};

template <unsigned kOp>
Handler PickAlu(const Instruction& insn) {
  switch (insn.opcode >> 1 & 3) {
    case 0:
      return Pick<Alu<kOp, Operands::kRmReg>>(insn);
    case 1:
      return Pick<Alu<kOp, Operands::kRegRm>>(insn);
    default:
      return Pick<Alu<kOp, Operands::kAccImm>>(insn);
  }
}

template <unsigned kOp>
Handler PickGroup1(const Instruction& insn) {
  return Pick<Alu<kOp, Operands::kRmImm>>(insn);
}

struct Test {
  template <typename T>
  static void Run(Cpu& cpu, const Instruction& insn) {
    T value;
    if (cpu.GetRm<T>(insn, value)) {
      LogicFlags<T>(cpu, static_cast<T>(value & cpu.GetReg<T>(insn.reg)));
    }
  }
};

struct TestAccImm {
  template <typename T>
  static void Run(Cpu& cpu, const Instruction& insn) {
    LogicFlags<T>(cpu, static_cast<T>(cpu.GetReg<T>(0) & static_cast<T>(insn.imm)));
  }
};

struct TestRmImm {
  template <typename T>
  static void Run(Cpu& cpu, const Instruction& insn) {
    T value;
    if (cpu.GetRm<T>(insn, value)) {
      LogicFlags<T>(cpu, static_cast<T>(value & static_cast<T>(insn.imm)));
    }
  }
};

// One more or one less; the carry stays.
template <bool kIncrement>
struct Step {
  template <typename T>
  static void Run(Cpu& cpu, const Instruction& insn) {
    T value;
    if (!cpu.GetRm<T>(insn, value)) {
      return;
    }
    const std::uint32_t before = cpu.eflags;
    const T result =
        kIncrement ? AddFlags<T>(cpu, value, T{1}, 0) : SubFlags<T>(cpu, value, T{1}, 0);
    SetFlags(cpu, kCarry, before & kCarry);
    if (!cpu.SetRm<T>(insn, result)) {
      cpu.eflags = before;
    }
  }
};

struct Not {
  template <typename T>
  static void Run(Cpu& cpu, const Instruction& insn) {
    T value;
    if (cpu.GetRm<T>(insn, value)) {
      (void)cpu.SetRm<T>(insn, static_cast<T>(~value));
    }
  }
};

struct Neg {
  template <typename T>
  static void Run(Cpu& cpu, const Instruction& insn) {
    T value;
    if (!cpu.GetRm<T>(insn, value)) {
      return;
    }
    const std::uint32_t before = cpu.eflags;
    if (!cpu.SetRm<T>(insn, SubFlags<T>(cpu, T{0}, value, 0))) {
      cpu.eflags = before;
    }
  }
};

// Where the upper half of a product or a dividend is: AH, or DX.
template <typename T>
constexpr std::uint8_t kUpper = sizeof(T) == 1 ? 1 : kDx * 8;

// The flags that a product defines are carry and overflow: set if the upper half says anything.
template <typename T>
void ProductFlags(Cpu& cpu, T low, bool is_wide) {
  std::uint32_t flags = ResultFlags(low) & ~static_cast<std::uint32_t>(kZero);
  flags |= is_wide ? kCarry | kOverflow : 0u;
  SetFlags(cpu, kArithmeticFlags & ~static_cast<std::uint32_t>(kZero | kAuxiliary), flags);
}

template <bool kSigned>
struct Multiply {
  template <typename T>
  static void Run(Cpu& cpu, const Instruction& insn) {
    T value;
    if (!cpu.GetRm<T>(insn, value)) {
      return;
    }
    const T acc = cpu.GetReg<T>(0);
    const Wide<T> product =
        kSigned ? MultiplySigned<T>(acc, value) : MultiplyUnsigned<T>(acc, value);
    const T expected =
        kSigned && (product.low & SignBit<T>()) != 0 ? std::numeric_limits<T>::max() : T{0};
    cpu.SetReg<T>(0, product.low);
    cpu.SetReg<T>(kUpper<T>, product.high);
    ProductFlags<T>(cpu, product.low, product.high != expected);
  }
};

template <bool kThreeOperands>
struct Imul {
  template <typename T>
  static void Run(Cpu& cpu, const Instruction& insn) {
    T value;
    if (!cpu.GetRm<T>(insn, value)) {
      return;
    }
    const T factor = kThreeOperands ? static_cast<T>(insn.imm) : cpu.GetReg<T>(insn.reg);
    const Wide<T> product = MultiplySigned<T>(value, factor);
    const T expected = (product.low & SignBit<T>()) != 0 ? std::numeric_limits<T>::max() : T{0};
    cpu.SetReg<T>(insn.reg, product.low);
    ProductFlags<T>(cpu, product.low, product.high != expected);
  }
};

template <typename T>
struct TwiceOf {
  using U = std::uint64_t;
  using S = std::int64_t;
};
template <>
struct TwiceOf<std::uint64_t> {
  __extension__ using U = unsigned __int128;
  __extension__ using S = __int128;
};

template <bool kSigned>
struct Divide {
  template <typename T>
  static void Run(Cpu& cpu, const Instruction& insn) {
    using U = typename TwiceOf<T>::U;
    using S = typename TwiceOf<T>::S;
    using N = std::make_signed_t<T>;
    T value;
    if (!cpu.GetRm<T>(insn, value)) {
      return;
    }
    const U dividend = static_cast<U>(cpu.GetReg<T>(kUpper<T>)) << kBits<T> | cpu.GetReg<T>(0);
    if (value == 0) {
      cpu.Fail(StopKind::kDivide);
      return;
    }
    U quotient;
    U rest;
    bool fits;
    if constexpr (kSigned) {
      // Sign-extends what is narrower than its type.
      constexpr unsigned kUnused = sizeof(U) * 8 - 2 * kBits<T>;
      const S number = static_cast<S>(dividend << kUnused) >> kUnused;
      const S divisor = static_cast<N>(value);
      // The only quotient that a type of this width cannot hold is its own minimum by -1.
      const bool is_minimum = static_cast<U>(number) == U{1} << (sizeof(U) * 8 - 1);
      const S result = is_minimum && divisor == -1 ? 0 : number / divisor;
      fits = !(is_minimum && divisor == -1) && result >= std::numeric_limits<N>::min() &&
             result <= std::numeric_limits<N>::max();
      quotient = static_cast<U>(result);
      rest = fits ? static_cast<U>(number % divisor) : 0;
    } else {
      quotient = dividend / value;
      rest = dividend % value;
      fits = quotient <= std::numeric_limits<T>::max();
    }
    if (!fits) {
      cpu.Fail(StopKind::kDivide);
      return;
    }
    cpu.SetReg<T>(0, static_cast<T>(quotient));
    cpu.SetReg<T>(kUpper<T>, static_cast<T>(rest));
  }
};

struct Xadd {
  template <typename T>
  static void Run(Cpu& cpu, const Instruction& insn) {
    T value;
    if (!cpu.GetRm<T>(insn, value)) {
      return;
    }
    const std::uint32_t before = cpu.eflags;
    const T sum = AddFlags<T>(cpu, value, cpu.GetReg<T>(insn.reg), 0);
    // The order matters when both are the same register: the sum stays.
    if (insn.is_memory) {
      if (!cpu.SetRm<T>(insn, sum)) {
        cpu.eflags = before;
        return;
      }
      cpu.SetReg<T>(insn.reg, value);
    } else {
      cpu.SetReg<T>(insn.reg, value);
      cpu.SetReg<T>(insn.rm, sum);
    }
  }
};

struct Cmpxchg {
  template <typename T>
  static void Run(Cpu& cpu, const Instruction& insn) {
    T value;
    if (!cpu.GetRm<T>(insn, value)) {
      return;
    }
    const std::uint32_t before = cpu.eflags;
    const T acc = cpu.GetReg<T>(0);
    (void)SubFlags<T>(cpu, acc, value, 0);
    // Memory is written in both cases, so a page that may not be written faults in both.
    if (acc == value) {
      if (!cpu.SetRm<T>(insn, cpu.GetReg<T>(insn.reg))) {
        cpu.eflags = before;
      }
      return;
    }
    if (insn.is_memory && !cpu.SetRm<T>(insn, value)) {
      cpu.eflags = before;
      return;
    }
    cpu.SetReg<T>(0, acc == value ? acc : value);
  }
};

// cmpxchg8b and, with T of 64 bits, cmpxchg16b.
template <typename T>
void CompareExchangeTwo(Cpu& cpu, const Instruction& insn) {
  const std::uint64_t address = cpu.LinearAddress(insn);
  T low;
  T high;
  if (!cpu.Read<T>(address, low) || !cpu.Read<T>(address + sizeof(T), high)) {
    return;
  }
  const bool equal = low == cpu.GetReg<T>(kAx * 8) && high == cpu.GetReg<T>(kDx * 8);
  const T new_low = equal ? cpu.GetReg<T>(kBx * 8) : low;
  const T new_high = equal ? cpu.GetReg<T>(kCx * 8) : high;
  if (!cpu.Write<T>(address + sizeof(T), new_high) || !cpu.Write<T>(address, new_low)) {
    return;
  }
  if (!equal) {
    cpu.SetReg<T>(kAx * 8, low);
    cpu.SetReg<T>(kDx * 8, high);
  }
  SetFlags(cpu, kZero, equal ? kZero : 0u);
}

std::uint8_t Low(const Cpu& cpu) { return cpu.GetReg<std::uint8_t>(0); }

void RunDaa(Cpu& cpu, const Instruction& insn) {
  const bool subtracts = insn.opcode == 0x2F;
  const std::uint8_t old = Low(cpu);
  const bool old_carry = (cpu.eflags & kCarry) != 0;
  std::uint8_t value = old;
  std::uint32_t flags = 0;
  const auto adjust = [&](unsigned amount) {
    value = static_cast<std::uint8_t>(subtracts ? value - amount : value + amount);
  };
  if ((old & 0x0F) > 9 || (cpu.eflags & kAuxiliary) != 0) {
    const bool wraps = subtracts ? old < 6 : old > 0xF9;
    adjust(6);
    flags |= kAuxiliary | (old_carry || wraps ? kCarry : 0u);
  }
  if (old > 0x99 || old_carry) {
    adjust(0x60);
    flags |= kCarry;
  }
  cpu.SetReg<std::uint8_t>(0, value);
  SetFlags(cpu, kArithmeticFlags, flags | ResultFlags(value));
}

void RunAaa(Cpu& cpu, const Instruction& insn) {
  const bool adjusts = (Low(cpu) & 0x0F) > 9 || (cpu.eflags & kAuxiliary) != 0;
  std::uint16_t ax = cpu.GetReg<std::uint16_t>(0);
  if (adjusts && insn.opcode == 0x37) {
    ax = static_cast<std::uint16_t>(ax + 0x106);
  } else if (adjusts) {
    ax = static_cast<std::uint16_t>(ax - 0x106);
  }
  ax = static_cast<std::uint16_t>(ax & 0xFF0F);
  cpu.SetReg<std::uint16_t>(0, ax);
  SetFlags(cpu, kArithmeticFlags,
           (adjusts ? kCarry | kAuxiliary : 0u) | ResultFlags(static_cast<std::uint8_t>(ax)));
}

void RunAam(Cpu& cpu, const Instruction& insn) {
  const auto divisor = static_cast<std::uint8_t>(insn.imm);
  if (divisor == 0) {
    cpu.Fail(StopKind::kDivide);
    return;
  }
  const std::uint8_t value = Low(cpu);
  const auto rest = static_cast<std::uint8_t>(value % divisor);
  cpu.SetReg<std::uint16_t>(0, static_cast<std::uint16_t>((value / divisor) << 8 | rest));
  SetFlags(cpu, kArithmeticFlags, ResultFlags(rest));
}

void RunAad(Cpu& cpu, const Instruction& insn) {
  const std::uint16_t ax = cpu.GetReg<std::uint16_t>(0);
  const auto value = static_cast<std::uint8_t>((ax & 0xFFu) + (ax >> 8) * insn.imm);
  cpu.SetReg<std::uint16_t>(0, value);
  SetFlags(cpu, kArithmeticFlags, ResultFlags(value));
}

void RunCbw(Cpu& cpu, const Instruction& insn) {
  switch (insn.size_log) {
    case 1:
      cpu.SetReg<std::uint16_t>(
          0, static_cast<std::uint16_t>(static_cast<std::int8_t>(cpu.GetReg<std::uint8_t>(0))));
      break;
    case 2:
      cpu.SetReg<std::uint32_t>(
          0, static_cast<std::uint32_t>(static_cast<std::int16_t>(cpu.GetReg<std::uint16_t>(0))));
      break;
    default:
      cpu.SetReg<std::uint64_t>(
          0, static_cast<std::uint64_t>(static_cast<std::int32_t>(cpu.GetReg<std::uint32_t>(0))));
      break;
  }
}

struct Cwd {
  template <typename T>
  static void Run(Cpu& cpu, const Instruction&) {
    const bool is_negative = (cpu.GetReg<T>(0) & SignBit<T>()) != 0;
    cpu.SetReg<T>(kDx * 8, is_negative ? std::numeric_limits<T>::max() : T{0});
  }
};

unsigned Group(const Instruction& insn) { return insn.modrm >> 3 & 7; }

}  // namespace

Handler BindAlu(const Instruction& insn) {
  constexpr Binder kBinders[] = {&PickAlu<kAdd>, &PickAlu<kOr>,  &PickAlu<kAdc>, &PickAlu<kSbb>,
                                 &PickAlu<kAnd>, &PickAlu<kSub>, &PickAlu<kXor>, &PickAlu<kCmp>};
  return kBinders[insn.opcode >> 3 & 7](insn);
}

Handler BindGroup1(const Instruction& insn) {
  constexpr Binder kBinders[] = {&PickGroup1<kAdd>, &PickGroup1<kOr>,  &PickGroup1<kAdc>,
                                 &PickGroup1<kSbb>, &PickGroup1<kAnd>, &PickGroup1<kSub>,
                                 &PickGroup1<kXor>, &PickGroup1<kCmp>};
  return kBinders[Group(insn)](insn);
}

Handler BindTest(const Instruction& insn) { return Pick<Test>(insn); }
Handler BindTestImm(const Instruction& insn) { return Pick<TestAccImm>(insn); }

Handler BindIncReg(const Instruction& insn) {
  return insn.opcode < 0x48 ? Pick<Step<true>>(insn) : Pick<Step<false>>(insn);
}

Handler BindIncDec(const Instruction& insn) {
  switch (Group(insn)) {
    case 0:
      return Pick<Step<true>>(insn);
    case 1:
      return Pick<Step<false>>(insn);
    default:
      return &RunInvalid;
  }
}

Handler BindGroup3(const Instruction& insn) {
  switch (Group(insn)) {
    case 0:
    case 1:
      return Pick<TestRmImm>(insn);
    case 2:
      return Pick<Not>(insn);
    case 3:
      return Pick<Neg>(insn);
    case 4:
      return Pick<Multiply<false>>(insn);
    case 5:
      return Pick<Multiply<true>>(insn);
    case 6:
      return Pick<Divide<false>>(insn);
    default:
      return Pick<Divide<true>>(insn);
  }
}

Handler BindImul2(const Instruction& insn) { return Pick<Imul<false>>(insn); }
Handler BindImul3(const Instruction& insn) { return Pick<Imul<true>>(insn); }
Handler BindXadd(const Instruction& insn) { return Pick<Xadd>(insn); }
Handler BindCmpxchg(const Instruction& insn) { return Pick<Cmpxchg>(insn); }

Handler BindGroup9(const Instruction& insn) {
  if (!insn.is_memory || Group(insn) != 1) {
    return nullptr;
  }
  return insn.size_log == 3 ? &CompareExchangeTwo<std::uint64_t>
                            : &CompareExchangeTwo<std::uint32_t>;
}

Handler BindDecimal(const Instruction& insn) {
  switch (insn.opcode) {
    case 0x27:
    case 0x2F:
      return &RunDaa;
    case 0x37:
    case 0x3F:
      return &RunAaa;
    case 0xD4:
      return &RunAam;
    default:
      return &RunAad;
  }
}

Handler BindConvert(const Instruction& insn) {
  return insn.opcode == 0x98 ? &RunCbw : Pick<Cwd>(insn);
}

}  // namespace day::emulate::x86
