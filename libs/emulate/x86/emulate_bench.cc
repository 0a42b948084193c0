// Instructions a second: a decryption loop as stubs have them, and one with calls and the stack.
#include <benchmark/benchmark.h>

#include <string_view>

#include "libs/emulate/x86/cpu.h"

namespace day::emulate::x86 {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::uint64_t kCode = 0x401000;

void Run(benchmark::State& state, std::string_view code) {
  Memory memory(64);
  (void)memory.Map(kCode, 0x1000, kReadWriteExecute);
  (void)memory.Map(0x500000, 0x4000, kReadWriteExecute);
  (void)memory.Poke(kCode, day::base::AsBytes(code));
  std::uint64_t instructions = 0;
  for (auto _ : state) {
    Cpu cpu(Mode::k32, memory);
    cpu.set_ip(kCode);
    cpu.set_reg(kSp, 0x504000);
    benchmark::DoNotOptimize(cpu.Run(10'000'000));
    instructions += cpu.count();
  }
  state.counters["instructions"] =
      benchmark::Counter(static_cast<double>(instructions), benchmark::Counter::kIsRate);
}

// L: mov esi, 0x500000; mov ecx, 1000; M: mov al, [esi]; xor al, dl; rol al, 3; add dl, al;
// mov [esi], al; inc esi; loop M; jmp L
void Decrypt(benchmark::State& state) {
  Run(state,
      "\xBE\x00\x00\x50\x00\xB9\xE8\x03\x00\x00\x8A\x06\x30\xD0\xC0\xC0\x03\x00\xC2\x88\x06\x46"
      "\xE2\xF2\xEB\xE6"sv);
}
BENCHMARK(Decrypt);

// L: push ecx; call F; pop ecx; add ecx, 1; cmp ecx, 7; jne L; jmp L; F: mov eax, [esp+4]; ret
void Calls(benchmark::State& state) {
  Run(state,
      "\x51\xE8\x0B\x00\x00\x00\x59\x83\xC1\x01\x83\xF9\x07\x75\xF1\xEB\xEF\x8B\x44\x24\x04"
      "\xC3"sv);
}
BENCHMARK(Calls);

}  // namespace
}  // namespace day::emulate::x86
