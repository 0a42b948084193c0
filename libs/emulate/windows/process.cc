// Process: loading the program's image and resolving its imports.
#include "libs/emulate/windows/process.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "libs/emulate/windows/api.h"

namespace day::emulate::windows {
namespace {

using base::ErrorKind;
using base::MakeError;
using formats::pe::Directory;

constexpr std::uint16_t kMachineI386 = 0x14C;
constexpr std::uint16_t kMachineAmd64 = 0x8664;
constexpr std::uint64_t kAddressMax32 = 0x7000'0000;
constexpr std::uint64_t kAddressMax64 = 0x7FFF'0000'0000;
constexpr unsigned kDescriptorsMax = 128;
constexpr unsigned kThunksMax = 4096;

constexpr std::uint64_t RoundUp(std::uint64_t value, std::uint64_t unit) {
  return (value + unit - 1) / unit * unit;
}

}  // namespace

Process::Process(base::Bytes file, const formats::pe::PeReader& pe)
    : file_(file),
      pe_(pe),
      is_64_(pe.is_64bit()),
      memory_(kPagesMax),
      cpu_(pe.is_64bit() ? x86::Mode::k64 : x86::Mode::k32, memory_) {}

base::Result<std::unique_ptr<Process>> Process::Create(base::Bytes file) {
  DAY_TRY_ASSIGN(const formats::pe::PeReader pe, formats::pe::PeReader::Create(file));
  const std::uint16_t machine = pe.file_header().machine;
  if (machine != (pe.is_64bit() ? kMachineAmd64 : kMachineI386)) {
    return MakeError(ErrorKind::kUnsupported, "a program for another processor");
  }
  std::unique_ptr<Process> process(new Process(file, pe));
  DAY_TRY(process->LoadImage());
  DAY_TRY(process->SetUpSystem());
  process->ResolveImports();
  process->SetUpRegisters();
  process->cpu_.set_stops_at_written_code(true);
  return process;
}

base::Status Process::LoadImage() {
  const auto& header = pe_.optional_header();
  image_base_ = header.image_base;
  image_size_ = RoundUp(header.size_of_image, x86::kPageBytes);
  std::uint64_t end = 0;
  for (const formats::pe::Section& section : pe_.sections()) {
    const std::uint64_t size =
        section.virtual_size != 0 ? section.virtual_size : section.size_of_raw_data;
    end = std::max(end, RoundUp(std::uint64_t{section.virtual_address} + size, x86::kPageBytes));
  }
  // Windows wants both to agree; what lies behind SizeOfImage is not there.
  image_size_ = std::max(image_size_, std::min(end, image_size_ + 0x10'0000));
  if (image_size_ == 0 || image_size_ > kImageBytesMax) {
    return MakeError(ErrorKind::kUnsupported, "an image too large to be run");
  }
  const std::uint64_t limit = is_64_ ? kAddressMax64 : kAddressMax32;
  if (image_base_ % 0x10000 != 0 || image_base_ == 0 || image_base_ > limit - image_size_ ||
      header.address_of_entry_point >= image_size_) {
    return MakeError(ErrorKind::kUnsupported, "an image that cannot be where it wants to be");
  }
  if (!memory_.Map(image_base_, image_size_, x86::kReadWriteExecute)) {
    return MakeError(ErrorKind::kUnsupported, "an image that does not fit");
  }
  return header.section_alignment < x86::kPageBytes ? LoadFlat() : LoadSections();
}

// Sections closer than pages: the file lies in memory as it is.
base::Status Process::LoadFlat() {
  const base::Bytes all = base::ClippedSlice(file_, 0, image_size_);
  if (!memory_.Poke(image_base_, all)) {
    return MakeError(ErrorKind::kLimit, "an image too large to be run");
  }
  sections_.push_back({image_base_, image_base_ + image_size_, image_base_ + image_size_});
  return base::OkStatus();
}

base::Status Process::LoadSections() {
  const std::uint64_t headers =
      std::max<std::uint64_t>(pe_.optional_header().size_of_headers, formats::pe::kSectorSizeBytes);
  bool ok = memory_.Poke(image_base_, base::ClippedSlice(file_, 0, std::min(headers, image_size_)));
  for (const formats::pe::Section& section : pe_.sections()) {
    // As Windows: where the bytes are is rounded down to sectors, how many up.
    const std::uint64_t raw_begin =
        section.pointer_to_raw_data / formats::pe::kSectorSizeBytes * formats::pe::kSectorSizeBytes;
    const std::uint64_t raw_size = RoundUp(section.size_of_raw_data, formats::pe::kSectorSizeBytes);
    const std::uint64_t virtual_size =
        section.virtual_size != 0 ? section.virtual_size : section.size_of_raw_data;
    const std::uint64_t begin = section.virtual_address;
    const std::uint64_t space = RoundUp(virtual_size, x86::kPageBytes);
    if (begin >= image_size_ || space == 0) {
      continue;
    }
    const std::uint64_t room = std::min(space, image_size_ - begin);
    if (section.pointer_to_raw_data != 0 && raw_size != 0) {
      ok = ok && memory_.Poke(image_base_ + begin,
                              base::ClippedSlice(file_, raw_begin, std::min(raw_size, room)));
    }
    sections_.push_back({image_base_ + begin, image_base_ + begin + room,
                         image_base_ + begin + std::min(virtual_size, room)});
  }
  return ok ? base::OkStatus() : MakeError(ErrorKind::kLimit, "an image too large to be run");
}

// From memory, not from the file: that is where Windows reads them.
void Process::ResolveImports() {
  const formats::pe::DataDirectory imports = pe_.directory(Directory::kImport);
  if (imports.virtual_address == 0 || imports.virtual_address >= image_size_) {
    return;
  }
  for (unsigned i = 0; i < kDescriptorsMax; ++i) {
    const std::uint64_t descriptor =
        image_base_ + imports.virtual_address + i * formats::pe::kImportDescriptorSizeBytes;
    if (!ResolveDescriptor(descriptor)) {
      return;
    }
  }
}

// False at the end of the table.
bool Process::ResolveDescriptor(std::uint64_t descriptor) {
  const std::uint64_t names = Load32(descriptor);
  const std::uint64_t name = Load32(descriptor + 12);
  const std::uint64_t slots = Load32(descriptor + 16);
  if (name == 0 || slots == 0 || name >= image_size_ || slots >= image_size_) {
    return false;
  }
  const std::string library_name = TextAt(image_base_ + name);
  if (library_name.empty() || library_name.size() > 64) {
    return false;
  }
  const std::uint64_t library = LoadLibrary(library_name);
  const std::uint64_t table = names != 0 && names < image_size_ ? names : slots;
  const unsigned word = pointer_bytes();
  for (unsigned i = 0; i < kThunksMax; ++i) {
    std::uint64_t thunk = Load32(image_base_ + table + i * word);
    const std::uint64_t upper = is_64_ ? Load32(image_base_ + table + i * word + 4) : thunk;
    if (thunk == 0) {
      break;
    }
    const bool is_ordinal = (upper & 0x8000'0000) != 0;
    const std::string function = is_ordinal ? "#" + std::to_string(thunk & 0xFFFF)
                                            : TextAt(image_base_ + (thunk & 0x7FFF'FFFF) + 2);
    const std::uint64_t address = FindFunction(library, function);
    std::array<std::byte, 8> bytes{};
    for (unsigned at = 0; at < word; ++at) {
      bytes[at] = static_cast<std::byte>(address >> (8 * at));
    }
    if (!memory_.Poke(image_base_ + slots + i * word, base::Bytes(bytes).first(word))) {
      break;
    }
  }
  return true;
}

std::uint64_t Process::Load32(std::uint64_t address) {
  std::array<std::byte, 4> bytes{};
  const std::span<std::uint8_t> out(reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size());
  if (!memory_.Peek(address & cpu_.linear_mask(), out)) {
    return 0;
  }
  return base::ReadAt<std::uint32_t>(bytes, 0).value_or(0);
}

bool Process::Store32(std::uint64_t address, std::uint32_t value) {
  std::array<std::byte, 4> bytes{};
  for (unsigned at = 0; at < 4; ++at) {
    bytes[at] = static_cast<std::byte>(value >> (8 * at));
  }
  return memory_.WriteForProgram(address & cpu_.linear_mask(), bytes);
}

bool Process::StoreWord(std::uint64_t address, std::uint64_t value) {
  return Store32(address, static_cast<std::uint32_t>(value)) &&
         (!is_64_ || Store32(address + 4, static_cast<std::uint32_t>(value >> 32)));
}

std::string Process::TextAt(std::uint64_t address) {
  std::string text;
  std::array<std::uint8_t, 1> byte{};
  while (text.size() < kTextMax &&
         memory_.Peek((address + text.size()) & cpu_.linear_mask(), byte) && byte[0] != 0) {
    text.push_back(static_cast<char>(byte[0]));
  }
  return text;
}

std::string Process::WideTextAt(std::uint64_t address) {
  std::string text;
  std::array<std::uint8_t, 2> unit{};
  while (text.size() < kTextMax &&
         memory_.Peek((address + 2 * text.size()) & cpu_.linear_mask(), unit) &&
         (unit[0] | unit[1]) != 0) {
    text.push_back(unit[1] == 0 ? static_cast<char>(unit[0]) : '?');
  }
  return text;
}

std::uint64_t Process::Allocate(std::uint64_t wanted, std::uint64_t size) {
  constexpr std::uint64_t kFirst = 0x0080'0000;
  const std::uint64_t bytes = RoundUp(std::max<std::uint64_t>(size, 1), x86::kPageBytes);
  if (bytes < size || bytes > kPagesMax * x86::kPageBytes) {
    return 0;
  }
  const std::uint64_t address =
      wanted != 0 ? wanted : memory_.FindFree(kFirst, kAddressMax32, bytes);
  if (address == 0 || address < 0x10000 || address + bytes > kAddressMax32 ||
      !memory_.Map(address, bytes, x86::kReadWriteExecute)) {
    return 0;
  }
  allocations_[address] = bytes;
  return address;
}

bool Process::Free(std::uint64_t address) {
  const auto found = allocations_.find(address);
  if (found == allocations_.end()) {
    return false;
  }
  Charge(std::min<std::uint64_t>(found->second, memory_.page_count() * x86::kPageBytes) / 16);
  allocations_.erase(found);
  return memory_.Unmap(address);
}

void Process::End(EventKind kind, std::string detail) { end_ = Event{kind, std::move(detail)}; }

}  // namespace day::emulate::windows
