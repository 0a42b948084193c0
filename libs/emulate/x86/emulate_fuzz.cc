// Any code, in both modes: the run ends within its limit, and is the same twice. The first byte
// chooses the mode and what the registers hold; the rest is code, data and stack in one.
#include <array>
#include <cstdlib>
#include <span>

#include "libs/emulate/x86/cpu.h"

namespace day::emulate::x86 {
namespace {

constexpr std::uint64_t kCode = 0x10'0000;
constexpr std::uint64_t kInstructions = 5'000;
constexpr unsigned kStopsMax = 2000;

struct Outcome {
  std::uint64_t ip = 0;
  std::uint64_t count = 0;
  StopKind kind = StopKind::kNone;
  std::array<std::uint64_t, 16> registers{};
  bool operator==(const Outcome&) const = default;
};

Outcome Run(std::uint8_t choice, day::base::Bytes code) {
  Memory memory(64);
  (void)memory.Map(kCode, 0x4000, (choice & 2) != 0 ? kReadWriteExecute : kRead | kExecute);
  (void)memory.Map(0x20'0000, 0x2000, kRead | kWrite);
  (void)memory.Poke(kCode, code);
  Cpu cpu((choice & 1) != 0 ? Mode::k64 : Mode::k32, memory);
  for (std::size_t i = 0; i < 8; ++i) {
    cpu.set_reg(i, (choice & 4) != 0 ? kCode + 0x100 * i : 0x20'0800 + 8 * i);
  }
  cpu.set_reg(kSp, 0x20'1000);
  cpu.set_ip(kCode);
  cpu.set_stops_at_written_code((choice & 8) != 0);
  Outcome outcome;
  // What stops is passed over, so that one input has many instructions.
  for (unsigned stops = 0; stops < kStopsMax && cpu.count() < kInstructions; ++stops) {
    const Stop stop = cpu.Run(kInstructions - cpu.count());
    if (stop.kind == StopKind::kNone || cpu.count() > kInstructions) {
      std::abort();
    }
    outcome.kind = stop.kind;
    if (stop.kind == StopKind::kWrittenCode) {
      memory.ForgetWrites(cpu.ip());
    } else if (cpu.ip() >= kCode && cpu.ip() < kCode + 0x4000) {
      cpu.set_ip(cpu.ip() + 1);
    } else {
      cpu.set_ip(kCode + stops);
    }
  }
  outcome.ip = cpu.ip();
  outcome.count = cpu.count();
  for (std::size_t i = 0; i < 16; ++i) {
    outcome.registers[i] = cpu.reg(i);
  }
  return outcome;
}

}  // namespace

// Twice the same.
bool IsDeterministic(std::uint8_t choice, day::base::Bytes code) {
  return Run(choice, code) == Run(choice, code);
}

}  // namespace day::emulate::x86

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2 || size > 0x4000) {
    return 0;
  }
  const day::base::Bytes code = std::as_bytes(std::span(data + 1, size - 1));
  if (!day::emulate::x86::IsDeterministic(data[0], code)) {
    std::abort();
  }
  return 0;
}
