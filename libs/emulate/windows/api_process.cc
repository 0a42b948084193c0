// Libraries, processes and threads, time, and what programs ask about their surroundings.
#include <algorithm>
#include <array>

#include "libs/emulate/windows/api.h"
#include "libs/emulate/windows/process.h"

namespace day::emulate::windows {
namespace {

constexpr std::uint64_t kCurrentProcess = ~std::uint64_t{0};

std::uint64_t LoadLibraryA(Process& process) {
  return process.LoadLibrary(process.TextAt(process.Argument(0)));
}
std::uint64_t LoadLibraryW(Process& process) {
  return process.LoadLibrary(process.WideTextAt(process.Argument(0)));
}

std::uint64_t GetModuleHandleA(Process& process) {
  const std::uint64_t name = process.Argument(0);
  return name == 0 ? process.image_base() : process.FindLibrary(process.TextAt(name));
}
std::uint64_t GetModuleHandleW(Process& process) {
  const std::uint64_t name = process.Argument(0);
  return name == 0 ? process.image_base() : process.FindLibrary(process.WideTextAt(name));
}

std::uint64_t GetProcAddress(Process& process) {
  const std::uint64_t name = process.Argument(1);
  if (name < 0x10000) {
    return process.FindFunction(process.Argument(0), "#" + std::to_string(name));
  }
  return process.FindFunction(process.Argument(0), process.TextAt(name));
}

std::uint64_t LdrGetProcedureAddress(Process& process) {
  const std::uint64_t text = process.Argument(1);
  const std::uint64_t ordinal = process.Argument(2);
  const std::string name = text == 0
                               ? "#" + std::to_string(ordinal)
                               : process.TextAt(process.Load32(text + 4));  // ANSI_STRING, 32 bits
  const std::uint64_t address = process.FindFunction(process.Argument(0), name);
  process.StoreWord(process.Argument(3), address);
  return address != 0 ? 0 : 0xC000'0139;
}

std::uint64_t ExitProcess(Process& process) {
  process.End(EventKind::kExit, "it ended");
  return 0;
}

std::uint64_t MessageBox(Process& process) {
  process.End(EventKind::kExit, "it shows a message");
  return 1;
}

std::uint64_t GetLastError(Process& process) { return process.last_error; }

std::uint64_t SetLastError(Process& process) {
  process.last_error = static_cast<std::uint32_t>(process.Argument(0));
  return 0;
}

// Three ticks an instruction at 3 GHz: a thousand instructions a microsecond.
std::uint64_t Milliseconds(Process& process) {
  return 3'600'000 + process.cpu().count() / 1'000'000;
}

std::uint64_t GetTickCount(Process& process) { return Milliseconds(process) & 0xFFFF'FFFF; }

std::uint64_t QueryPerformanceCounter(Process& process) {
  const std::uint64_t ticks = process.cpu().count();
  process.Store32(process.Argument(0), static_cast<std::uint32_t>(ticks));
  process.Store32(process.Argument(0) + 4, static_cast<std::uint32_t>(ticks >> 32));
  return 1;
}

std::uint64_t GetSystemTimeAsFileTime(Process& process) {
  constexpr std::uint64_t kStart = 0x01D0'0000'0000'0000;
  const std::uint64_t time = kStart + Milliseconds(process) * 10'000;
  process.Store32(process.Argument(0), static_cast<std::uint32_t>(time));
  process.Store32(process.Argument(0) + 4, static_cast<std::uint32_t>(time >> 32));
  return 0;
}

std::uint64_t GetVersionExA(Process& process) {
  const std::uint64_t info = process.Argument(0);
  constexpr std::array<std::uint32_t, 4> kVersion = {6, 1, 7601, 2};
  for (std::size_t i = 0; i < kVersion.size(); ++i) {
    process.Store32(info + 4 + 4 * i, kVersion[i]);
  }
  return 1;
}

std::uint64_t GetStartupInfo(Process& process) {
  const std::uint64_t info = process.Argument(0);
  const std::uint64_t size = process.is_64() ? 104 : 68;
  for (std::uint64_t at = 0; at < size; at += 4) {
    process.Store32(info + at, at == 0 ? static_cast<std::uint32_t>(size) : 0);
  }
  return 0;
}

std::uint64_t CommandLineA(Process& process) { return process.command_line(false); }
std::uint64_t CommandLineW(Process& process) { return process.command_line(true); }

std::uint64_t SetUnhandledExceptionFilter(Process& process) {
  const std::uint64_t before = process.unhandled_filter;
  process.unhandled_filter = process.Argument(0);
  return before;
}

std::uint64_t CheckRemoteDebuggerPresent(Process& process) {
  process.Store32(process.Argument(1), 0);
  return 1;
}

std::uint64_t TlsAlloc(Process& process) {
  constexpr std::size_t kSlotsMax = 64;
  if (process.tls_slots.size() >= kSlotsMax) {
    return 0xFFFF'FFFF;
  }
  process.tls_slots.push_back(0);
  return process.tls_slots.size() - 1;
}
std::uint64_t TlsGetValue(Process& process) {
  const std::uint64_t slot = process.Argument(0);
  return slot < process.tls_slots.size() ? process.tls_slots[slot] : 0;
}
std::uint64_t TlsSetValue(Process& process) {
  const std::uint64_t slot = process.Argument(0);
  if (slot >= process.tls_slots.size()) {
    return 0;
  }
  process.tls_slots[slot] = process.Argument(1);
  return 1;
}

constexpr std::string_view kKernel = "kernel32.dll";
constexpr std::string_view kNt = "ntdll.dll";
constexpr std::string_view kUser = "user32.dll";

constexpr Api kApis[] = {
    {kKernel, "LoadLibraryA", 1, &LoadLibraryA},
    {kKernel, "LoadLibraryW", 1, &LoadLibraryW},
    {kKernel, "LoadLibraryExA", 3, &LoadLibraryA},
    {kKernel, "LoadLibraryExW", 3, &LoadLibraryW},
    {kKernel, "FreeLibrary", 1, nullptr, 1},
    {kKernel, "GetModuleHandleA", 1, &GetModuleHandleA},
    {kKernel, "GetModuleHandleW", 1, &GetModuleHandleW},
    {kKernel, "GetProcAddress", 2, &GetProcAddress},
    {kNt, "LdrGetProcedureAddress", 4, &LdrGetProcedureAddress},
    {kKernel, "ExitProcess", 1, &ExitProcess},
    {kKernel, "ExitThread", 1, &ExitProcess},
    {kKernel, "TerminateProcess", 2, &ExitProcess},
    {kNt, "NtTerminateProcess", 2, &ExitProcess},
    {kNt, "RtlExitUserThread", 1, &ExitProcess},
    {kUser, "MessageBoxA", 4, &MessageBox},
    {kUser, "MessageBoxW", 4, &MessageBox},
    {kUser, "MessageBoxExA", 5, &MessageBox},
    {kUser, "MessageBoxIndirectA", 1, &MessageBox},
    {kUser, "DialogBoxParamA", 5, &MessageBox},
    {kUser, "FindWindowA", 2, nullptr, 0},
    {kUser, "GetForegroundWindow", 0, nullptr, 0},
    {kKernel, "GetLastError", 0, &GetLastError},
    {kKernel, "SetLastError", 1, &SetLastError},
    {kKernel, "GetTickCount", 0, &GetTickCount},
    {kKernel, "QueryPerformanceCounter", 1, &QueryPerformanceCounter},
    {kKernel, "QueryPerformanceFrequency", 1, &QueryPerformanceCounter},
    {kKernel, "GetSystemTimeAsFileTime", 1, &GetSystemTimeAsFileTime},
    {kKernel, "Sleep", 1, nullptr, 0},
    {kKernel, "GetVersion", 0, nullptr, 0x1DB1'0106},
    {kKernel, "GetVersionExA", 1, &GetVersionExA},
    {kKernel, "GetVersionExW", 1, &GetVersionExA},
    {kKernel, "GetStartupInfoA", 1, &GetStartupInfo},
    {kKernel, "GetStartupInfoW", 1, &GetStartupInfo},
    {kKernel, "GetCommandLineA", 0, &CommandLineA},
    {kKernel, "GetCommandLineW", 0, &CommandLineW},
    {kKernel, "GetCurrentProcess", 0, nullptr, kCurrentProcess},
    {kKernel, "GetCurrentThread", 0, nullptr, kCurrentProcess - 1},
    {kKernel, "GetCurrentProcessId", 0, nullptr, 0x0D10},
    {kKernel, "GetCurrentThreadId", 0, nullptr, 0x0D14},
    {kKernel, "IsDebuggerPresent", 0, nullptr, 0},
    {kKernel, "CheckRemoteDebuggerPresent", 2, &CheckRemoteDebuggerPresent},
    {kNt, "NtQueryInformationProcess", 5, nullptr, 0xC000'0003},
    {kNt, "NtSetInformationThread", 4, nullptr, 0},
    {kKernel, "OutputDebugStringA", 1, nullptr, 0},
    {kKernel, "SetErrorMode", 1, nullptr, 0},
    {kKernel, "SetUnhandledExceptionFilter", 1, &SetUnhandledExceptionFilter},
    {kKernel, "GetACP", 0, nullptr, 1252},
    {kKernel, "IsProcessorFeaturePresent", 1, nullptr, 1},
    {kKernel, "InitializeCriticalSection", 1, nullptr, 0},
    {kKernel, "InitializeCriticalSectionAndSpinCount", 2, nullptr, 1},
    {kKernel, "EnterCriticalSection", 1, nullptr, 0},
    {kKernel, "LeaveCriticalSection", 1, nullptr, 0},
    {kKernel, "DeleteCriticalSection", 1, nullptr, 0},
    {kKernel, "CreateMutexA", 3, nullptr, 0x1FC},
    {kKernel, "TlsAlloc", 0, &TlsAlloc},
    {kKernel, "TlsGetValue", 1, &TlsGetValue},
    {kKernel, "TlsSetValue", 2, &TlsSetValue},
    {kKernel, "TlsFree", 1, nullptr, 1},
};

}  // namespace

std::span<const Api> ProcessApis() { return kApis; }

}  // namespace day::emulate::windows
