// LZMS writes the targets of x86 calls and loads as absolute addresses wherever the data looks like
// code: where two instructions near each other have the same target.
#include <vector>

#include "libs/unpack/wim/chunk.h"

namespace day::unpack::wim {
namespace {

constexpr std::size_t kTailBytes = 16;  // where no instruction starts that is looked at
constexpr std::int64_t kNear = 65535;   // between two that have the same target
constexpr std::int64_t kReach = 1023;   // of code behind an instruction
constexpr std::size_t kTargets = 65536;
constexpr std::size_t kOperandBytes = 4;

struct Instruction {
  std::size_t opcode_bytes = 0;  // 0: none with a target
  std::size_t skip = 1;          // bytes to go on behind, if there is none
  std::int64_t reach = kReach;
};

// The first bytes of what may be an instruction. Only the low bits of its operand kind are looked
// at, as the format has it.
Instruction InstructionAt(const std::byte* at) {
  const auto byte = [&](std::size_t i) { return std::to_integer<unsigned>(at[i]); };
  switch (byte(0)) {
    case 0x48:
    case 0x4C: {  // lea, or mov into a low register
      const bool is_relative = (byte(2) & 7) == 5;
      const bool is_mov = byte(1) == 0x8B && byte(0) == 0x48 && (byte(2) & 0xF0) == 0;
      return {is_relative && (byte(1) == 0x8D || is_mov) ? 3u : 0u, 1, kReach};
    }
    case 0xE8:  // call
      return {1, 1, kReach / 2};
    case 0xE9:  // jmp, which is left alone
      return {0, 1 + kOperandBytes, kReach};
    case 0xF0:  // lock add
      return {byte(1) == 0x83 && byte(2) == 0x05 ? 3u : 0u, 1, kReach};
    case 0xFF:  // call through memory
      return {byte(1) == 0x15 ? 2u : 0u, 1, kReach};
    default:
      return {};
  }
}

std::uint32_t Load(const std::byte* at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < kOperandBytes; ++i) {
    value |= std::to_integer<std::uint32_t>(at[i]) << (8 * i);
  }
  return value;
}

void Store(std::uint32_t value, std::byte* at) {
  for (std::size_t i = 0; i < kOperandBytes; ++i) {
    at[i] = static_cast<std::byte>(value >> (8 * i));
  }
}

}  // namespace

void UndoLzmsCalls(std::span<std::byte> data) {
  if (data.size() <= kTailBytes + 1) {
    return;
  }
  std::vector<std::int64_t> last_uses(kTargets, -kNear - 1);
  std::int64_t last_code = -kReach - 1;
  const std::size_t end = data.size() - kTailBytes;
  for (std::size_t at = 1; at < end;) {
    const Instruction found = InstructionAt(&data[at]);
    if (found.opcode_bytes == 0) {
      at += found.skip;
      continue;
    }
    auto position = static_cast<std::int64_t>(at);
    std::byte* operand = &data[at + found.opcode_bytes];
    if (position - last_code <= found.reach) {
      Store(Load(operand) - static_cast<std::uint32_t>(at), operand);
    }
    const auto target = static_cast<std::uint16_t>(at + (Load(operand) & 0xFFFF));
    position += static_cast<std::int64_t>(found.opcode_bytes + kOperandBytes - 1);
    if (position - last_uses[target] <= kNear) {
      last_code = position;
    }
    last_uses[target] = position;
    at += found.opcode_bytes + kOperandBytes;
  }
}

}  // namespace day::unpack::wim
