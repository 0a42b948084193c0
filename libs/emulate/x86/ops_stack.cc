// push and pop in all their forms, enter and leave.
#include "libs/emulate/x86/flags.h"
#include "libs/emulate/x86/ops.h"

namespace day::emulate::x86 {
namespace {

// What popf and sahf may change in user mode; bit 21 (ID) is how programs ask for cpuid.
constexpr std::uint32_t kPopMask = kArithmeticFlags | kTrapFlag | kDirection | 1u << 21 | 1u << 18;
constexpr std::uint32_t kPushMask = 0x00FC'FFFFu;  // without RF and VM

struct PushReg {
  template <typename T>
  static void Run(Cpu& cpu, const Instruction& insn) {
    (void)cpu.Push(cpu.GetReg<T>(insn.rm), insn.size_log);
  }
};

struct PopReg {
  template <typename T>
  static void Run(Cpu& cpu, const Instruction& insn) {
    std::uint64_t value = 0;
    if (cpu.Pop(value, insn.size_log)) {
      cpu.SetReg<T>(insn.rm, static_cast<T>(value));
    }
  }
};

void RunPushImm(Cpu& cpu, const Instruction& insn) { (void)cpu.Push(insn.imm, insn.size_log); }

unsigned SegmentOf(const Instruction& insn) { return insn.opcode >> 3 & 7; }

// 0F A0 and 0F A8 are FS and GS, whose numbers those bits are too.
void RunPushSegment(Cpu& cpu, const Instruction& insn) {
  (void)cpu.Push(cpu.selectors[SegmentOf(insn)], insn.size_log);
}

void RunPopSegment(Cpu& cpu, const Instruction& insn) {
  std::uint64_t value = 0;
  if (cpu.Pop(value, insn.size_log)) {
    cpu.selectors[SegmentOf(insn)] = static_cast<std::uint16_t>(value);
  }
}

// An address with the stack pointer is taken after the pop.
struct PopRm {
  template <typename T>
  static void Run(Cpu& cpu, const Instruction& insn) {
    const std::uint64_t before = cpu.registers[kSp];
    std::uint64_t value = 0;
    if (cpu.Pop(value, insn.size_log) && !cpu.SetRm<T>(insn, static_cast<T>(value))) {
      cpu.registers[kSp] = before;
    }
  }
};

struct PushAll {
  template <typename T>
  static void Run(Cpu& cpu, const Instruction& insn) {
    const std::uint64_t before = cpu.registers[kSp];
    for (std::size_t i = 0; i < 8; ++i) {
      const std::uint64_t value = i == kSp ? before : cpu.registers[i];
      if (!cpu.Push(value, insn.size_log)) {
        cpu.registers[kSp] = before;
        return;
      }
    }
  }
};

struct PopAll {
  template <typename T>
  static void Run(Cpu& cpu, const Instruction& insn) {
    const std::uint64_t before = cpu.registers[kSp];
    std::array<std::uint64_t, 8> values{};
    for (std::size_t i = 8; i-- > 0;) {
      if (!cpu.Pop(values[i], insn.size_log)) {
        cpu.registers[kSp] = before;
        return;
      }
    }
    for (std::uint8_t i = 0; i < 8; ++i) {
      if (i != kSp) {
        cpu.SetReg<T>(static_cast<std::uint8_t>(i * 8), static_cast<T>(values[i]));
      }
    }
  }
};

void RunPushFlags(Cpu& cpu, const Instruction& insn) {
  (void)cpu.Push(cpu.eflags & kPushMask, insn.size_log);
}

void RunPopFlags(Cpu& cpu, const Instruction& insn) {
  std::uint64_t value = 0;
  if (cpu.Pop(value, insn.size_log)) {
    const std::uint32_t mask = insn.size_log == 1 ? kPopMask & 0xFFFFu : kPopMask;
    cpu.set_flags((cpu.eflags & ~mask) | (static_cast<std::uint32_t>(value) & mask));
  }
}

// Nested frames (level above 0) copy the pointers of the frames around.
void RunEnter(Cpu& cpu, const Instruction& insn) {
  const std::uint64_t sp = cpu.registers[kSp];
  const unsigned level = insn.second_imm & 31u;
  const std::uint64_t size = std::uint64_t{1} << insn.size_log;
  std::uint64_t bp = cpu.registers[kBp];
  bool ok = cpu.Push(bp, insn.size_log);
  const std::uint64_t frame = cpu.registers[kSp];
  for (unsigned i = 1; ok && i < level; ++i) {
    bp -= size;
    std::uint64_t pointer = 0;
    const std::uint64_t address = bp & cpu.linear_mask();
    if (insn.size_log == 1) {
      std::uint16_t half = 0;
      ok = cpu.Read<std::uint16_t>(address, half);
      pointer = half;
    } else if (insn.size_log == 2) {
      std::uint32_t whole = 0;
      ok = cpu.Read<std::uint32_t>(address, whole);
      pointer = whole;
    } else {
      ok = cpu.Read<std::uint64_t>(address, pointer);
    }
    ok = ok && cpu.Push(pointer, insn.size_log);
  }
  ok = ok && (level == 0 || cpu.Push(frame, insn.size_log));
  if (!ok) {
    cpu.registers[kSp] = sp;
    return;
  }
  cpu.registers[kSp] = (cpu.registers[kSp] - insn.imm) & cpu.linear_mask();
  if (insn.size_log == 1) {
    cpu.SetReg<std::uint16_t>(kBp * 8, static_cast<std::uint16_t>(frame));
  } else {
    cpu.registers[kBp] = frame;
  }
}

struct Leave {
  template <typename T>
  static void Run(Cpu& cpu, const Instruction& insn) {
    const std::uint64_t before = cpu.registers[kSp];
    cpu.registers[kSp] = cpu.registers[kBp];
    std::uint64_t value = 0;
    if (cpu.Pop(value, insn.size_log)) {
      cpu.SetReg<T>(kBp * 8, static_cast<T>(value));
    } else {
      cpu.registers[kSp] = before;
    }
  }
};

}  // namespace

Handler BindPushReg(const Instruction& insn) { return Pick<PushReg>(insn); }
Handler BindPopReg(const Instruction& insn) { return Pick<PopReg>(insn); }
Handler BindPushImm(const Instruction&) { return &RunPushImm; }
Handler BindPushSegment(const Instruction&) { return &RunPushSegment; }
Handler BindPopSegment(const Instruction&) { return &RunPopSegment; }

Handler BindPopRm(const Instruction& insn) {
  return (insn.modrm & 0x38) == 0 ? Pick<PopRm>(insn) : &RunInvalid;
}

Handler BindPushAll(const Instruction& insn) {
  return insn.opcode == 0x60 ? Pick<PushAll>(insn) : Pick<PopAll>(insn);
}

Handler BindPushFlags(const Instruction& insn) {
  return insn.opcode == 0x9C ? &RunPushFlags : &RunPopFlags;
}

Handler BindEnter(const Instruction&) { return &RunEnter; }
Handler BindLeave(const Instruction& insn) { return Pick<Leave>(insn); }

}  // namespace day::emulate::x86
