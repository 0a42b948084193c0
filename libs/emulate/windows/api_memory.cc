// Memory: VirtualAlloc and its like, heaps, copying.
#include <algorithm>
#include <vector>

#include "libs/emulate/windows/api.h"
#include "libs/emulate/windows/process.h"

namespace day::emulate::windows {
namespace {

constexpr std::uint64_t kCopyBytesMax = 32ull * 1024 * 1024;

// PAGE_* constants of Windows to our permissions; pages may always be run, as without DEP.
std::uint8_t Permissions(std::uint64_t protection) {
  switch (protection & 0xFF) {
    case 0x01:
      return 0;
    case 0x02:
    case 0x10:
    case 0x20:
      return x86::kRead | x86::kExecute;
    default:
      return x86::kReadWriteExecute;
  }
}

std::uint64_t AllocateAt(Process& process, std::uint64_t wanted, std::uint64_t size) {
  const std::uint64_t begin = wanted & ~std::uint64_t{0xFFF};
  // Committing what was reserved before.
  if (wanted != 0 && process.memory().FindRegion(begin) != nullptr) {
    for (const auto& [address, bytes] : process.allocations()) {
      if (begin >= address && begin - address < bytes && size <= bytes - (begin - address)) {
        return begin;
      }
    }
    return 0;
  }
  return process.Allocate(begin, size);
}

std::uint64_t VirtualAlloc(Process& process) {
  return AllocateAt(process, process.Argument(0), process.Argument(1));
}
std::uint64_t VirtualAllocEx(Process& process) {
  return AllocateAt(process, process.Argument(1), process.Argument(2));
}

std::uint64_t VirtualFree(Process& process) {
  constexpr std::uint64_t kRelease = 0x8000;
  return (process.Argument(2) & kRelease) == 0 || process.Free(process.Argument(0)) ? 1 : 0;
}

std::uint64_t VirtualProtect(Process& process) {
  const std::uint64_t address = process.Argument(0);
  const std::uint64_t size = process.Argument(1);
  constexpr std::uint64_t kBytesMax = 64ull * 1024 * 1024;
  constexpr std::uint32_t kExecuteReadWrite = 0x40;
  if (size > kBytesMax ||
      !process.memory().Protect(address, size, Permissions(process.Argument(2)))) {
    return 0;
  }
  process.Charge(size / 16);
  process.Store32(process.Argument(3), kExecuteReadWrite);
  return 1;
}

// The region that an address is in: MEMORY_BASIC_INFORMATION.
std::uint64_t VirtualQuery(Process& process) {
  const x86::Region* region = process.memory().FindRegion(process.Argument(0));
  const std::uint64_t info = process.Argument(1);
  if (region == nullptr) {
    return 0;
  }
  constexpr std::uint32_t kCommit = 0x1000;
  constexpr std::uint32_t kImage = 0x100'0000;
  const std::uint64_t word = process.is_64() ? 8 : 4;
  process.StoreWord(info, process.Argument(0) & ~std::uint64_t{0xFFF});
  process.StoreWord(info + word, region->begin);
  process.StoreWord(info + 2 * word, 0x40);
  process.StoreWord(info + 3 * word, region->end - region->begin);
  process.Store32(info + 4 * word, kCommit);
  process.Store32(info + 4 * word + 4, 0x40);
  process.Store32(info + 4 * word + 8, kImage);
  return process.is_64() ? 48 : 28;
}

std::uint64_t GlobalAlloc(Process& process) { return process.Allocate(0, process.Argument(1)); }
std::uint64_t HeapAlloc(Process& process) { return process.Allocate(0, process.Argument(2)); }
std::uint64_t RtlAllocateHeap(Process& process) { return HeapAlloc(process); }
std::uint64_t Malloc(Process& process) { return process.Allocate(0, process.Argument(0)); }

std::uint64_t GlobalFree(Process& process) { return process.Free(process.Argument(0)) ? 0 : 1; }
std::uint64_t HeapFree(Process& process) { return process.Free(process.Argument(2)) ? 1 : 0; }

std::uint64_t GlobalLock(Process& process) { return process.Argument(0); }
std::uint64_t GetProcessHeap(Process&) { return Process::kHeap; }

std::uint64_t Move(Process& process, std::uint64_t target, std::uint64_t source,
                   std::uint64_t size) {
  if (size > kCopyBytesMax) {
    process.End(EventKind::kException, "it copies too much at once");
    return 0;
  }
  process.Charge(size);
  std::vector<std::uint8_t> bytes(size);
  if (!process.memory().Peek(source, bytes) ||
      !process.memory().WriteForProgram(target, std::as_bytes(std::span(bytes)))) {
    process.End(EventKind::kException, "it copies what is not there");
  }
  return target;
}

std::uint64_t RtlMoveMemory(Process& process) {
  return Move(process, process.Argument(0), process.Argument(1), process.Argument(2));
}

std::uint64_t RtlZeroMemory(Process& process) {
  const std::uint64_t size = std::min(process.Argument(1), kCopyBytesMax);
  process.Charge(size);
  const std::vector<std::uint8_t> zeros(size);
  if (!process.memory().WriteForProgram(process.Argument(0), std::as_bytes(std::span(zeros)))) {
    process.End(EventKind::kException, "it clears what is not there");
  }
  return 0;
}

std::uint64_t WriteProcessMemory(Process& process) {
  const std::uint64_t size = process.Argument(3);
  Move(process, process.Argument(1), process.Argument(2), size);
  if (process.Argument(4) != 0) {
    process.StoreWord(process.Argument(4), size);
  }
  return 1;
}

constexpr std::string_view kKernel = "kernel32.dll";
constexpr std::string_view kNt = "ntdll.dll";

constexpr Api kApis[] = {
    {kKernel, "VirtualAlloc", 4, &VirtualAlloc},
    {kKernel, "VirtualAllocEx", 5, &VirtualAllocEx},
    {kKernel, "VirtualFree", 3, &VirtualFree},
    {kKernel, "VirtualProtect", 4, &VirtualProtect},
    {kKernel, "VirtualQuery", 3, &VirtualQuery},
    {kKernel, "VirtualLock", 2, nullptr, 1},
    {kKernel, "FlushInstructionCache", 3, nullptr, 1},
    {kKernel, "GlobalAlloc", 2, &GlobalAlloc},
    {kKernel, "GlobalFree", 1, &GlobalFree},
    {kKernel, "GlobalLock", 1, &GlobalLock},
    {kKernel, "GlobalUnlock", 1, nullptr, 1},
    {kKernel, "LocalAlloc", 2, &GlobalAlloc},
    {kKernel, "LocalFree", 1, &GlobalFree},
    {kKernel, "GetProcessHeap", 0, &GetProcessHeap},
    {kKernel, "HeapCreate", 3, &GetProcessHeap},
    {kKernel, "HeapDestroy", 1, nullptr, 1},
    {kKernel, "HeapAlloc", 3, &HeapAlloc},
    {kKernel, "HeapFree", 3, &HeapFree},
    {kNt, "RtlAllocateHeap", 3, &RtlAllocateHeap},
    {kNt, "RtlFreeHeap", 3, &HeapFree},
    {kKernel, "RtlMoveMemory", 3, &RtlMoveMemory},
    {kNt, "RtlMoveMemory", 3, &RtlMoveMemory},
    {kKernel, "RtlZeroMemory", 2, &RtlZeroMemory},
    {kNt, "RtlZeroMemory", 2, &RtlZeroMemory},
    {kKernel, "WriteProcessMemory", 5, &WriteProcessMemory},
    {"msvcrt.dll", "malloc", 0, &Malloc},
    {"msvcrt.dll", "memcpy", 0, &RtlMoveMemory},
    {"msvcrt.dll", "free", 0, nullptr, 0},
};

}  // namespace

std::span<const Api> MemoryApis() { return kApis; }

}  // namespace day::emulate::windows
