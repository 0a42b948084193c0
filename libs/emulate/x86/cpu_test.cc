// The processor on code written by hand: stops, faults, limits, code that rewrites itself. What
// instructions compute is checked against the real processor in native_test.cc.
#include "libs/emulate/x86/cpu.h"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

namespace day::emulate::x86 {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::uint64_t kCode = 0x401000;
constexpr std::uint64_t kStackTop = 0x30000;

struct Machine {
  explicit Machine(std::string_view code, Mode mode = Mode::k32) : memory(64), cpu(mode, memory) {
    EXPECT_TRUE(memory.Map(kCode, 0x2000, kReadWriteExecute));
    EXPECT_TRUE(memory.Map(kStackTop - 0x4000, 0x4000, kRead | kWrite));
    EXPECT_TRUE(memory.Poke(kCode, base::AsBytes(code)));
    cpu.set_ip(kCode);
    cpu.set_reg(kSp, kStackTop - 0x100);
  }
  Memory memory;
  Cpu cpu;
};

TEST(Cpu, RunsALoop) {
  // mov ecx, 1000; xor eax, eax; L: add eax, ecx; loop L; int3
  Machine machine("\xB9\xE8\x03\x00\x00\x31\xC0\x01\xC8\xE2\xFC\xCC"sv);
  EXPECT_EQ(machine.cpu.Run(100'000).kind, StopKind::kBreakpoint);
  EXPECT_EQ(machine.cpu.reg(kAx), 500'500u);
  EXPECT_EQ(machine.cpu.count(), 2003u);
  EXPECT_EQ(machine.cpu.ip(), kCode + 12);
}

TEST(Cpu, EndsAfterTheInstructionsAskedFor) {
  Machine machine("\xEB\xFE"sv);
  EXPECT_EQ(machine.cpu.Run(1000).kind, StopKind::kBudget);
  EXPECT_EQ(machine.cpu.count(), 1000u);
}

TEST(Cpu, RoundsOfStringInstructionsCount) {
  // mov edi, 0x402000; mov ecx, 4096; rep stosb; int3
  Machine machine("\xBF\x00\x20\x40\x00\xB9\x00\x10\x00\x00\xF3\xAA\xCC"sv);
  EXPECT_EQ(machine.cpu.Run(1000).kind, StopKind::kBudget);
  EXPECT_EQ(machine.cpu.reg(kCx), 4096u - 998u);
  EXPECT_EQ(machine.cpu.Run(100'000).kind, StopKind::kBreakpoint);
  EXPECT_EQ(machine.cpu.reg(kCx), 0u);
  EXPECT_EQ(machine.cpu.reg(kDi), 0x403000u);
}

TEST(Cpu, FaultsChangeNothing) {
  // push dword [0x10]
  Machine read("\xFF\x35\x10\x00\x00\x00"sv);
  const Stop stop = read.cpu.Run(10);
  EXPECT_EQ(stop.kind, StopKind::kReadFault);
  EXPECT_EQ(stop.address, 0x10u);
  EXPECT_EQ(read.cpu.ip(), kCode);
  EXPECT_EQ(read.cpu.reg(kSp), kStackTop - 0x100);
  // add [0x10], eax, with flags as before
  Machine divide("\xB8\x01\x00\x00\x00\x99\x31\xC9\xF7\xF1"sv);
  EXPECT_EQ(divide.cpu.Run(10).kind, StopKind::kDivide);
  EXPECT_EQ(divide.cpu.ip(), kCode + 8);
}

TEST(Cpu, TellsInvalidFromUnknownAndPrivileged) {
  EXPECT_EQ(Machine("\x0F\x0B"sv).cpu.Run(1).kind, StopKind::kInvalidInstruction);
  EXPECT_EQ(Machine("\xF0\x90"sv).cpu.Run(1).kind, StopKind::kInvalidInstruction);
  EXPECT_EQ(Machine("\xF4"sv).cpu.Run(1).kind, StopKind::kPrivileged);
  EXPECT_EQ(Machine("\x0F\x58\xC0"sv).cpu.Run(1).kind, StopKind::kUnknownInstruction);
  EXPECT_EQ(Machine("\x06"sv, Mode::k64).cpu.Run(1).kind, StopKind::kInvalidInstruction);
  // Prefixes without end.
  EXPECT_EQ(Machine(std::string(40, '\x66')).cpu.Run(1).kind, StopKind::kInvalidInstruction);
}

TEST(Cpu, CodeMayRewriteItself) {
  // mov byte [0x401008], 0x43; nop (becomes inc ebx); int3
  Machine machine("\xC6\x05\x08\x10\x40\x00\x43\x90\x90\xCC"sv);
  EXPECT_EQ(machine.cpu.Run(10).kind, StopKind::kBreakpoint);
  EXPECT_EQ(machine.cpu.reg(kBx), 1u);
  // Again, now that all of it is decoded: the second run writes "dec ebx".
  EXPECT_TRUE(machine.memory.Poke(kCode + 6, base::AsBytes("\x4B"sv)));
  machine.cpu.set_ip(kCode);
  EXPECT_EQ(machine.cpu.Run(10).kind, StopKind::kBreakpoint);
  EXPECT_EQ(machine.cpu.reg(kBx), 0u);
}

TEST(Cpu, StopsAtWrittenCode) {
  // mov byte [0x402000], 0xCC; jmp 0x402000
  Machine machine("\xC6\x05\x00\x20\x40\x00\xCC\xE9\xF4\x0F\x00\x00"sv);
  machine.cpu.set_stops_at_written_code(true);
  EXPECT_EQ(machine.cpu.Run(10).kind, StopKind::kWrittenCode);
  EXPECT_EQ(machine.cpu.ip(), 0x402000u);
  machine.memory.ForgetWrites(0x402000);
  EXPECT_EQ(machine.cpu.Run(10).kind, StopKind::kBreakpoint);
}

TEST(Cpu, InstructionsOverPages) {
  Machine machine(""sv);
  // mov eax, 0x12345678; int3, from three bytes before the page's end
  EXPECT_TRUE(machine.memory.Poke(kCode + 0xFFD, base::AsBytes("\xB8\x78\x56\x34\x12\xCC"sv)));
  machine.cpu.set_ip(kCode + 0xFFD);
  EXPECT_EQ(machine.cpu.Run(10).kind, StopKind::kBreakpoint);
  EXPECT_EQ(machine.cpu.reg(kAx), 0x12345678u);
  machine.cpu.set_ip(kCode + 0x1FFF);
  EXPECT_TRUE(machine.memory.Poke(kCode + 0x1FFF, base::AsBytes("\xB8"sv)));
  const Stop stop = machine.cpu.Run(10);
  EXPECT_EQ(stop.kind, StopKind::kExecuteFault);
  EXPECT_EQ(stop.address, kCode + 0x2000);
}

TEST(Cpu, SingleSteps) {
  // pushf; or dword [esp], 0x100; popf; nop; nop
  Machine machine("\x9C\x81\x0C\x24\x00\x01\x00\x00\x9D\x90\x90"sv);
  EXPECT_EQ(machine.cpu.Run(10).kind, StopKind::kSingleStep);
  EXPECT_EQ(machine.cpu.ip(), kCode + 10);  // after one instruction
}

TEST(Cpu, FpuTellsWhereItWas) {
  // fldz; fnstenv [esp-12]; pop eax
  Machine machine("\xD9\xEE\xD9\x74\x24\xF4\x58"sv);
  EXPECT_EQ(machine.cpu.Run(3).kind, StopKind::kBudget);
  EXPECT_EQ(machine.cpu.reg(kAx), kCode);
}

TEST(Memory, IsBounded) {
  Memory memory(2);
  EXPECT_TRUE(memory.Map(0, 0x10000, kRead | kWrite));
  EXPECT_FALSE(memory.Map(0x8000, 0x10000, kRead));
  EXPECT_FALSE(memory.Map(~std::uint64_t{0} - 10, 100, kRead));
  std::uint32_t value = 0;
  EXPECT_EQ(memory.Read<std::uint32_t>(0, value), AccessResult::kDone);
  EXPECT_EQ(memory.Read<std::uint32_t>(0x1FFE, value), AccessResult::kOutOfPages);
  EXPECT_EQ(memory.Write<std::uint32_t>(0x10000, 1), AccessResult::kFault);
  EXPECT_EQ(memory.page_count(), 2u);
  EXPECT_TRUE(memory.Unmap(0));
  EXPECT_EQ(memory.Read<std::uint32_t>(0, value), AccessResult::kFault);
}

}  // namespace
}  // namespace day::emulate::x86
