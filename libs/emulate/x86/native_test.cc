// Random instructions on our processor and on the real one: registers, memory, defined flags and
// faults must be the same. The real one runs in a child process.
//
// DAYLIGHT_NATIVE_RUNS (default 50000 for each mode) and DAYLIGHT_NATIVE_SEED are for longer runs.
#include "libs/emulate/x86/testing/native.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "libs/emulate/x86/cpu.h"
#include "libs/emulate/x86/testing/random_code.h"

namespace day::emulate::x86 {
namespace {

using testing::kNativeCode;
using testing::kNativeCodeBytes;
using testing::kNativeData;
using testing::kNativeDataBytes;
using testing::kNativeStack;
using testing::kNativeStackBytes;
using testing::NativeState;

std::uint64_t Option(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

class Comparison {
 public:
  Comparison(Mode mode, std::uint64_t seed) : mode_(mode), random_(seed) {}

  // One run of random code; false if the two differ, which is printed.
  bool Step() {
    const testing::RandomCode code = testing::MakeRandomCode(mode_, random_);
    NativeState start = RandomState();
    const auto code_memory = testing::NativeMemory(kNativeCode, kNativeCodeBytes);
    std::copy(code.bytes.begin(), code.bytes.end(), code_memory.begin());
    const auto data = testing::NativeMemory(kNativeData, kNativeDataBytes);
    const auto stack = testing::NativeMemory(kNativeStack, kNativeStackBytes);
    for (std::size_t i = 0; i < 64; ++i) {
      const std::uint64_t value = Number();
      std::memcpy(data.data() + 0x1F00 + 8 * i, &value, 8);
    }

    Memory memory(64);
    memory.Map(kNativeCode, kNativeCodeBytes, kReadWriteExecute);
    memory.Map(kNativeData, kNativeDataBytes, kRead | kWrite);
    memory.Map(kNativeStack, kNativeStackBytes, kRead | kWrite);
    memory.Poke(kNativeCode, std::as_bytes(std::span(code.bytes)));
    memory.Poke(kNativeData, std::as_bytes(data));
    memory.Poke(kNativeStack, std::as_bytes(stack));
    Cpu cpu(mode_, memory);
    for (std::size_t i = 0; i < 16; ++i) {
      cpu.set_reg(i, start.registers[i]);
    }
    cpu.set_flags(start.flags);
    cpu.set_ip(kNativeCode);
    const Stop stop = cpu.Run(100'000);

    NativeState end = start;
    testing::NativeRun(mode_ == Mode::k64, end);
    const bool same = Same(code, stop, cpu, end) && SameMemory(memory);
    if (!same) {
      Print(code, start, stop, cpu, end);
    }
    return same;
  }

 private:
  std::uint64_t Number() {
    switch (random_() % 4) {
      case 0:
        return random_() % 256;
      case 1:
        return ~(random_() % 256);
      case 2:
        return std::uint64_t{1} << random_() % 64;
      default:
        return random_();
    }
  }

  NativeState RandomState() {
    NativeState state;
    const std::size_t count = mode_ == Mode::k64 ? 16 : 8;
    for (std::size_t i = 0; i < count; ++i) {
      state.registers[i] = mode_ == Mode::k64 ? Number() : Number() & 0xFFFF'FFFF;
    }
    state.registers[kBx] = kNativeData + 0x2000;
    state.registers[kSi] = kNativeData + 0x1F80;
    state.registers[kDi] = kNativeData + 0x2040;
    state.registers[kBp] = random_() % 16;
    state.registers[kSp] = kNativeStack + 0x800;
    state.flags = 0x202 | (static_cast<std::uint32_t>(random_()) & kArithmeticFlags);
    state.ip = kNativeCode;
    return state;
  }

  bool Same(const testing::RandomCode& code, const Stop& stop, const Cpu& cpu,
            const NativeState& end) const {
    const bool both_end = stop.kind == StopKind::kBreakpoint && end.signal == SIGTRAP;
    const bool both_divide = stop.kind == StopKind::kDivide && end.signal == SIGFPE;
    if ((!both_end && !both_divide) || cpu.ip() != end.ip) {
      return false;
    }
    const std::size_t count = mode_ == Mode::k64 ? 16 : 8;
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint64_t mask = mode_ == Mode::k64 ? ~std::uint64_t{0} : 0xFFFF'FFFFu;
      if (((cpu.reg(i) ^ end.registers[i]) & mask) != 0) {
        return false;
      }
    }
    const std::uint32_t undefined = both_divide ? kArithmeticFlags : code.undefined_flags;
    return ((cpu.flags() ^ end.flags) & (kArithmeticFlags | kDirection) & ~undefined) == 0;
  }

  static bool SameMemory(Memory& memory) {
    const auto same = [&](std::uint64_t address, std::uint64_t size) {
      std::vector<std::uint8_t> ours(size);
      return memory.Peek(address, ours) &&
             std::memcmp(ours.data(), testing::NativeMemory(address, size).data(), size) == 0;
    };
    return same(kNativeData + 0x1800, 0x1000) && same(kNativeStack, kNativeStackBytes);
  }

  void Print(const testing::RandomCode& code, const NativeState& start, const Stop& stop,
             const Cpu& cpu, const NativeState& end) const {
    std::fprintf(stderr, "%s-bit code", mode_ == Mode::k64 ? "64" : "32");
    for (const std::uint8_t byte : code.bytes) {
      std::fprintf(stderr, " %02x", byte);
    }
    std::fprintf(stderr, "\nstop %d signal %d, ip %llx %llx, flags %x -> ours %x theirs %x (%x)\n",
                 static_cast<int>(stop.kind), end.signal, static_cast<unsigned long long>(cpu.ip()),
                 static_cast<unsigned long long>(end.ip), start.flags, cpu.flags(), end.flags,
                 code.undefined_flags);
    for (std::size_t i = 0; i < 16; ++i) {
      if (cpu.reg(i) != end.registers[i] || i < 3) {
        std::fprintf(stderr, "  r%zu: %llx -> ours %llx theirs %llx\n", i,
                     static_cast<unsigned long long>(start.registers[i]),
                     static_cast<unsigned long long>(cpu.reg(i)),
                     static_cast<unsigned long long>(end.registers[i]));
      }
    }
  }

  Mode mode_;
  std::mt19937_64 random_;
};

// In the child. Gives its exit status.
int Compare(Mode mode) {
  constexpr unsigned kSecondsMax = 3600;
  constexpr int kDifferencesMax = 5;
  (void)alarm(kSecondsMax);
  if (!testing::NativeSetUp()) {
    return 2;
  }
  Comparison comparison(mode, Option("DAYLIGHT_NATIVE_SEED", 4));
  const std::uint64_t runs = Option("DAYLIGHT_NATIVE_RUNS", 50'000);
  int differences = 0;
  for (std::uint64_t i = 0; i < runs && differences < kDifferencesMax; ++i) {
    differences += comparison.Step() ? 0 : 1;
  }
  return differences == 0 ? 0 : 1;
}

void CompareInChild(Mode mode) {
  if (!testing::NativeIsSupported()) {
    return;  // not an x86-64 Linux
  }
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    _exit(Compare(mode));
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status)) << "the child died of signal " << WTERMSIG(status);
  EXPECT_NE(WEXITSTATUS(status), 2) << "this system lets nobody run code at fixed addresses";
  EXPECT_NE(WEXITSTATUS(status), 1) << "differences are printed above";
}

TEST(Native, Instructions32) { CompareInChild(Mode::k32); }
TEST(Native, Instructions64) { CompareInChild(Mode::k64); }

}  // namespace
}  // namespace day::emulate::x86
