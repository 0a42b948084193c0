// Cpu: an interpreter of x86 user code, 32 or 64 bits, over a Memory of its own.
//
//   Memory memory(4096);
//   memory.Map(0x401000, 0x1000, kReadWriteExecute);
//   Cpu cpu(Mode::k32, memory);
//   cpu.set_ip(0x401000);
//   const Stop stop = cpu.Run(1'000'000);   // at most so many instructions
//
// Bounded: Run() ends after the given number of instructions; each round of a repeated string
// instruction counts as one. Deterministic: the same bytes give the same run everywhere; the time
// stamp counter counts instructions. Whatever the program does wrong is a Stop, never a failure of
// ours; an instruction that faults changes nothing but what Intel's manual allows (rounds of a
// repeated instruction that were done), and ip() is that instruction.
//
// Covered: the integer instructions of user mode with their flags, and of x87, MMX and SSE what
// stubs of packers use (ops_vector.cc); any other is StopKind::kUnknownInstruction. Segments are
// flat but for the bases of FS and GS. Flags that Intel leaves undefined are what
// is simplest. Specification: Intel SDM volume 2 (2023). Not thread-safe.
#pragma once

#include <array>
#include <cstdint>

#include "libs/emulate/x86/instruction.h"
#include "libs/emulate/x86/memory.h"

namespace day::emulate::x86 {

enum class Mode : std::uint8_t { k32, k64 };

enum Register : std::uint8_t { kAx, kCx, kDx, kBx, kSp, kBp, kSi, kDi };

enum Segment : std::uint8_t { kEs, kCs, kSs, kDs, kFs, kGs };

enum Flag : std::uint32_t {
  kCarry = 1u << 0,
  kParity = 1u << 2,
  kAuxiliary = 1u << 4,
  kZero = 1u << 6,
  kSign = 1u << 7,
  kTrapFlag = 1u << 8,
  kInterruptFlag = 1u << 9,
  kDirection = 1u << 10,
  kOverflow = 1u << 11,
  kArithmeticFlags = kCarry | kParity | kAuxiliary | kZero | kSign | kOverflow,
};

enum class StopKind : std::uint8_t {
  kNone,
  kBudget,        // the instructions asked for were run
  kTrap,          // ip() is in a page of permission kTrap
  kWrittenCode,   // ip() is in a page that the program wrote to; Memory::ForgetWrites() goes on
  kReadFault,     // Stop::address is the byte
  kWriteFault,    // the same
  kExecuteFault,  // ip() is not mapped or not executable
  kOutOfPages,    // the limit of the Memory
  kInvalidInstruction,  // one that every processor refuses
  kUnknownInstruction,  // one that is not covered
  kPrivileged,          // one of the kernel's
  kDivide,              // by zero, or the quotient does not fit
  kBreakpoint,          // int3; ip() is the next instruction
  kSingleStep,          // the trap flag was set, or int1; ip() is the next instruction
  kInterrupt,           // int n, into: Stop::address is n; ip() is the next instruction
};

struct Stop {
  StopKind kind = StopKind::kNone;
  std::uint64_t address = 0;
};

class Cpu {
 public:
  // REQUIRES: the memory outlives the processor.
  Cpu(Mode mode, Memory& memory);

  Stop Run(std::uint64_t instructions_max);

  Mode mode() const { return mode_; }
  Memory& memory() { return memory_; }
  std::uint64_t ip() const { return ip_; }
  void set_ip(std::uint64_t ip) { ip_ = ip & linear_mask_; }
  std::uint32_t flags() const { return eflags; }
  // Instructions run since the beginning.
  std::uint64_t count() const { return count_; }
  // What the time spent so far is about proportional to: instructions, and more for decoding them,
  // which code that rewrites itself makes happen again and again.
  std::uint64_t work() const { return count_ + kDecodingWork * decodings_; }
  // Register `number` (Register, or 8 to 15), whole.
  std::uint64_t reg(std::size_t number) const { return registers[number]; }
  void set_reg(std::size_t number, std::uint64_t value) {
    registers[number] = value & linear_mask_;
  }
  void set_segment_base(Segment segment, std::uint64_t base) { segment_bases[segment] = base; }
  void set_flags(std::uint32_t value);
  // Whether running code that the program wrote ends Run(). Default: no.
  void set_stops_at_written_code(bool stops) { stops_at_written_code_ = stops; }

  // For the handlers of instructions (ops_*.cc) and nobody else: the state, and the accesses that
  // turn failures into Stops.
  std::array<std::uint64_t, 17> registers{};  // the last is always 0
  std::uint32_t eflags = 2;
  std::array<std::uint64_t, 6> segment_bases{};
  std::array<std::uint16_t, 6> selectors{};

  struct Vector {
    std::array<std::uint64_t, 2> words{};
  };
  std::array<Vector, 16> vectors{};
  std::uint32_t mxcsr = 0x1F80;
  struct Fpu {
    std::array<double, 8> values{};  // values[(top + i) % 8] is ST(i)
    std::array<bool, 8> is_used{};
    std::array<std::uint64_t, 8> mmx{};
    std::uint16_t control = 0x37F;
    std::uint16_t status = 0;  // without TOP
    std::uint8_t top = 0;
    std::uint64_t last_ip = 0;
  } fpu;

  std::uint64_t EffectiveAddress(const Instruction& insn) const {
    return (registers[insn.base] + (registers[insn.index] << insn.scale) + insn.displacement) &
           insn.address_mask;
  }
  std::uint64_t LinearAddress(const Instruction& insn) const {
    return (EffectiveAddress(insn) + segment_bases[insn.segment]) & linear_mask_;
  }
  std::uint64_t linear_mask() const { return linear_mask_; }
  std::uint64_t instruction_start() const { return start_; }
  void Jump(std::uint64_t target) { ip_ = target & linear_mask_; }
  void Fail(StopKind kind, std::uint64_t address = 0) {
    if (stop_.kind == StopKind::kNone) {
      stop_ = {kind, address};
    }
  }
  void CountRounds(std::uint64_t rounds) { count_ += rounds; }
  std::uint64_t rounds_left() const { return count_ < count_end_ ? count_end_ - count_ : 0; }

  template <typename T>
  bool Read(std::uint64_t linear, T& value) {
    const AccessResult result = memory_.Read<T>(linear, value);
    if (result == AccessResult::kDone) [[likely]] {
      return true;
    }
    Fail(result == AccessResult::kFault ? StopKind::kReadFault : StopKind::kOutOfPages, linear);
    return false;
  }
  template <typename T>
  bool Write(std::uint64_t linear, T value) {
    const AccessResult result = memory_.Write<T>(linear, value);
    if (result == AccessResult::kDone) [[likely]] {
      return true;
    }
    Fail(result == AccessResult::kFault ? StopKind::kWriteFault : StopKind::kOutOfPages, linear);
    return false;
  }

  template <typename T>
  T GetReg(std::uint8_t byte_offset) const {
    T value;
    std::memcpy(&value, reinterpret_cast<const std::uint8_t*>(registers.data()) + byte_offset,
                sizeof(T));
    return value;
  }
  // Writing 32 bits clears the upper half, as 64-bit mode does; in 32-bit mode it stays clear.
  template <typename T>
  void SetReg(std::uint8_t byte_offset, T value) {
    if constexpr (sizeof(T) == 4) {
      registers[byte_offset / 8] = value;
    } else {
      std::memcpy(reinterpret_cast<std::uint8_t*>(registers.data()) + byte_offset, &value,
                  sizeof(T));
    }
  }

  // The operand that ModRM.rm names.
  template <typename T>
  bool GetRm(const Instruction& insn, T& value) {
    if (insn.is_memory) {
      return Read<T>(LinearAddress(insn), value);
    }
    value = GetReg<T>(insn.rm);
    return true;
  }
  template <typename T>
  bool SetRm(const Instruction& insn, T value) {
    if (insn.is_memory) {
      return Write<T>(LinearAddress(insn), value);
    }
    SetReg<T>(insn.rm, value);
    return true;
  }

  // The stack, `size_log` 1 to 3. A pop that fails leaves the pointer.
  bool Push(std::uint64_t value, std::uint8_t size_log);
  bool Pop(std::uint64_t& value, std::uint8_t size_log);

 private:
  static constexpr std::uint64_t kDecodingWork = 8;

  const Instruction* Fetch();
  const Instruction* Decode(Page& page);
  void Loop();

  Mode mode_;
  Memory& memory_;
  std::uint64_t linear_mask_;
  std::uint64_t ip_ = 0;
  std::uint64_t start_ = 0;  // of the instruction being run
  std::uint64_t count_ = 0;
  std::uint64_t decodings_ = 0;
  std::uint64_t count_end_ = 0;
  Stop stop_;
  bool stops_at_written_code_ = false;
  std::uint64_t page_number_ = ~std::uint64_t{0};  // of the code being run
  CodePage* page_ = nullptr;
  Instruction scratch_;  // an instruction over the end of a page is decoded each time
};

}  // namespace day::emulate::x86
