// Process: a Windows of our own around the emulated processor, as small as the stubs of packers
// need: the program's image, a stack, TEB, PEB and loader data, system libraries that are nothing
// but headers and export tables, some functions of them (api_*.cc), and structured exception
// handling in 32-bit programs.
//
//   DAY_TRY_ASSIGN(auto process, Process::Create(file));
//   for (;;) {
//     const Event event = process->Run(1'000'000);
//     if (event.kind == EventKind::kWrittenCode) { ...look at the memory...; process->GoOn(); }
//     else break;
//   }
//
// Nothing real is touched: the only file that exists is the program's own, read-only; there is no
// registry, network, clock or randomness, and every run of the same file is the same. Bounded by
// the instructions given to Run(), kPagesMax, and named limits in process.cc.
// Ownership: borrows the file. REQUIRES: the file outlives the process. Not thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/base/result.h"
#include "libs/emulate/x86/cpu.h"
#include "libs/emulate/x86/memory.h"
#include "libs/formats/pe/pe_reader.h"

namespace day::emulate::windows {

// 128 MiB of memory that a program may touch.
inline constexpr std::size_t kPagesMax = 32768;
// A larger image is not loaded.
inline constexpr std::uint64_t kImageBytesMax = 96ull * 1024 * 1024;

enum class EventKind : std::uint8_t {
  kBudget,              // the instructions are used up; Run() again goes on
  kWrittenCode,         // about to run a page that the program wrote; GoOn(), then Run() again
  kExit,                // it ended, or waits for a person: what is to be unpacked is unpacked
  kUnknownApi,          // it called a function that is not there
  kUnknownInstruction,  // an instruction that is not covered
  kException,           // it failed, and nothing of it wanted to know
  kMemory,              // kPagesMax
};

struct Event {
  EventKind kind = EventKind::kBudget;
  std::string detail;  // of the function or exception, for people
};

struct Section {
  std::uint64_t begin = 0;  // addresses in memory, whole pages
  std::uint64_t end = 0;
  std::uint64_t virtual_end = 0;  // as the header says
};

class Process {
 public:
  // Fails with kMalformed or kUnsupported if the file is no program that could be run.
  static base::Result<std::unique_ptr<Process>> Create(base::Bytes file);
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  Event Run(std::uint64_t instructions_max);
  // After kWrittenCode: the page may be run now. With `for_good` it is never reported again.
  void GoOn(bool for_good);

  x86::Cpu& cpu() { return cpu_; }
  x86::Memory& memory() { return memory_; }
  bool is_64() const { return cpu_.mode() == x86::Mode::k64; }
  std::uint64_t image_base() const { return image_base_; }
  std::uint64_t image_size() const { return image_size_; }
  const std::vector<Section>& sections() const { return sections_; }
  const formats::pe::PeReader& pe() const { return pe_; }
  // Memory that the program asked for, by address: begin and size.
  const std::map<std::uint64_t, std::uint64_t>& allocations() const { return allocations_; }
  base::Bytes file() const { return file_; }

  // For the functions in api_*.cc: arguments and results of the call being made.
  std::uint64_t Argument(unsigned index);
  std::string TextAt(std::uint64_t address);      // up to a zero, at most kTextMax bytes
  std::string WideTextAt(std::uint64_t address);  // UTF-16, other than Latin becomes '?'
  bool Store32(std::uint64_t address, std::uint32_t value);
  bool StoreWord(std::uint64_t address, std::uint64_t value);  // as wide as a pointer
  std::uint64_t Load32(std::uint64_t address);
  std::uint64_t Allocate(std::uint64_t wanted, std::uint64_t size);
  bool Free(std::uint64_t address);
  // The base of a library, loaded if it is not; 0 if there are too many.
  std::uint64_t LoadLibrary(std::string_view name);
  // The base of a library that is loaded, or of the program for an empty name; else 0.
  std::uint64_t FindLibrary(std::string_view name) const;
  // The address of a function of a library, made up if the name is not known; 0: no such library.
  std::uint64_t FindFunction(std::uint64_t library, std::string_view name);
  // Addresses of the program's command line and of its path: as bytes, and as UTF-16.
  std::uint64_t command_line(bool wide) const { return wide ? path_wide_ : path_; }
  // Counts as instructions what a function does to so many bytes.
  void Charge(std::uint64_t bytes) { cpu_.CountRounds(bytes / 8); }
  // Ends the run when the function returns.
  void End(EventKind kind, std::string detail);

  std::uint32_t last_error = 0;
  std::uint64_t file_position = 0;
  bool has_opened_file = false;  // the program has opened its own file
  std::vector<std::uint64_t> tls_slots;
  std::uint64_t unhandled_filter = 0;

  static constexpr std::size_t kTextMax = 1024;
  static constexpr std::uint64_t kHeap = 0x0014'0000;
  static constexpr std::uint64_t kFileHandle = 0x1F4;
  static constexpr std::uint64_t kMappingHandle = 0x1F8;

 private:
  struct Library {
    std::string name;  // lower case, with ".dll"
    std::uint64_t base = 0;
    std::uint64_t ldr_entry = 0;
    std::uint64_t next_stub = 0;
  };
  Process(base::Bytes file, const formats::pe::PeReader& pe);
  base::Status LoadImage();
  base::Status LoadFlat();
  base::Status LoadSections();
  base::Status SetUpSystem();
  void SetUpLoaderData();
  std::uint64_t SystemBytes(std::uint64_t size);
  std::uint64_t AddText(std::string_view text, bool wide);
  void LinkModule(std::uint64_t entry, std::uint64_t base, std::uint64_t entry_point,
                  std::uint64_t size, std::string_view name);
  void BuildExports(Library& library);
  std::uint64_t AddFunction(Library& library, std::string_view name);
  void ResolveImports();
  bool ResolveDescriptor(std::uint64_t descriptor);
  void SetUpRegisters();

  std::optional<Event> OnStop(const x86::Stop& stop);
  std::optional<Event> CallFunction(std::uint64_t address);
  std::optional<Event> Raise(std::uint32_t code, std::uint64_t address,
                             std::initializer_list<std::uint64_t> parameters);
  std::optional<Event> CallHandler(std::uint64_t frame);
  std::optional<Event> HandlerReturned();
  std::optional<Event> RaiseFor(const x86::Stop& stop);
  void SaveContext(std::uint64_t at, std::uint64_t ip);
  void LoadContext(std::uint64_t at);
  void Return(std::uint64_t value, unsigned arguments);
  unsigned pointer_bytes() const { return is_64_ ? 8 : 4; }

  base::Bytes file_;
  formats::pe::PeReader pe_;
  bool is_64_;
  x86::Memory memory_;
  x86::Cpu cpu_;
  std::uint64_t image_base_ = 0;
  std::uint64_t image_size_ = 0;
  std::vector<Section> sections_;
  std::map<std::uint64_t, std::uint64_t> allocations_;
  std::vector<Library> libraries_;
  std::vector<std::string> function_names_;  // "library.dll!name", by trap
  std::vector<std::size_t> function_apis_;   // index in the table of functions, or none
  std::map<std::string, std::uint64_t, std::less<>> functions_;
  std::uint64_t traps_ = 0;        // where the traps are
  std::uint64_t system_next_ = 0;  // what is left of the system's data
  std::uint64_t system_end_ = 0;
  std::uint64_t ldr_ = 0;
  std::vector<std::uint64_t> ldr_entries_;
  std::uint64_t teb_ = 0;
  std::uint64_t peb_ = 0;
  std::uint64_t stack_begin_ = 0;
  std::uint64_t stack_end_ = 0;
  std::uint64_t path_ = 0;
  std::uint64_t path_wide_ = 0;
  std::uint64_t record_ = 0;  // of the exception being handled
  std::uint64_t frame_ = 0;
  unsigned exceptions_ = 0;
  std::uint64_t calls_ = 0;
  std::optional<Event> end_;
  std::map<std::uint64_t, unsigned> settled_;  // pages that are not reported any more
};

}  // namespace day::emulate::windows
