#include "libs/emulate/x86/cpu.h"

#include <algorithm>

#include "libs/emulate/x86/decode.h"
#include "libs/emulate/x86/ops.h"

namespace day::emulate::x86 {
namespace {

// Beyond so many decoded instructions (code that rewrites itself) a page's cache starts anew.
constexpr std::size_t kCachedInstructionsMax = 16384;

}  // namespace

Cpu::Cpu(Mode mode, Memory& memory)
    : mode_(mode),
      memory_(memory),
      linear_mask_(mode == Mode::k64 ? ~std::uint64_t{0} : 0xFFFF'FFFFu) {
  constexpr std::uint16_t kCode32 = 0x23;
  constexpr std::uint16_t kCode64 = 0x33;
  constexpr std::uint16_t kData = 0x2B;
  selectors = {kData, mode == Mode::k64 ? kCode64 : kCode32, kData, kData, 0x53, kData};
  eflags = 2 | kInterruptFlag;
}

void Cpu::set_flags(std::uint32_t value) {
  const bool had_trap = (eflags & kTrapFlag) != 0;
  eflags = value | 2;
  // The loop looks at the trap flag only between its rounds: end this one.
  if (!had_trap && (eflags & kTrapFlag) != 0) {
    count_end_ = count_;
  }
}

bool Cpu::Push(std::uint64_t value, std::uint8_t size_log) {
  const std::uint64_t target = (registers[kSp] - (std::uint64_t{1} << size_log)) & linear_mask_;
  bool ok = false;
  switch (size_log) {
    case 1:
      ok = Write<std::uint16_t>(target, static_cast<std::uint16_t>(value));
      break;
    case 2:
      ok = Write<std::uint32_t>(target, static_cast<std::uint32_t>(value));
      break;
    default:
      ok = Write<std::uint64_t>(target, value);
      break;
  }
  if (ok) {
    registers[kSp] = target;
  }
  return ok;
}

bool Cpu::Pop(std::uint64_t& value, std::uint8_t size_log) {
  const std::uint64_t source = registers[kSp];
  bool ok = false;
  std::uint16_t value16 = 0;
  std::uint32_t value32 = 0;
  switch (size_log) {
    case 1:
      ok = Read<std::uint16_t>(source, value16);
      value = value16;
      break;
    case 2:
      ok = Read<std::uint32_t>(source, value32);
      value = value32;
      break;
    default:
      ok = Read<std::uint64_t>(source, value);
      break;
  }
  if (ok) {
    registers[kSp] = (source + (std::uint64_t{1} << size_log)) & linear_mask_;
  }
  return ok;
}

// The instruction at ip_; null with stop_ set if there is none to run.
const Instruction* Cpu::Fetch() {
  AccessResult result = AccessResult::kDone;
  Page* page = memory_.PageAt(ip_, result);
  if (page == nullptr) {
    Fail(result == AccessResult::kFault ? StopKind::kExecuteFault : StopKind::kOutOfPages, ip_);
    return nullptr;
  }
  if ((page->permissions & kTrap) != 0) {
    Fail(StopKind::kTrap, ip_);
    return nullptr;
  }
  if ((page->permissions & kExecute) == 0) {
    Fail(StopKind::kExecuteFault, ip_);
    return nullptr;
  }
  if (stops_at_written_code_ && page->is_written) {
    Fail(StopKind::kWrittenCode, ip_);
    return nullptr;
  }
  page->is_run = true;
  if (page->code == nullptr) {
    page->code = std::make_unique<CodePage>();
    memory_.WatchCode(ip_ / kPageBytes);
  }
  page_number_ = ip_ / kPageBytes;
  page_ = page->code.get();
  const std::uint16_t slot = page_->slots[ip_ % kPageBytes];
  return slot != 0 ? &page_->instructions[slot - 1u] : Decode(*page);
}

const Instruction* Cpu::Decode(Page& page) {
  const std::size_t offset = ip_ % kPageBytes;
  ++decodings_;
  Instruction insn;
  const std::span<const std::uint8_t> bytes(page.bytes);
  DecodeResult result = x86::Decode(mode_, ip_, bytes.subspan(offset), insn);
  const bool crosses = result == DecodeResult::kTooShort;
  if (crosses) {
    // It goes on in the next page, of which as much is taken as there is.
    std::array<std::uint8_t, 2 * kInstructionBytesMax> joined{};
    const std::size_t here = kPageBytes - offset;
    std::copy(bytes.begin() + static_cast<std::ptrdiff_t>(offset), bytes.end(), joined.begin());
    AccessResult access = AccessResult::kDone;
    const std::uint64_t next_address = (ip_ + here) & linear_mask_;
    const Page* next = memory_.PageAt(next_address, access);
    if (next == nullptr || (next->permissions & kExecute) == 0) {
      Fail(access == AccessResult::kOutOfPages ? StopKind::kOutOfPages : StopKind::kExecuteFault,
           next_address);
      return nullptr;
    }
    std::copy_n(next->bytes.begin(), kInstructionBytesMax,
                joined.begin() + static_cast<std::ptrdiff_t>(here));
    insn = {};
    result = x86::Decode(mode_, ip_, std::span(joined).first(here + kInstructionBytesMax), insn);
  }
  if (result != DecodeResult::kDone) {
    Fail(result == DecodeResult::kUnknown ? StopKind::kUnknownInstruction
                                          : StopKind::kInvalidInstruction,
         ip_);
    return nullptr;
  }
  if (crosses) {
    scratch_ = insn;
    return &scratch_;
  }
  CodePage& code = *page.code;
  if (code.instructions.size() >= kCachedInstructionsMax) {
    code.slots.fill(0);
    code.instructions.clear();
  }
  code.instructions.push_back(insn);
  code.slots[offset] = static_cast<std::uint16_t>(code.instructions.size());
  return &code.instructions.back();
}

void Cpu::Loop() {
  while (count_ < count_end_) {
    const Instruction* insn = nullptr;
    if (ip_ / kPageBytes == page_number_) [[likely]] {
      const std::uint16_t slot = page_->slots[ip_ % kPageBytes];
      insn = slot != 0 ? &page_->instructions[slot - 1u] : Fetch();
    } else {
      insn = Fetch();
    }
    if (insn == nullptr) {
      return;
    }
    start_ = ip_;
    ip_ = (ip_ + insn->length) & linear_mask_;
    ++count_;
    insn->run(*this, *insn);
    if (stop_.kind != StopKind::kNone) [[unlikely]] {
      const bool is_trap = stop_.kind == StopKind::kBreakpoint ||
                           stop_.kind == StopKind::kSingleStep ||
                           stop_.kind == StopKind::kInterrupt;
      ip_ = is_trap ? ip_ : start_;
      return;
    }
  }
}

Stop Cpu::Run(std::uint64_t instructions_max) {
  const std::uint64_t end = count_ + instructions_max;
  stop_ = {};
  page_number_ = ~std::uint64_t{0};  // pages may have come and gone since the last run
  while (stop_.kind == StopKind::kNone && count_ < end) {
    const bool is_traced = (eflags & kTrapFlag) != 0;
    count_end_ = is_traced ? count_ + 1 : end;
    const std::uint64_t before = count_;
    Loop();
    if (is_traced && stop_.kind == StopKind::kNone && count_ > before) {
      Fail(StopKind::kSingleStep);
    }
  }
  return stop_.kind == StopKind::kNone ? Stop{StopKind::kBudget, ip_} : stop_;
}

}  // namespace day::emulate::x86
