// Files, of which there is one: the program's own, for reading. Texts.
#include <algorithm>
#include <array>
#include <cctype>

#include "libs/emulate/windows/api.h"
#include "libs/emulate/windows/process.h"

namespace day::emulate::windows {
namespace {

constexpr std::uint64_t kInvalid32 = 0xFFFF'FFFF;
constexpr std::string_view kPath = "C:\\sample.exe";

std::uint64_t InvalidHandle(const Process& process) {
  return process.is_64() ? ~std::uint64_t{0} : kInvalid32;
}

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::uint64_t Open(Process& process, const std::string& name) {
  if (!Lower(name).ends_with("sample.exe")) {
    process.last_error = 2;
    return InvalidHandle(process);
  }
  process.file_position = 0;
  process.has_opened_file = true;
  return Process::kFileHandle;
}

std::uint64_t CreateFileA(Process& process) {
  return Open(process, process.TextAt(process.Argument(0)));
}
std::uint64_t CreateFileW(Process& process) {
  return Open(process, process.WideTextAt(process.Argument(0)));
}

std::uint64_t ReadFile(Process& process) {
  if (process.Argument(0) != Process::kFileHandle) {
    return 0;
  }
  const base::Bytes data =
      base::ClippedSlice(process.file(), process.file_position, process.Argument(2));
  if (!process.memory().WriteForProgram(process.Argument(1), data)) {
    return 0;
  }
  process.Charge(data.size());
  process.file_position += data.size();
  if (process.Argument(3) != 0) {
    process.Store32(process.Argument(3), static_cast<std::uint32_t>(data.size()));
  }
  return 1;
}

std::uint64_t SetFilePointer(Process& process) {
  const auto distance = static_cast<std::int64_t>(
      static_cast<std::int32_t>(static_cast<std::uint32_t>(process.Argument(1))));
  const std::uint64_t method = process.Argument(3) & 0xFFFF'FFFF;
  const std::uint64_t from = method == 0   ? 0
                             : method == 1 ? process.file_position
                                           : process.file().size();
  const std::uint64_t target = from + static_cast<std::uint64_t>(distance);
  if (process.Argument(0) != Process::kFileHandle || target > 0x7FFF'FFFF) {
    return kInvalid32;
  }
  process.file_position = target;
  return target;
}

std::uint64_t GetFileSize(Process& process) {
  if (process.Argument(1) != 0) {
    process.Store32(process.Argument(1), 0);
  }
  return process.Argument(0) == Process::kFileHandle ? process.file().size() : kInvalid32;
}

std::uint64_t CreateFileMapping(Process& process) {
  return process.Argument(0) == Process::kFileHandle ? Process::kMappingHandle : 0;
}

std::uint64_t MapViewOfFile(Process& process) {
  if (process.Argument(0) != Process::kMappingHandle) {
    return 0;
  }
  const std::uint64_t offset = process.Argument(3) & 0xFFFF'FFFF;
  const std::uint64_t size = process.Argument(4);
  const base::Bytes view =
      base::ClippedSlice(process.file(), offset, size == 0 ? process.file().size() : size);
  process.Charge(view.size());
  const std::uint64_t address = process.Allocate(0, std::max<std::uint64_t>(view.size(), 1));
  return address != 0 && process.memory().Poke(address, view) ? address : 0;
}

std::uint64_t UnmapViewOfFile(Process& process) {
  return process.Free(process.Argument(0)) ? 1 : 0;
}

std::uint64_t GetModuleFileNameA(Process& process) {
  const std::uint64_t limit = process.Argument(2) & 0xFFFF'FFFF;
  std::string path(kPath);
  path.push_back('\0');
  path.resize(std::min<std::uint64_t>(path.size(), limit));
  (void)process.memory().WriteForProgram(process.Argument(1), base::AsBytes(path));
  return path.empty() ? 0 : path.size() - 1;
}

std::uint64_t GetModuleFileNameW(Process& process) {
  const std::uint64_t limit = process.Argument(2) & 0xFFFF'FFFF;
  std::string path;
  for (const char c : std::string(kPath) + '\0') {
    path.push_back(c);
    path.push_back('\0');
  }
  path.resize(std::min<std::uint64_t>(path.size(), 2 * limit));
  (void)process.memory().WriteForProgram(process.Argument(1), base::AsBytes(path));
  return path.empty() ? 0 : path.size() / 2 - 1;
}

std::uint64_t Strlen(Process& process) { return process.TextAt(process.Argument(0)).size(); }

std::uint64_t Strcpy(Process& process) {
  std::string text = process.TextAt(process.Argument(1));
  text.push_back('\0');
  (void)process.memory().WriteForProgram(process.Argument(0), base::AsBytes(text));
  return process.Argument(0);
}

std::uint64_t Strcat(Process& process) {
  const std::uint64_t target = process.Argument(0);
  std::string text = process.TextAt(process.Argument(1));
  text.push_back('\0');
  (void)process.memory().WriteForProgram(target + process.TextAt(target).size(),
                                         base::AsBytes(text));
  return target;
}

std::uint64_t Order(const std::string& a, const std::string& b) {
  return a == b ? 0 : a < b ? 0xFFFF'FFFF : 1;
}
std::uint64_t Strcmp(Process& process) {
  return Order(process.TextAt(process.Argument(0)), process.TextAt(process.Argument(1)));
}
std::uint64_t Stricmp(Process& process) {
  return Order(Lower(process.TextAt(process.Argument(0))),
               Lower(process.TextAt(process.Argument(1))));
}

constexpr std::string_view kKernel = "kernel32.dll";

constexpr Api kApis[] = {
    {kKernel, "CreateFileA", 7, &CreateFileA},
    {kKernel, "CreateFileW", 7, &CreateFileW},
    {kKernel, "ReadFile", 5, &ReadFile},
    {kKernel, "SetFilePointer", 4, &SetFilePointer},
    {kKernel, "GetFileSize", 2, &GetFileSize},
    {kKernel, "GetFileType", 1, nullptr, 1},
    {kKernel, "GetStdHandle", 1, nullptr, 7},
    {kKernel, "CloseHandle", 1, nullptr, 1},
    {kKernel, "CreateFileMappingA", 6, &CreateFileMapping},
    {kKernel, "CreateFileMappingW", 6, &CreateFileMapping},
    {kKernel, "MapViewOfFile", 5, &MapViewOfFile},
    {kKernel, "UnmapViewOfFile", 1, &UnmapViewOfFile},
    {kKernel, "GetModuleFileNameA", 3, &GetModuleFileNameA},
    {kKernel, "GetModuleFileNameW", 3, &GetModuleFileNameW},
    {kKernel, "lstrlenA", 1, &Strlen},
    {kKernel, "lstrlen", 1, &Strlen},
    {kKernel, "lstrcpyA", 2, &Strcpy},
    {kKernel, "lstrcpy", 2, &Strcpy},
    {kKernel, "lstrcatA", 2, &Strcat},
    {kKernel, "lstrcmpA", 2, &Strcmp},
    {kKernel, "lstrcmpiA", 2, &Stricmp},
};

}  // namespace

std::span<const Api> FileApis() { return kApis; }

}  // namespace day::emulate::windows
