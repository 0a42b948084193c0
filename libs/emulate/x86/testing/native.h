// Runs a few instructions on the real processor, in this process: the oracle of native_test.cc.
// REQUIRES: a child process that may be thrown away; what the instructions do wrong, they do to it.
//
// Registers are loaded and read by signal handlers (the kernel's own switch of contexts), so that
// every register and flag is under control, and 32-bit code runs in the kernel's 32-bit code
// segment. Only on Linux on x86-64.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace day::emulate::x86::testing {

inline constexpr std::uint64_t kNativeCode = 0x1000'0000;
inline constexpr std::uint64_t kNativeCodeBytes = 0x1000;
inline constexpr std::uint64_t kNativeData = 0x2000'0000;
inline constexpr std::uint64_t kNativeDataBytes = 0x4000;
inline constexpr std::uint64_t kNativeStack = 0x3000'0000;
inline constexpr std::uint64_t kNativeStackBytes = 0x1000;

struct NativeState {
  std::array<std::uint64_t, 16> registers{};
  std::uint64_t ip = 0;
  std::uint32_t flags = 0;
  int signal = 0;  // that ended the run
};

// Whether this machine can do it.
bool NativeIsSupported();
// Maps code, data and stack, and installs the handlers. False if the kernel refuses.
bool NativeSetUp();
std::span<std::uint8_t> NativeMemory(std::uint64_t address, std::uint64_t size);
// Runs from state.ip until a signal: an int3, a fault.
void NativeRun(bool is_64, NativeState& state);

}  // namespace day::emulate::x86::testing
