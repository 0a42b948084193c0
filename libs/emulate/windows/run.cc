// Process: running, calls of the system's functions, and structured exception handling.
#include <array>

#include "libs/emulate/windows/api.h"
#include "libs/emulate/windows/process.h"

namespace day::emulate::windows {
namespace {

using x86::Stop;
using x86::StopKind;

// More than any stub has use for: what comes after is a program that does its work.
constexpr unsigned kExceptionsMax = 20'000;
constexpr unsigned kFramesMax = 64;
constexpr std::uint64_t kCallsMax = 100'000;
// Every call of a function is worth so many instructions, since it takes about as long.
constexpr std::uint64_t kCallCost = 500;
constexpr std::uint64_t kWrittenCodeCost = 20;

constexpr std::uint64_t kReturnTrap = 0;
constexpr std::uint64_t kHandlerTrap = 1;

constexpr std::uint32_t kAccessViolation = 0xC000'0005;

// Offsets in the CONTEXT of a 32-bit thread, in the order of register numbers.
constexpr std::array<std::uint64_t, 8> kContextRegisters = {0xB0, 0xAC, 0xA8, 0xA4,
                                                            0xC4, 0xB4, 0xA0, 0x9C};
constexpr std::uint64_t kContextIp = 0xB8;
constexpr std::uint64_t kContextFlags = 0xC0;
constexpr std::uint64_t kContextBytes = 0x2CC;
constexpr std::uint64_t kRecordBytes = 0x50;

std::string Hex(std::uint64_t value) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  do {
    text.insert(text.begin(), kDigits[value & 15]);
    value >>= 4;
  } while (value != 0);
  return "0x" + text;
}

}  // namespace

std::uint64_t Process::Argument(unsigned index) {
  if (!is_64_) {
    return Load32(cpu_.reg(x86::kSp) + 4 + 4 * std::uint64_t{index});
  }
  constexpr std::array<std::size_t, 4> kRegisters = {x86::kCx, x86::kDx, 8, 9};
  if (index < kRegisters.size()) {
    return cpu_.reg(kRegisters[index]);
  }
  const std::uint64_t at = cpu_.reg(x86::kSp) + 8 + 8 * std::uint64_t{index};
  return Load32(at) | Load32(at + 4) << 32;
}

// Gives the result, takes the return address, and in 32-bit programs the arguments, from the stack.
void Process::Return(std::uint64_t value, unsigned arguments) {
  const std::uint64_t sp = cpu_.reg(x86::kSp);
  const std::uint64_t target = Load32(sp) | (is_64_ ? Load32(sp + 4) << 32 : std::uint64_t{0});
  cpu_.set_reg(x86::kAx, value);
  cpu_.set_reg(x86::kSp, sp + pointer_bytes() + (is_64_ ? 0 : 4 * arguments));
  cpu_.set_ip(target);
}

Event Process::Run(std::uint64_t instructions_max) {
  const std::uint64_t end = cpu_.count() + instructions_max;
  while (cpu_.count() < end) {
    const Stop stop = cpu_.Run(end - cpu_.count());
    if (auto event = OnStop(stop)) {
      return *std::move(event);
    }
  }
  return {EventKind::kBudget, {}};
}

void Process::GoOn(bool for_good) {
  memory_.ForgetWrites(cpu_.ip());
  if (for_good) {
    settled_[cpu_.ip() / x86::kPageBytes] = 1;
  }
}

std::optional<Event> Process::OnStop(const Stop& stop) {
  switch (stop.kind) {
    case StopKind::kNone:
    case StopKind::kBudget:
      return std::nullopt;
    case StopKind::kTrap:
      return CallFunction(stop.address);
    case StopKind::kWrittenCode:
      cpu_.CountRounds(kWrittenCodeCost);
      if (settled_.contains(cpu_.ip() / x86::kPageBytes)) {
        memory_.ForgetWrites(cpu_.ip());
        return std::nullopt;
      }
      return Event{EventKind::kWrittenCode, {}};
    case StopKind::kOutOfPages:
      return Event{EventKind::kMemory, "it wants too much memory"};
    case StopKind::kUnknownInstruction:
      return Event{EventKind::kUnknownInstruction, "an instruction that is not emulated"};
    default:
      return RaiseFor(stop);
  }
}

std::optional<Event> Process::CallFunction(std::uint64_t address) {
  const std::uint64_t index = address - traps_;
  if (index == kReturnTrap) {
    return Event{EventKind::kExit, "it returned"};
  }
  if (index == kHandlerTrap) {
    return HandlerReturned();
  }
  if (index >= function_names_.size() || ++calls_ > kCallsMax) {
    return Event{EventKind::kException, "too many calls"};
  }
  const Api* api = ApiAt(function_apis_[index]);
  if (api == nullptr) {
    return Event{EventKind::kUnknownApi, function_names_[index]};
  }
  cpu_.CountRounds(kCallCost);
  const std::uint64_t result = api->run != nullptr ? api->run(*this) : api->result;
  if (end_) {
    return *std::move(end_);
  }
  Return(result, api->arguments);
  return std::nullopt;
}

std::optional<Event> Process::RaiseFor(const Stop& stop) {
  const std::uint64_t ip = cpu_.ip();
  switch (stop.kind) {
    case StopKind::kReadFault:
      return Raise(kAccessViolation, ip, {0, stop.address});
    case StopKind::kWriteFault:
      return Raise(kAccessViolation, ip, {1, stop.address});
    case StopKind::kExecuteFault:
      return Raise(kAccessViolation, ip, {0, stop.address});
    case StopKind::kBreakpoint:
      return Raise(0x8000'0003, ip - 1, {0});
    case StopKind::kSingleStep:
      return Raise(0x8000'0004, ip, {});
    case StopKind::kDivide:
      return Raise(0xC000'0094, ip, {});
    case StopKind::kPrivileged:
      return Raise(0xC000'0096, ip, {});
    case StopKind::kInterrupt:
      if (stop.address == 0x2D) {
        return Raise(0x8000'0003, ip, {0});
      }
      if (stop.address == 4 || stop.address == 5) {
        return Raise(stop.address == 4 ? 0xC000'0095 : 0xC000'008C, ip, {});
      }
      return Raise(kAccessViolation, ip - 2, {0, 0xFFFF'FFFF});
    default:
      return Raise(0xC000'001D, ip, {});
  }
}

void Process::SaveContext(std::uint64_t at, std::uint64_t ip) {
  constexpr std::uint32_t kFull = 0x1003F;
  Store32(at, kFull);
  for (std::size_t i = 0; i < kContextRegisters.size(); ++i) {
    Store32(at + kContextRegisters[i], static_cast<std::uint32_t>(cpu_.reg(i)));
  }
  Store32(at + kContextIp, static_cast<std::uint32_t>(ip));
  Store32(at + kContextFlags, cpu_.flags() & ~static_cast<std::uint32_t>(x86::kTrapFlag));
  Store32(at + 0xBC, cpu_.selectors[x86::kCs]);
  Store32(at + 0xC8, cpu_.selectors[x86::kSs]);
  Store32(at + 0x90, cpu_.selectors[x86::kFs]);
  Store32(at + 0x94, cpu_.selectors[x86::kEs]);
  Store32(at + 0x98, cpu_.selectors[x86::kDs]);
}

void Process::LoadContext(std::uint64_t at) {
  for (std::size_t i = 0; i < kContextRegisters.size(); ++i) {
    cpu_.set_reg(i, Load32(at + kContextRegisters[i]));
  }
  constexpr std::uint32_t kKept = 0x0024'0FD7;
  cpu_.set_flags(static_cast<std::uint32_t>(Load32(at + kContextFlags)) & kKept);
  cpu_.set_ip(Load32(at + kContextIp));
}

// Puts EXCEPTION_RECORD and CONTEXT on the stack and calls the first handler of the list in FS:[0].
std::optional<Event> Process::Raise(std::uint32_t code, std::uint64_t address,
                                    std::initializer_list<std::uint64_t> parameters) {
  Event unhandled{EventKind::kException, "exception " + Hex(code) + " at " + Hex(address)};
  if (is_64_ || ++exceptions_ > kExceptionsMax) {
    return unhandled;
  }
  const std::uint64_t context = (cpu_.reg(x86::kSp) - kContextBytes - 16) & ~std::uint64_t{15};
  record_ = context - kRecordBytes;
  if (record_ < stack_begin_ + 0x1000 || context > stack_end_) {
    return unhandled;
  }
  SaveContext(context, address);
  Store32(record_, code);
  Store32(record_ + 4, 0);
  Store32(record_ + 8, 0);
  Store32(record_ + 12, static_cast<std::uint32_t>(address));
  Store32(record_ + 16, static_cast<std::uint32_t>(parameters.size()));
  std::uint64_t at = record_ + 20;
  for (const std::uint64_t parameter : parameters) {
    Store32(at, static_cast<std::uint32_t>(parameter));
    at += 4;
  }
  if (auto event = CallHandler(Load32(teb_))) {
    return unhandled;
  }
  return std::nullopt;
}

std::optional<Event> Process::CallHandler(std::uint64_t frame) {
  // Frames of the system's own, from calls of other handlers, have nothing to say.
  for (unsigned i = 0; i < kFramesMax && Load32(frame + 4) == traps_ + kHandlerTrap; ++i) {
    frame = Load32(frame);
  }
  const std::uint64_t handler = Load32(frame + 4);
  // The last handler is the system's own: it ends the program.
  const bool is_system = handler == FindLibrary("kernel32.dll") + 0x8000 - 16;
  if (frame < 0x1000 || frame >= 0xFFFF'FFF0 || handler == 0 || is_system) {
    return Event{EventKind::kException, "an exception that nothing handles"};
  }
  frame_ = frame;
  const std::uint64_t context = record_ + kRecordBytes;
  const std::uint64_t sp = record_ - 32;
  Store32(sp, static_cast<std::uint32_t>(traps_ + kHandlerTrap));
  Store32(sp + 4, static_cast<std::uint32_t>(record_));
  Store32(sp + 8, static_cast<std::uint32_t>(frame));
  Store32(sp + 12, static_cast<std::uint32_t>(context));
  Store32(sp + 16, static_cast<std::uint32_t>(record_ - 16));
  // While the handler runs, the list begins with a frame of the system's.
  Store32(record_ - 12, static_cast<std::uint32_t>(Load32(teb_)));
  Store32(record_ - 8, static_cast<std::uint32_t>(traps_ + kHandlerTrap));
  Store32(teb_, static_cast<std::uint32_t>(record_ - 12));
  cpu_.set_reg(x86::kSp, sp);
  cpu_.set_flags(cpu_.flags() & ~static_cast<std::uint32_t>(x86::kTrapFlag));
  cpu_.set_ip(handler);
  return std::nullopt;
}

std::optional<Event> Process::HandlerReturned() {
  constexpr std::uint64_t kContinueExecution = 0;
  constexpr std::uint64_t kContinueSearch = 1;
  // The handler removed its return address; its arguments are left.
  const std::uint64_t sp = cpu_.reg(x86::kSp);
  record_ = Load32(sp);
  frame_ = Load32(sp + 4);
  Store32(teb_, static_cast<std::uint32_t>(Load32(Load32(teb_))));
  const std::uint64_t disposition = cpu_.reg(x86::kAx);
  if (disposition == kContinueExecution) {
    LoadContext(Load32(sp + 8));
    return std::nullopt;
  }
  if (disposition == kContinueSearch && ++exceptions_ <= kExceptionsMax) {
    const std::uint64_t next = Load32(frame_);
    if (next > frame_ && next < 0xFFFF'FFF0) {
      return CallHandler(next);
    }
  }
  return Event{EventKind::kException, "an exception that nothing handles"};
}

}  // namespace day::emulate::windows
