// Process: what a program finds around it when it starts, and the libraries.
//
// A library is a page of headers, an export table, and a stub for each function: a few harmless
// instructions, as real functions begin with, and a jump to a trap.
#include <algorithm>
#include <array>
#include <cctype>

#include "libs/emulate/windows/api.h"
#include "libs/emulate/windows/process.h"

namespace day::emulate::windows {
namespace {

constexpr std::uint64_t kStackBytes = 0x10'0000;
constexpr std::uint64_t kSystemBytes = 0x4'0000;
constexpr std::uint64_t kLibraryBytes = 0x2'0000;
constexpr std::uint64_t kStubsOffset = 0x8000;
constexpr std::uint64_t kStubBytes = 16;
constexpr std::uint64_t kLibrariesFirst = 0x7700'0000;
constexpr std::uint64_t kTrapsBegin = 0x7600'0000;
constexpr std::size_t kFunctionsMax = 16384;
constexpr std::size_t kLibrariesMax = 64;
constexpr std::uint64_t kPeHeader = 0x80;
constexpr std::uint64_t kExports = 0x1000;

std::string LibraryName(std::string_view name) {
  const std::size_t slash = name.find_last_of("\\/");
  std::string lower(slash == std::string_view::npos ? name : name.substr(slash + 1));
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (lower.find('.') == std::string::npos) {
    lower += ".dll";
  }
  return lower;
}

// Bytes that are put together and then written at once.
class Block {
 public:
  explicit Block(std::size_t size) : bytes_(size) {}
  void Put(std::uint64_t offset, std::uint64_t value, unsigned size) {
    for (unsigned i = 0; i < size && offset + i < bytes_.size(); ++i) {
      bytes_[offset + i] = static_cast<std::byte>(value >> (8 * i));
    }
  }
  void PutText(std::uint64_t offset, std::string_view text) {
    for (std::size_t i = 0; i < text.size() && offset + i < bytes_.size(); ++i) {
      bytes_[offset + i] = static_cast<std::byte>(text[i]);
    }
  }
  base::Bytes bytes() const { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
};

}  // namespace

// Zero bytes of the system's own, aligned to 16.
std::uint64_t Process::SystemBytes(std::uint64_t size) {
  const std::uint64_t at = system_next_;
  system_next_ = std::min(system_end_, (at + size + 15) / 16 * 16);
  return at;
}

std::uint64_t Process::AddText(std::string_view text, bool wide) {
  std::string bytes;
  for (const char c : text) {
    bytes.push_back(c);
    if (wide) {
      bytes.push_back('\0');
    }
  }
  bytes.append(2, '\0');
  const std::uint64_t at = SystemBytes(bytes.size());
  (void)memory_.Poke(at, base::AsBytes(bytes));
  return at;
}

base::Status Process::SetUpSystem() {
  stack_begin_ = memory_.FindFree(0x2'0000, 0x7000'0000, kStackBytes);
  bool ok = stack_begin_ != 0 && memory_.Map(stack_begin_, kStackBytes, x86::kReadWriteExecute);
  stack_end_ = stack_begin_ + kStackBytes;
  const std::uint64_t system = memory_.FindFree(0x7500'0000, 0x7600'0000, kSystemBytes);
  ok = ok && system != 0 && memory_.Map(system, kSystemBytes, x86::kRead | x86::kWrite);
  ok = ok && memory_.Map(kTrapsBegin, kFunctionsMax, x86::kRead | x86::kTrap);
  if (!ok) {
    return base::MakeError(base::ErrorKind::kUnsupported, "an image where the system should be");
  }
  traps_ = kTrapsBegin;
  system_next_ = system;
  system_end_ = system + kSystemBytes;
  teb_ = SystemBytes(0x2000);
  peb_ = SystemBytes(0x1000);
  ldr_ = SystemBytes(0x100);
  path_ = AddText("C:\\sample.exe", false);
  path_wide_ = AddText("C:\\sample.exe", true);
  // The trap at index 0 is where the program returns to, that at index 1 where its exception
  // handlers do.
  function_names_ = {"(return)", "(handler)"};
  function_apis_ = {0, 0};
  SetUpLoaderData();
  return base::OkStatus();
}

void Process::SetUpLoaderData() {
  const unsigned p = pointer_bytes();
  const std::uint64_t parameters = SystemBytes(0x100);
  // Three empty rings; modules are linked in front of their heads, which is at the end.
  Store32(ldr_, 0x30);
  Store32(ldr_ + 4, 1);
  for (unsigned ring = 0; ring < 3; ++ring) {
    const std::uint64_t head = ldr_ + 8 + (is_64_ ? 8 : 4) + 2 * p * ring;
    StoreWord(head, head);
    StoreWord(head + p, head);
  }
  StoreWord(peb_ + 2 * p, image_base_);
  StoreWord(peb_ + 3 * p, ldr_);
  StoreWord(peb_ + 4 * p, parameters);
  StoreWord(peb_ + 6 * p, kHeap);
  Store32(peb_ + (is_64_ ? 0x118 : 0xA4), 6);  // version 6.1, build 7601
  Store32(peb_ + (is_64_ ? 0x11C : 0xA8), 1);
  Store32(peb_ + (is_64_ ? 0x120 : 0xAC), 7601);
  StoreWord(teb_ + 1 * p, stack_end_);
  StoreWord(teb_ + 2 * p, stack_begin_);
  StoreWord(teb_ + 6 * p, teb_);
  Store32(teb_ + 8 * p, 0x0D10);
  Store32(teb_ + 9 * p, 0x0D14);
  StoreWord(teb_ + 12 * p, peb_);
  cpu_.set_segment_base(is_64_ ? x86::kGs : x86::kFs, teb_);
  LinkModule(SystemBytes(0x100), image_base_,
             image_base_ + pe_.optional_header().address_of_entry_point, image_size_, "sample.exe");
  for (const std::string_view name : {"ntdll.dll", "kernel32.dll", "user32.dll"}) {
    (void)LoadLibrary(name);
  }
}

// LDR_DATA_TABLE_ENTRY: the three links, base, entry point, size, full and base name.
void Process::LinkModule(std::uint64_t entry, std::uint64_t base, std::uint64_t entry_point,
                         std::uint64_t size, std::string_view name) {
  const unsigned p = pointer_bytes();
  for (unsigned ring = 0; ring < 3; ++ring) {
    const std::uint64_t head = ldr_ + 8 + (is_64_ ? 8 : 4) + 2 * p * ring;
    const std::uint64_t link = entry + 2 * p * ring;
    // The program itself is not in the order of initialisation.
    if (ring == 2 && ldr_entries_.empty()) {
      StoreWord(link, link);
      StoreWord(link + p, link);
      continue;
    }
    const std::uint64_t last =
        Load32(head + p) | (is_64_ ? Load32(head + p + 4) << 32 : std::uint64_t{0});
    StoreWord(link, head);
    StoreWord(link + p, last);
    StoreWord(last, link);
    StoreWord(head + p, link);
  }
  const std::string folder = ldr_entries_.empty() ? "C:\\" : "C:\\Windows\\System32\\";
  const auto put_text = [&](std::uint64_t at, const std::string& text) {
    Store32(at, static_cast<std::uint32_t>(2 * text.size() | (2 * text.size() + 2) << 16));
    StoreWord(at + p, AddText(text, true));
  };
  StoreWord(entry + 6 * p, base);
  StoreWord(entry + 7 * p, entry_point);
  Store32(entry + 8 * p, static_cast<std::uint32_t>(size));
  put_text(entry + 9 * p, folder + std::string(name));
  put_text(entry + 11 * p, std::string(name));
  ldr_entries_.push_back(entry);
}

std::uint64_t Process::FindLibrary(std::string_view name) const {
  const std::string wanted = LibraryName(name);
  if (wanted == "sample.exe") {
    return image_base_;
  }
  for (const Library& library : libraries_) {
    if (library.name == wanted) {
      return library.base;
    }
  }
  return 0;
}

std::uint64_t Process::LoadLibrary(std::string_view name) {
  if (const std::uint64_t base = FindLibrary(name); base != 0 || name.empty()) {
    return base;
  }
  const std::uint64_t base = memory_.FindFree(kLibrariesFirst, 0x7E00'0000, kLibraryBytes);
  if (libraries_.size() >= kLibrariesMax || base == 0 ||
      !memory_.Map(base, kLibraryBytes, x86::kRead | x86::kExecute)) {
    return 0;
  }
  libraries_.push_back({LibraryName(name), base, 0, base + kStubsOffset});
  Library& library = libraries_.back();
  library.ldr_entry = SystemBytes(0x100);
  LinkModule(library.ldr_entry, base, base + kStubsOffset, kLibraryBytes, library.name);
  BuildExports(library);
  return base;
}

void Process::BuildExports(Library& library) {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; const Api* api = ApiAt(i); ++i) {
    if (api->library == library.name) {
      names.push_back(api->name);
    }
  }
  for (const ExportedName& more : MoreExports()) {
    if (more.library == library.name) {
      names.push_back(more.name);
    }
  }
  std::sort(names.begin(), names.end());
  Block headers(0x400);
  headers.PutText(0, "MZ");
  headers.Put(0x3C, kPeHeader, 4);
  headers.PutText(kPeHeader, "PE");
  headers.Put(kPeHeader + 4, is_64_ ? 0x8664 : 0x14C, 2);
  headers.Put(kPeHeader + 20, is_64_ ? 240 : 224, 2);
  headers.Put(kPeHeader + 22, 0x2102, 2);
  const std::uint64_t optional = kPeHeader + 24;
  headers.Put(optional, is_64_ ? 0x20B : 0x10B, 2);
  headers.Put(optional + 16, kStubsOffset, 4);
  headers.Put(optional + (is_64_ ? 24 : 28), library.base, pointer_bytes());
  headers.Put(optional + 32, 0x1000, 4);
  headers.Put(optional + 36, 0x200, 4);
  headers.Put(optional + 56, kLibraryBytes, 4);
  headers.Put(optional + 60, 0x400, 4);
  headers.Put(optional + (is_64_ ? 108 : 92), 16, 4);
  headers.Put(optional + (is_64_ ? 112 : 96), kExports, 4);
  headers.Put(optional + (is_64_ ? 116 : 100), kStubsOffset - kExports, 4);
  (void)memory_.Poke(library.base, headers.bytes());

  // The directory, addresses, names, ordinals, then the texts.
  const std::uint64_t count = names.size();
  const std::uint64_t addresses = 40;
  const std::uint64_t texts = addresses + 10 * count;
  Block exports(kStubsOffset - kExports);
  exports.Put(12, kExports + texts, 4);
  exports.Put(16, 1, 4);
  exports.Put(20, count, 4);
  exports.Put(24, count, 4);
  exports.Put(28, kExports + addresses, 4);
  exports.Put(32, kExports + addresses + 4 * count, 4);
  exports.Put(36, kExports + addresses + 8 * count, 4);
  exports.PutText(texts, library.name);
  std::uint64_t text = texts + library.name.size() + 1;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t stub = AddFunction(library, names[i]);
    exports.Put(addresses + 4 * i, stub - library.base, 4);
    exports.Put(addresses + 4 * count + 4 * i, kExports + text, 4);
    exports.Put(addresses + 8 * count + 2 * i, i, 2);
    exports.PutText(text, names[i]);
    text += names[i].size() + 1;
  }
  (void)memory_.Poke(library.base + kExports, exports.bytes());
}

// A stub for the function; 0 if there are too many.
std::uint64_t Process::AddFunction(Library& library, std::string_view name) {
  if (function_names_.size() >= kFunctionsMax ||
      library.next_stub + kStubBytes > library.base + kLibraryBytes) {
    return 0;
  }
  const std::uint64_t stub = library.next_stub;
  library.next_stub += kStubBytes;
  const std::uint64_t trap = traps_ + function_names_.size();
  std::string key = library.name + "!" + std::string(name);
  std::size_t api = 0;
  // Beyond the table's end: not known.
  (void)FindApi(library.name, name, api);
  function_names_.push_back(key);
  function_apis_.push_back(api);
  functions_.emplace(std::move(key), stub);
  // mov edi, edi; push ebp; mov ebp, esp; pop ebp (in 64-bit mode the same bytes do no harm).
  constexpr std::array<std::uint8_t, 6> kBegin32 = {0x8B, 0xFF, 0x55, 0x8B, 0xEC, 0x5D};
  constexpr std::array<std::uint8_t, 6> kBegin64 = {0x66, 0x90, 0x0F, 0x1F, 0x40, 0x00};
  Block code(kStubBytes);
  for (std::size_t i = 0; i < kBegin32.size(); ++i) {
    code.Put(i, is_64_ ? kBegin64[i] : kBegin32[i], 1);
  }
  code.Put(6, 0xE9, 1);
  code.Put(7, trap - (stub + 11), 4);
  (void)memory_.Poke(stub, code.bytes());
  return stub;
}

std::uint64_t Process::FindFunction(std::uint64_t library_base, std::string_view name) {
  const auto library = std::find_if(libraries_.begin(), libraries_.end(),
                                    [&](const Library& each) { return each.base == library_base; });
  if (library == libraries_.end() || name.empty()) {
    return 0;
  }
  const auto found = functions_.find(library->name + "!" + std::string(name));
  return found != functions_.end() ? found->second : AddFunction(*library, name);
}

void Process::SetUpRegisters() {
  const std::uint64_t entry = image_base_ + pe_.optional_header().address_of_entry_point;
  const std::uint64_t kernel = FindLibrary("kernel32.dll");
  // The return address lies in kernel32, where some look for it.
  const std::uint64_t start = kernel + kStubsOffset - kStubBytes;
  Block code(kStubBytes);
  code.Put(0, 0xE9, 1);
  code.Put(1, traps_ - (start + 5), 4);
  (void)memory_.Poke(start, code.bytes());
  std::uint64_t sp = stack_end_ - 0x1000;
  if (!is_64_) {
    // The last exception handler is the system's; the list ends behind it.
    const std::uint64_t last = stack_end_ - 0x20;
    Store32(last, 0xFFFF'FFFF);
    Store32(last + 4, static_cast<std::uint32_t>(kernel + kStubsOffset - kStubBytes));
    Store32(teb_, static_cast<std::uint32_t>(last));
    sp -= 16;
    Store32(sp, static_cast<std::uint32_t>(start));
    // What DllMain gets; a program's entry point does not look.
    Store32(sp + 4, static_cast<std::uint32_t>(pe_.is_dll() ? image_base_ : peb_));
    Store32(sp + 8, 1);
    Store32(sp + 12, 0);
    cpu_.set_reg(x86::kBx, peb_);
  } else {
    sp -= 0x28;
    StoreWord(sp, start);
    cpu_.set_reg(x86::kCx, pe_.is_dll() ? image_base_ : peb_);
    cpu_.set_reg(x86::kDx, pe_.is_dll() ? 1 : entry);
  }
  cpu_.set_reg(x86::kSp, sp);
  cpu_.set_reg(x86::kBp, is_64_ ? 0 : sp + 0x20);
  cpu_.set_ip(entry);
  // The stack and what the loader wrote are nothing that the program made.
  for (const x86::Region& region : memory_.regions()) {
    for (std::uint64_t at = region.begin; at < region.end; at += x86::kPageBytes) {
      const x86::Page* page = memory_.TouchedPage(at);
      if (page != nullptr && page->is_written) {
        memory_.ForgetWrites(at);
      }
    }
  }
}

}  // namespace day::emulate::windows
