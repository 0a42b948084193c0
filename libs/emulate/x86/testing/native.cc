#include "libs/emulate/x86/testing/native.h"

#if defined(__x86_64__) && defined(__linux__)

#include <sys/mman.h>
#include <ucontext.h>

#include <csignal>
#include <cstring>

namespace day::emulate::x86::testing {
namespace {

constexpr int kEnterSignal = SIGUSR1;
// In the order of register numbers.
constexpr std::array<int, 16> kGregs = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP,
                                        REG_RSI, REG_RDI, REG_R8,  REG_R9,  REG_R10, REG_R11,
                                        REG_R12, REG_R13, REG_R14, REG_R15};

// What the handlers know: there is no other way to them.
gregset_t g_saved;
NativeState* g_state = nullptr;
bool g_is_64 = false;

void OnSignal(int signal, siginfo_t*, void* context) {
  greg_t* registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
  if (signal == kEnterSignal) {
    std::memcpy(g_saved, registers, sizeof(g_saved));
    for (std::size_t i = 0; i < kGregs.size(); ++i) {
      registers[kGregs[i]] = static_cast<greg_t>(g_state->registers[i]);
    }
    registers[REG_RIP] = static_cast<greg_t>(g_state->ip);
    registers[REG_EFL] = static_cast<greg_t>(g_state->flags);
    if (!g_is_64) {
      constexpr greg_t kCode32 = 0x23;
      registers[REG_CSGSFS] = (registers[REG_CSGSFS] & ~greg_t{0xFFFF}) | kCode32;
    }
    return;
  }
  for (std::size_t i = 0; i < kGregs.size(); ++i) {
    g_state->registers[i] = static_cast<std::uint64_t>(registers[kGregs[i]]);
  }
  g_state->ip = static_cast<std::uint64_t>(registers[REG_RIP]);
  g_state->flags = static_cast<std::uint32_t>(registers[REG_EFL]);
  g_state->signal = signal;
  std::memcpy(registers, g_saved, sizeof(g_saved));
}

bool MapAt(std::uint64_t address, std::uint64_t size, int protection) {
  void* wanted = reinterpret_cast<void*>(address);
  return mmap(wanted, size, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) ==
         wanted;
}

}  // namespace

bool NativeIsSupported() { return true; }

bool NativeSetUp() {
  if (!MapAt(kNativeCode, kNativeCodeBytes, PROT_READ | PROT_WRITE | PROT_EXEC) ||
      !MapAt(kNativeData, kNativeDataBytes, PROT_READ | PROT_WRITE) ||
      !MapAt(kNativeStack, kNativeStackBytes, PROT_READ | PROT_WRITE)) {
    return false;
  }
  static std::array<std::uint8_t, 64 * 1024> handler_stack;
  stack_t stack{};
  stack.ss_sp = handler_stack.data();
  stack.ss_size = handler_stack.size();
  struct sigaction action {};
  action.sa_sigaction = &OnSignal;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  if (sigaltstack(&stack, nullptr) != 0) {
    return false;
  }
  for (const int signal : {kEnterSignal, SIGTRAP, SIGFPE, SIGSEGV, SIGBUS, SIGILL}) {
    if (sigaction(signal, &action, nullptr) != 0) {
      return false;
    }
  }
  // 64-bit programs run with empty data segments; 32-bit code needs real ones.
  const unsigned data_segment = 0x2B;
  asm volatile("mov %0, %%ds\n\tmov %0, %%es" : : "r"(data_segment));
  return true;
}

std::span<std::uint8_t> NativeMemory(std::uint64_t address, std::uint64_t size) {
  return {reinterpret_cast<std::uint8_t*>(address), size};
}

void NativeRun(bool is_64, NativeState& state) {
  g_state = &state;
  g_is_64 = is_64;
  (void)raise(kEnterSignal);
}

}  // namespace day::emulate::x86::testing

#else

namespace day::emulate::x86::testing {

bool NativeIsSupported() { return false; }
bool NativeSetUp() { return false; }
std::span<std::uint8_t> NativeMemory(std::uint64_t, std::uint64_t) { return {}; }
void NativeRun(bool, NativeState&) {}

}  // namespace day::emulate::x86::testing

#endif
