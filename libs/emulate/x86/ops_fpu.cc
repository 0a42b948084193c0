// x87, as far as stubs use it: loads, stores, the four operations, constants, control and
// environment. Values are doubles: nothing that a stub computes for its keys needs more, and the
// result is the same on every machine.
#include <bit>
#include <cmath>
#include <limits>

#include "libs/emulate/x86/flags.h"
#include "libs/emulate/x86/ops.h"

namespace day::emulate::x86 {
namespace {

double& St(Cpu& cpu, unsigned i) { return cpu.fpu.values[(cpu.fpu.top + i) % 8]; }

void PushValue(Cpu& cpu, double value) {
  cpu.fpu.top = static_cast<std::uint8_t>((cpu.fpu.top + 7) % 8);
  cpu.fpu.is_used[cpu.fpu.top] = true;
  St(cpu, 0) = value;
}

void PopValue(Cpu& cpu) {
  cpu.fpu.is_used[cpu.fpu.top] = false;
  cpu.fpu.top = static_cast<std::uint8_t>((cpu.fpu.top + 1) % 8);
}

std::uint16_t StatusWord(const Cpu& cpu) {
  return static_cast<std::uint16_t>(cpu.fpu.status | cpu.fpu.top << 11);
}

void Reset(Cpu& cpu) {
  cpu.fpu.is_used.fill(false);
  cpu.fpu.control = 0x37F;
  cpu.fpu.status = 0;
  cpu.fpu.top = 0;
  cpu.fpu.last_ip = 0;
}

// Rounded to the nearest, ties to even; the "indefinite" integer if it does not fit.
template <typename S>
S ToInteger(double value) {
  const double rounded = std::nearbyint(value);
  const double limit = std::ldexp(1.0, static_cast<int>(sizeof(S) * 8) - 1);
  if (!(rounded >= -limit && rounded < limit)) {
    return std::numeric_limits<S>::min();
  }
  return static_cast<S>(rounded);
}

double Operate(unsigned op, double a, double b) {
  switch (op) {
    case 0:
      return a + b;
    case 1:
      return a * b;
    case 4:
      return a - b;
    case 5:
      return b - a;
    case 6:
      return a / b;
    default:
      return b / a;
  }
}

// C0, C2 and C3 as fcom sets them.
void Compare(Cpu& cpu, double a, double b) {
  constexpr unsigned kC0 = 0x100;
  constexpr unsigned kC2 = 0x400;
  constexpr unsigned kC3 = 0x4000;
  unsigned bits = kC0 | kC2 | kC3;
  if (a > b) {
    bits = 0;
  } else if (a < b) {
    bits = kC0;
  } else if (a == b) {
    bits = kC3;
  }
  cpu.fpu.status = static_cast<std::uint16_t>((cpu.fpu.status & ~0x4500u) | bits);
}

// One of the eight operations of D8, DA, DC and DE on ST(0).
void OperateTop(Cpu& cpu, unsigned op, double value) {
  if (op == 2 || op == 3) {
    Compare(cpu, St(cpu, 0), value);
    if (op == 3) {
      PopValue(cpu);
    }
  } else {
    St(cpu, 0) = Operate(op, St(cpu, 0), value);
  }
}

unsigned Group(const Instruction& insn) { return insn.modrm >> 3 & 7; }

template <typename Bits, typename Value>
bool ReadNumber(Cpu& cpu, const Instruction& insn, double& value) {
  Bits bits{};
  if (!cpu.Read<Bits>(cpu.LinearAddress(insn), bits)) {
    return false;
  }
  value = static_cast<double>(std::bit_cast<Value>(bits));
  return true;
}

// fadd and its like with a number in memory: D8 float, DA int32, DC double, DE int16.
void RunMemoryOperation(Cpu& cpu, const Instruction& insn) {
  double value = 0;
  bool ok = false;
  switch (insn.opcode) {
    case 0xD8:
      ok = ReadNumber<std::uint32_t, float>(cpu, insn, value);
      break;
    case 0xDA:
      ok = ReadNumber<std::uint32_t, std::int32_t>(cpu, insn, value);
      break;
    case 0xDC:
      ok = ReadNumber<std::uint64_t, double>(cpu, insn, value);
      break;
    default:
      ok = ReadNumber<std::uint16_t, std::int16_t>(cpu, insn, value);
      break;
  }
  if (ok) {
    cpu.fpu.last_ip = cpu.instruction_start();
    OperateTop(cpu, Group(insn), value);
  }
}

template <typename Bits, typename Value>
void RunLoad(Cpu& cpu, const Instruction& insn) {
  double value = 0;
  if (ReadNumber<Bits, Value>(cpu, insn, value)) {
    cpu.fpu.last_ip = cpu.instruction_start();
    PushValue(cpu, value);
  }
}

template <typename Bits, typename Value>
void RunStore(Cpu& cpu, const Instruction& insn) {
  Bits bits{};
  if constexpr (std::is_integral_v<Value>) {
    bits = static_cast<Bits>(ToInteger<Value>(St(cpu, 0)));
  } else {
    bits = std::bit_cast<Bits>(static_cast<Value>(St(cpu, 0)));
  }
  if (!cpu.Write<Bits>(cpu.LinearAddress(insn), bits)) {
    return;
  }
  cpu.fpu.last_ip = cpu.instruction_start();
  // "fst" leaves the value; group 3 of all, and fistp of 64 bits (DF /7), take it.
  if (Group(insn) == 3 || Group(insn) == 7) {
    PopValue(cpu);
  }
}

// fnstenv: 28 bytes, of which stubs want the address of the last instruction.
void RunStoreEnvironment(Cpu& cpu, const Instruction& insn) {
  std::uint32_t tags = 0;
  for (unsigned i = 0; i < 8; ++i) {
    tags |= (cpu.fpu.is_used[i] ? 0u : 3u) << (2 * i);
  }
  const std::array<std::uint32_t, 7> words = {0xFFFF'0000u | cpu.fpu.control,
                                              0xFFFF'0000u | StatusWord(cpu),
                                              0xFFFF'0000u | tags,
                                              static_cast<std::uint32_t>(cpu.fpu.last_ip),
                                              cpu.selectors[kCs],
                                              0,
                                              cpu.selectors[kDs]};
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (!cpu.Write<std::uint32_t>((cpu.LinearAddress(insn) + 4 * i) & cpu.linear_mask(),
                                  words[i])) {
      return;
    }
  }
}

void RunStoreControl(Cpu& cpu, const Instruction& insn) {
  (void)cpu.Write<std::uint16_t>(cpu.LinearAddress(insn), cpu.fpu.control);
}

void RunLoadControl(Cpu& cpu, const Instruction& insn) {
  std::uint16_t value = 0;
  if (cpu.Read<std::uint16_t>(cpu.LinearAddress(insn), value)) {
    cpu.fpu.control = value;
  }
}

void RunStoreStatus(Cpu& cpu, const Instruction& insn) {
  if (insn.is_memory) {
    (void)cpu.Write<std::uint16_t>(cpu.LinearAddress(insn), StatusWord(cpu));
  } else {
    cpu.SetReg<std::uint16_t>(0, StatusWord(cpu));
  }
}

Handler BindMemory(const Instruction& insn) {
  const unsigned group = Group(insn);
  switch (static_cast<unsigned>(insn.opcode) << 4 | group) {
    case 0xD90:
      return &RunLoad<std::uint32_t, float>;
    case 0xD92:
    case 0xD93:
      return &RunStore<std::uint32_t, float>;
    case 0xD95:
      return &RunLoadControl;
    case 0xD96:
      return &RunStoreEnvironment;
    case 0xD97:
      return &RunStoreControl;
    case 0xDB0:
      return &RunLoad<std::uint32_t, std::int32_t>;
    case 0xDB2:
    case 0xDB3:
      return &RunStore<std::uint32_t, std::int32_t>;
    case 0xDD0:
      return &RunLoad<std::uint64_t, double>;
    case 0xDD2:
    case 0xDD3:
      return &RunStore<std::uint64_t, double>;
    case 0xDD7:
      return &RunStoreStatus;
    case 0xDF0:
      return &RunLoad<std::uint16_t, std::int16_t>;
    case 0xDF2:
    case 0xDF3:
      return &RunStore<std::uint16_t, std::int16_t>;
    case 0xDF5:
      return &RunLoad<std::uint64_t, std::int64_t>;
    case 0xDF7:
      return &RunStore<std::uint64_t, std::int64_t>;
    default:
      return (insn.opcode & 1) == 0 ? &RunMemoryOperation : nullptr;
  }
}

// D9 C0-FF: stack and constants.
void RunStack(Cpu& cpu, const Instruction& insn) {
  constexpr double kConstants[] = {1.0,
                                   3.32192809488736234787,   // log2(10)
                                   1.44269504088896340736,   // log2(e)
                                   3.14159265358979323846,   // pi
                                   0.301029995663981195214,  // log10(2)
                                   0.693147180559945309417,  // ln(2)
                                   0.0};
  cpu.fpu.last_ip = cpu.instruction_start();
  const unsigned i = insn.modrm & 7;
  if (insn.modrm < 0xC8) {
    PushValue(cpu, St(cpu, i));
  } else if (insn.modrm < 0xD0) {
    std::swap(St(cpu, 0), St(cpu, i));
  } else if (insn.modrm == 0xE0) {
    St(cpu, 0) = -St(cpu, 0);
  } else if (insn.modrm == 0xE1) {
    St(cpu, 0) = std::fabs(St(cpu, 0));
  } else if (insn.modrm >= 0xE8 && insn.modrm < 0xEF) {
    PushValue(cpu, kConstants[i]);
  } else if (insn.modrm == 0xF6) {
    cpu.fpu.top = static_cast<std::uint8_t>((cpu.fpu.top + 7) % 8);
  } else if (insn.modrm == 0xF7) {
    cpu.fpu.top = static_cast<std::uint8_t>((cpu.fpu.top + 1) % 8);
  }  // what is left is fnop
}

// D8, DC and DE with a register: the target is ST(0) for D8, else ST(i); DE pops.
void RunRegisterOperation(Cpu& cpu, const Instruction& insn) {
  cpu.fpu.last_ip = cpu.instruction_start();
  const unsigned op = Group(insn);
  const unsigned i = insn.modrm & 7;
  if (insn.opcode == 0xD8) {
    OperateTop(cpu, op, St(cpu, i));
    return;
  }
  St(cpu, i) = Operate(op < 4 ? op : op ^ 1u, St(cpu, i), St(cpu, 0));
  if (insn.opcode == 0xDE) {
    PopValue(cpu);
  }
}

void RunComparePopTwice(Cpu& cpu, const Instruction&) {
  Compare(cpu, St(cpu, 0), St(cpu, 1));
  PopValue(cpu);
  PopValue(cpu);
}

void RunClear(Cpu& cpu, const Instruction& insn) {
  if (insn.modrm == 0xE3) {
    Reset(cpu);
  } else {
    cpu.fpu.status = static_cast<std::uint16_t>(cpu.fpu.status & 0x7F00);
  }
}

// DD C0-DF: ffree, fst, fstp.
void RunFree(Cpu& cpu, const Instruction& insn) {
  const unsigned i = insn.modrm & 7;
  if (insn.modrm < 0xC8) {
    cpu.fpu.is_used[(cpu.fpu.top + i) % 8] = false;
    return;
  }
  St(cpu, i) = St(cpu, 0);
  cpu.fpu.is_used[(cpu.fpu.top + i) % 8] = true;
  if (insn.modrm >= 0xD8) {
    PopValue(cpu);
  }
}

Handler BindRegister(const Instruction& insn) {
  const std::uint8_t modrm = insn.modrm;
  switch (insn.opcode) {
    case 0xD8:
      return &RunRegisterOperation;
    case 0xD9: {
      const bool is_known = modrm <= 0xD0 || modrm == 0xE0 || modrm == 0xE1 ||
                            (modrm >= 0xE8 && modrm < 0xEF) || modrm == 0xF6 || modrm == 0xF7;
      return is_known ? &RunStack : nullptr;
    }
    case 0xDB:
      return modrm == 0xE2 || modrm == 0xE3 ? &RunClear : nullptr;
    case 0xDC:
    case 0xDE:
      if (modrm == 0xD9 && insn.opcode == 0xDE) {
        return &RunComparePopTwice;
      }
      return Group(insn) == 2 || Group(insn) == 3 ? nullptr : &RunRegisterOperation;
    case 0xDD:
      return modrm < 0xC8 || (modrm >= 0xD0 && modrm < 0xE0) ? &RunFree : nullptr;
    case 0xDF:
      return modrm == 0xE0 ? &RunStoreStatus : nullptr;
    default:
      return nullptr;
  }
}

}  // namespace

Handler BindFpu(const Instruction& insn) {
  return insn.is_memory ? BindMemory(insn) : BindRegister(insn);
}

}  // namespace day::emulate::x86
