// Branches, calls, interrupts; what asks the processor about itself.
#include "libs/emulate/x86/flags.h"
#include "libs/emulate/x86/ops.h"

namespace day::emulate::x86 {
namespace {

// A near branch of 16 bits cuts the target, in 32-bit mode only.
std::uint64_t Cut(const Instruction& insn, std::uint64_t target) {
  return insn.size_log == 1 && !insn.is_64 ? target & 0xFFFF : target;
}

void RunJcc(Cpu& cpu, const Instruction& insn) {
  if (Holds(cpu.eflags, insn.opcode & 15u)) {
    cpu.Jump(insn.imm);
  }
}

void RunJump(Cpu& cpu, const Instruction& insn) { cpu.Jump(insn.imm); }

void RunCall(Cpu& cpu, const Instruction& insn) {
  if (cpu.Push(cpu.ip(), insn.is_64 ? 3 : insn.size_log)) {
    cpu.Jump(insn.imm);
  }
}

void RunRet(Cpu& cpu, const Instruction& insn) {
  std::uint64_t target = 0;
  if (cpu.Pop(target, insn.size_log)) {
    cpu.registers[kSp] = (cpu.registers[kSp] + insn.imm) & cpu.linear_mask();
    cpu.Jump(target);
  }
}

void RunRetFar(Cpu& cpu, const Instruction& insn) {
  const std::uint64_t before = cpu.registers[kSp];
  std::uint64_t target = 0;
  std::uint64_t selector = 0;
  if (!cpu.Pop(target, insn.size_log) || !cpu.Pop(selector, insn.size_log)) {
    cpu.registers[kSp] = before;
    return;
  }
  // Another code segment would be another mode.
  if (static_cast<std::uint16_t>(selector) != cpu.selectors[kCs]) {
    cpu.registers[kSp] = before;
    cpu.Fail(StopKind::kUnknownInstruction);
    return;
  }
  cpu.registers[kSp] = (cpu.registers[kSp] + insn.imm) & cpu.linear_mask();
  cpu.Jump(target);
}

// loopne, loope, loop, jcxz; the counter is as wide as addresses are.
void RunLoop(Cpu& cpu, const Instruction& insn) {
  std::uint64_t counter = cpu.registers[kCx] & insn.address_mask;
  if (insn.opcode == 0xE3) {
    if (counter == 0) {
      cpu.Jump(insn.imm);
    }
    return;
  }
  counter = (counter - 1) & insn.address_mask;
  if (insn.address_log == 1) {
    cpu.SetReg<std::uint16_t>(kCx * 8, static_cast<std::uint16_t>(counter));
  } else {
    cpu.registers[kCx] = counter;
  }
  const bool is_zero = (cpu.eflags & kZero) != 0;
  const bool holds = insn.opcode == 0xE2 || is_zero == (insn.opcode == 0xE1);
  if (counter != 0 && holds) {
    cpu.Jump(insn.imm);
  }
}

// Branches take 64-bit targets whatever the prefixes say, in 64-bit mode.
bool ReadTarget(Cpu& cpu, const Instruction& insn, std::uint64_t& target) {
  if (insn.is_64) {
    return cpu.GetRm<std::uint64_t>(insn, target);
  }
  std::uint32_t target32 = 0;
  std::uint16_t target16 = 0;
  const bool ok = insn.size_log == 1 ? cpu.GetRm<std::uint16_t>(insn, target16)
                                     : cpu.GetRm<std::uint32_t>(insn, target32);
  target = insn.size_log == 1 ? target16 : target32;
  return ok;
}

void RunCallRm(Cpu& cpu, const Instruction& insn) {
  std::uint64_t target = 0;
  if (ReadTarget(cpu, insn, target) && cpu.Push(cpu.ip(), insn.is_64 ? 3 : insn.size_log)) {
    cpu.Jump(Cut(insn, target));
  }
}

void RunJumpRm(Cpu& cpu, const Instruction& insn) {
  std::uint64_t target = 0;
  if (ReadTarget(cpu, insn, target)) {
    cpu.Jump(Cut(insn, target));
  }
}

template <typename T>
void PushRmOf(Cpu& cpu, const Instruction& insn, std::uint8_t size_log) {
  T value{};
  if (cpu.GetRm<T>(insn, value)) {
    (void)cpu.Push(value, size_log);
  }
}

void RunPushRm(Cpu& cpu, const Instruction& insn) {
  if (insn.size_log == 1) {
    PushRmOf<std::uint16_t>(cpu, insn, 1);
  } else if (insn.is_64) {
    PushRmOf<std::uint64_t>(cpu, insn, 3);
  } else {
    PushRmOf<std::uint32_t>(cpu, insn, 2);
  }
}

void RunInterrupt(Cpu& cpu, const Instruction& insn) {
  switch (insn.opcode) {
    case 0xCC:
      cpu.Fail(StopKind::kBreakpoint);
      break;
    case 0xF1:
      cpu.Fail(StopKind::kSingleStep);
      break;
    case 0xCE:
      if ((cpu.eflags & kOverflow) != 0) {
        cpu.Fail(StopKind::kInterrupt, 4);
      }
      break;
    default:
      if ((insn.imm & 0xFF) == 3) {
        cpu.Fail(StopKind::kBreakpoint);
      } else {
        cpu.Fail(StopKind::kInterrupt, insn.imm & 0xFF);
      }
      break;
  }
}

struct Bound {
  template <typename T>
  static void Run(Cpu& cpu, const Instruction& insn) {
    using S = std::make_signed_t<T>;
    const std::uint64_t address = cpu.LinearAddress(insn);
    T low;
    T high;
    if (!cpu.Read<T>(address, low) || !cpu.Read<T>(address + sizeof(T), high)) {
      return;
    }
    const auto value = static_cast<S>(cpu.GetReg<T>(insn.reg));
    if (value < static_cast<S>(low) || value > static_cast<S>(high)) {
      cpu.Fail(StopKind::kInterrupt, 5);
    }
  }
};

void RunNop(Cpu&, const Instruction&) {}

// A processor of no maker in particular with the features that are covered.
void RunCpuid(Cpu& cpu, const Instruction&) {
  struct Answer {
    std::uint32_t ax, bx, cx, dx;
  };
  Answer answer{0, 0, 0, 0};
  switch (cpu.GetReg<std::uint32_t>(kAx * 8)) {
    case 0:
      answer = {1, 0x756E6547, 0x6C65746E, 0x49656E69};  // the vendor string of Intel
      break;
    case 1:
      answer = {0x000306A9, 0x00010800, 0x00802000, 0x0783'8111};
      break;
    case 0x8000'0000:
      answer = {0x8000'0001, 0, 0, 0};
      break;
    default:
      break;
  }
  cpu.SetReg<std::uint32_t>(kAx * 8, answer.ax);
  cpu.SetReg<std::uint32_t>(kBx * 8, answer.bx);
  cpu.SetReg<std::uint32_t>(kCx * 8, answer.cx);
  cpu.SetReg<std::uint32_t>(kDx * 8, answer.dx);
}

void RunRdtsc(Cpu& cpu, const Instruction&) {
  constexpr std::uint64_t kStart = 0x0000'0123'4567'89AB;
  const std::uint64_t ticks = kStart + 3 * cpu.count();
  cpu.SetReg<std::uint32_t>(kAx * 8, static_cast<std::uint32_t>(ticks));
  cpu.SetReg<std::uint32_t>(kDx * 8, static_cast<std::uint32_t>(ticks >> 32));
}

}  // namespace

void RunInvalid(Cpu& cpu, const Instruction&) { cpu.Fail(StopKind::kInvalidInstruction); }
void RunPrivileged(Cpu& cpu, const Instruction&) { cpu.Fail(StopKind::kPrivileged); }

Handler BindJcc(const Instruction&) { return &RunJcc; }
Handler BindJump(const Instruction&) { return &RunJump; }
Handler BindCall(const Instruction&) { return &RunCall; }
Handler BindRet(const Instruction&) { return &RunRet; }
Handler BindRetFar(const Instruction&) { return &RunRetFar; }
Handler BindLoop(const Instruction&) { return &RunLoop; }

Handler BindGroup5(const Instruction& insn) {
  switch (insn.modrm >> 3 & 7) {
    case 0:
    case 1:
      return BindIncDec(insn);
    case 2:
      return &RunCallRm;
    case 4:
      return &RunJumpRm;
    case 6:
      return &RunPushRm;
    case 7:
      return &RunInvalid;
    default:
      return insn.is_memory ? nullptr : &RunInvalid;  // far
  }
}

Handler BindInterrupt(const Instruction&) { return &RunInterrupt; }
Handler BindNop(const Instruction&) { return &RunNop; }
Handler BindCpuid(const Instruction&) { return &RunCpuid; }
Handler BindRdtsc(const Instruction&) { return &RunRdtsc; }
Handler BindInvalid(const Instruction&) { return &RunInvalid; }
Handler BindPrivileged(const Instruction&) { return &RunPrivileged; }

Handler BindBound(const Instruction& insn) {
  if (!insn.is_memory) {
    return nullptr;  // EVEX
  }
  return insn.size_log == 1 ? &Bound::Run<std::uint16_t> : &Bound::Run<std::uint32_t>;
}

}  // namespace day::emulate::x86
