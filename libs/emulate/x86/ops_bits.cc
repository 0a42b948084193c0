// Shifts, rotations, and single bits.
#include <bit>
#include <limits>

#include "libs/base/bytes.h"
#include "libs/emulate/x86/flags.h"
#include "libs/emulate/x86/ops.h"

namespace day::emulate::x86 {
namespace {

enum ShiftOp : unsigned { kRol, kRor, kRcl, kRcr, kShl, kShr, kSal, kSar };

template <typename T>
bool TopBit(T value) {
  return (value & SignBit<T>()) != 0;
}

// Rotations through the register: carry is the bit that came round; overflow is defined for one
// step only, and is given by the same formula for the others.
template <unsigned kOp, typename T>
T Rotate(Cpu& cpu, T value, unsigned count) {
  const unsigned steps = count % kBits<T>;
  T result = value;
  if (steps != 0) {
    const unsigned left = kOp == kRol ? steps : kBits<T> - steps;
    result =
        static_cast<T>(static_cast<T>(value << left) | static_cast<T>(value >> (kBits<T> - left)));
  }
  const bool carry = kOp == kRol ? (result & 1) != 0 : TopBit(result);
  const bool second = (result & (SignBit<T>() >> 1)) != 0;
  const bool overflow = TopBit(result) != (kOp == kRol ? carry : second);
  SetFlags(cpu, kCarry | kOverflow, (carry ? kCarry : 0u) | (overflow ? kOverflow : 0u));
  return result;
}

// Rotations through the carry: of one bit more than the operand has.
template <unsigned kOp, typename T>
T RotateCarry(Cpu& cpu, T value, unsigned count) {
  const unsigned steps = count % (kBits<T> + 1);
  bool carry = (cpu.eflags & kCarry) != 0;
  T result = value;
  for (unsigned i = 0; i < steps; ++i) {
    if (kOp == kRcl) {
      const bool out = TopBit(result);
      result = static_cast<T>(static_cast<T>(result << 1) | (carry ? 1 : 0));
      carry = out;
    } else {
      const bool out = (result & 1) != 0;
      result = static_cast<T>((result >> 1) | (carry ? SignBit<T>() : T{0}));
      carry = out;
    }
  }
  const bool second = (result & (SignBit<T>() >> 1)) != 0;
  const bool overflow = TopBit(result) != (kOp == kRcl ? carry : second);
  SetFlags(cpu, kCarry | kOverflow, (carry ? kCarry : 0u) | (overflow ? kOverflow : 0u));
  return result;
}

template <unsigned kOp, typename T>
T ShiftBits(Cpu& cpu, T value, unsigned count) {
  using S = std::make_signed_t<T>;
  bool carry = false;
  bool overflow = false;
  T result = 0;
  if constexpr (kOp == kShl) {
    carry = count <= kBits<T> && (value >> (kBits<T> - count) & 1) != 0;
    result = count < kBits<T> ? static_cast<T>(value << count) : T{0};
    overflow = TopBit(result) != carry;
  } else if constexpr (kOp == kShr) {
    carry = count <= kBits<T> && (value >> (count - 1) & 1) != 0;
    result = count < kBits<T> ? static_cast<T>(value >> count) : T{0};
    overflow = TopBit(value);
  } else {
    const unsigned steps = count < kBits<T> ? count : kBits<T> - 1;
    carry = (static_cast<S>(value) >> (count <= kBits<T> ? count - 1 : kBits<T> - 1) & 1) != 0;
    result = static_cast<T>(static_cast<S>(value) >> steps);
  }
  SetFlags(cpu, kArithmeticFlags,
           ResultFlags(result) | (carry ? kCarry : 0u) | (overflow ? kOverflow : 0u));
  return result;
}

template <unsigned kOp, typename T>
T ShiftOrRotate(Cpu& cpu, T value, unsigned count) {
  if constexpr (kOp == kRol || kOp == kRor) {
    return Rotate<kOp, T>(cpu, value, count);
  } else if constexpr (kOp == kRcl || kOp == kRcr) {
    return RotateCarry<kOp, T>(cpu, value, count);
  } else if constexpr (kOp == kSal) {
    return ShiftBits<kShl, T>(cpu, value, count);
  } else {
    return ShiftBits<kOp, T>(cpu, value, count);
  }
}

template <unsigned kOp>
struct Shift {
  template <typename T>
  static void Run(Cpu& cpu, const Instruction& insn) {
    T value;
    if (!cpu.GetRm<T>(insn, value)) {
      return;
    }
    std::uint64_t count = 1;
    if (insn.opcode < 0xD0) {
      count = insn.imm;
    } else if (insn.opcode >= 0xD2) {
      count = cpu.GetReg<std::uint8_t>(kCx * 8);
    }
    count &= sizeof(T) == 8 ? 63u : 31u;
    const std::uint32_t before = cpu.eflags;
    // Even a shift by nothing writes: 32 bits clear the upper half, and memory must be writable.
    const T result =
        count == 0 ? value : ShiftOrRotate<kOp, T>(cpu, value, static_cast<unsigned>(count));
    if (!cpu.SetRm<T>(insn, result)) {
      cpu.eflags = before;
    }
  }
};

template <bool kLeft>
struct DoubleShift {
  template <typename T>
  static void Run(Cpu& cpu, const Instruction& insn) {
    T value;
    if (!cpu.GetRm<T>(insn, value)) {
      return;
    }
    const std::uint64_t raw = (insn.opcode & 1) == 0 ? insn.imm : cpu.GetReg<std::uint8_t>(kCx * 8);
    const unsigned masked = static_cast<unsigned>(raw) & (sizeof(T) == 8 ? 63u : 31u);
    const T other = cpu.GetReg<T>(insn.reg);
    // Counts beyond 16 of 16-bit operands are undefined; here they go on rotating.
    const unsigned count = masked > kBits<T> ? masked - kBits<T> : masked;
    const T first = masked > kBits<T> ? other : value;
    const T second = masked > kBits<T> ? value : other;
    if (count == 0) {
      (void)cpu.SetRm<T>(insn, value);
      return;
    }
    T result;
    bool carry;
    if (kLeft) {
      carry = (first >> (kBits<T> - count) & 1) != 0;
      result = count == kBits<T> ? second
                                 : static_cast<T>(static_cast<T>(first << count) |
                                                  static_cast<T>(second >> (kBits<T> - count)));
    } else {
      carry = (first >> (count - 1) & 1) != 0;
      result = count == kBits<T> ? second
                                 : static_cast<T>(static_cast<T>(first >> count) |
                                                  static_cast<T>(second << (kBits<T> - count)));
    }
    const bool overflow = TopBit(result) != TopBit(value);
    if (cpu.SetRm<T>(insn, result)) {
      SetFlags(cpu, kArithmeticFlags,
               ResultFlags(result) | (carry ? kCarry : 0u) | (overflow ? kOverflow : 0u));
    }
  }
};

enum BitOp : unsigned { kBt, kBts, kBtr, kBtc };

template <unsigned kOp, typename T>
T ChangeBit(T value, unsigned bit) {
  const T mask = static_cast<T>(T{1} << bit);
  if constexpr (kOp == kBts) {
    return static_cast<T>(value | mask);
  } else if constexpr (kOp == kBtr) {
    return static_cast<T>(value & static_cast<T>(~mask));
  } else if constexpr (kOp == kBtc) {
    return static_cast<T>(value ^ mask);
  } else {
    return value;
  }
}

// A bit by number. In memory a register's number reaches beyond the operand, to both sides.
template <unsigned kOp, bool kImm>
struct Bit {
  template <typename T>
  static void Run(Cpu& cpu, const Instruction& insn) {
    using S = std::make_signed_t<T>;
    const T number = kImm ? static_cast<T>(insn.imm & 0xFF) : cpu.GetReg<T>(insn.reg);
    const auto bit = static_cast<unsigned>(number & (kBits<T> - 1));
    T value;
    if (!insn.is_memory) {
      value = cpu.GetReg<T>(insn.rm);
      if (kOp != kBt) {
        cpu.SetReg<T>(insn.rm, ChangeBit<kOp, T>(value, bit));
      }
    } else {
      std::uint64_t offset = 0;
      if (!kImm) {
        constexpr int kLog = std::countr_zero(kBits<T>);
        const auto words = static_cast<std::int64_t>(static_cast<S>(number)) >> kLog;
        offset = static_cast<std::uint64_t>(words) * sizeof(T);
      }
      const std::uint64_t address = (((cpu.EffectiveAddress(insn) + offset) & insn.address_mask) +
                                     cpu.segment_bases[insn.segment]) &
                                    cpu.linear_mask();
      if (!cpu.Read<T>(address, value) ||
          (kOp != kBt && !cpu.Write<T>(address, ChangeBit<kOp, T>(value, bit)))) {
        return;
      }
    }
    SetFlags(cpu, kCarry, (value >> bit & 1) != 0 ? kCarry : 0u);
  }
};

template <bool kForward>
struct BitScan {
  template <typename T>
  static void Run(Cpu& cpu, const Instruction& insn) {
    T value;
    if (!cpu.GetRm<T>(insn, value)) {
      return;
    }
    // The target stays as it is for zero (but for the upper half of a 32-bit one, on some
    // processors).
    if (value != 0) {
      const int place = kForward ? std::countr_zero(value)
                                 : static_cast<int>(kBits<T>) - 1 - std::countl_zero(value);
      cpu.SetReg<T>(insn.reg, static_cast<T>(place));
    }
    SetFlags(cpu, kZero, value == 0 ? kZero : 0u);
  }
};

template <bool kForward>
struct ZeroCount {
  template <typename T>
  static void Run(Cpu& cpu, const Instruction& insn) {
    T value;
    if (!cpu.GetRm<T>(insn, value)) {
      return;
    }
    const auto result =
        static_cast<T>(kForward ? std::countr_zero(value) : std::countl_zero(value));
    cpu.SetReg<T>(insn.reg, result);
    SetFlags(cpu, kZero | kCarry, (result == 0 ? kZero : 0u) | (value == 0 ? kCarry : 0u));
  }
};

struct Popcnt {
  template <typename T>
  static void Run(Cpu& cpu, const Instruction& insn) {
    T value;
    if (!cpu.GetRm<T>(insn, value)) {
      return;
    }
    cpu.SetReg<T>(insn.reg, static_cast<T>(std::popcount(value)));
    SetFlags(cpu, kArithmeticFlags, value == 0 ? kZero : 0u);
  }
};

struct Bswap {
  template <typename T>
  static void Run(Cpu& cpu, const Instruction& insn) {
    // Undefined for 16 bits; processors give zero.
    const T value = cpu.GetReg<T>(insn.rm);
    cpu.SetReg<T>(insn.rm, sizeof(T) == 2 ? T{0} : base::SwapBytes<T>(value));
  }
};

template <bool kImm>
Handler PickBit(unsigned op, const Instruction& insn) {
  switch (op) {
    case 0:
      return Pick<Bit<kBt, kImm>>(insn);
    case 1:
      return Pick<Bit<kBts, kImm>>(insn);
    case 2:
      return Pick<Bit<kBtr, kImm>>(insn);
    default:
      return Pick<Bit<kBtc, kImm>>(insn);
  }
}

}  // namespace

Handler BindShift(const Instruction& insn) {
  switch (insn.modrm >> 3 & 7) {
    case kRol:
      return Pick<Shift<kRol>>(insn);
    case kRor:
      return Pick<Shift<kRor>>(insn);
    case kRcl:
      return Pick<Shift<kRcl>>(insn);
    case kRcr:
      return Pick<Shift<kRcr>>(insn);
    case kShr:
      return Pick<Shift<kShr>>(insn);
    case kSar:
      return Pick<Shift<kSar>>(insn);
    default:
      return Pick<Shift<kShl>>(insn);
  }
}

Handler BindDoubleShift(const Instruction& insn) {
  return insn.opcode < 0xA8 ? Pick<DoubleShift<true>>(insn) : Pick<DoubleShift<false>>(insn);
}

Handler BindBitTest(const Instruction& insn) { return PickBit<false>(insn.opcode >> 3 & 3, insn); }

Handler BindGroup8(const Instruction& insn) {
  const unsigned op = insn.modrm >> 3 & 7;
  return op < 4 ? &RunInvalid : PickBit<true>(op - 4, insn);
}

Handler BindBitScan(const Instruction& insn) {
  const bool is_forward = insn.opcode == 0xBC;
  if (insn.repeat == Repeat::kWhileEqual) {
    return is_forward ? Pick<ZeroCount<true>>(insn) : Pick<ZeroCount<false>>(insn);
  }
  return is_forward ? Pick<BitScan<true>>(insn) : Pick<BitScan<false>>(insn);
}

Handler BindPopcnt(const Instruction& insn) {
  return insn.repeat == Repeat::kWhileEqual ? Pick<Popcnt>(insn) : nullptr;
}

Handler BindBswap(const Instruction& insn) { return Pick<Bswap>(insn); }

}  // namespace day::emulate::x86
