#include "libs/rules/scan/entry_point.h"

#include <algorithm>

namespace day::rules::scan {
namespace {

using base::ReadAt;

constexpr std::uint64_t kDosHeaderSize = 64;
constexpr std::uint64_t kLfanewOffset = 60;
constexpr std::uint64_t kPeHeadersSize = 24;  // signature and file header
constexpr std::uint64_t kOptionalHeader32Size = 224;
constexpr std::uint64_t kEntryPointField = kPeHeadersSize + 16;
constexpr std::uint64_t kSectionHeaderSize = 40;
constexpr std::uint32_t kPeSignature = 0x4550;
constexpr std::uint16_t kMachineI386 = 0x14C;
constexpr std::uint16_t kMachineAmd64 = 0x8664;
constexpr std::uint16_t kPeSectionsMax = 60;

template <typename T>
std::uint64_t Read(base::Bytes file, std::uint64_t offset) {
  return ReadAt<T>(file, offset).value_or(0);
}

// Where the PE header is, if libyara takes the file for a PE file.
std::optional<std::uint64_t> PeHeader(base::Bytes file) {
  if (file.size() < kDosHeaderSize || Read<std::uint16_t>(file, 0) != 0x5A4D) {
    return std::nullopt;
  }
  const std::uint64_t header = Read<std::uint32_t>(file, kLfanewOffset);
  if (header > 0x7FFFFFFF || file.size() <= header + kPeHeadersSize + kOptionalHeader32Size) {
    return std::nullopt;
  }
  const std::uint64_t machine = Read<std::uint16_t>(file, header + 4);
  if (Read<std::uint32_t>(file, header) != kPeSignature ||
      (machine != kMachineI386 && machine != kMachineAmd64)) {
    return std::nullopt;
  }
  return header;
}

std::uint64_t PeEntryPoint(base::Bytes file, std::uint64_t header) {
  const std::uint64_t rva = Read<std::uint32_t>(file, header + kEntryPointField);
  const std::uint64_t sections =
      std::min<std::uint64_t>(Read<std::uint16_t>(file, header + 6), kPeSectionsMax);
  const std::uint64_t table = kPeHeadersSize + Read<std::uint16_t>(file, header + 20);
  std::uint64_t section_rva = 0;
  std::uint64_t section_offset = 0;
  for (std::uint64_t i = 0; i < sections; ++i) {
    const std::uint64_t section = table + i * kSectionHeaderSize;
    if (section + kSectionHeaderSize >= file.size() - header) {
      return 0;
    }
    const std::uint64_t address = Read<std::uint32_t>(file, header + section + 12);
    if (rva >= address && section_rva <= address) {
      section_rva = address;
      section_offset = Read<std::uint32_t>(file, header + section + 20);
    }
  }
  return section_offset + (rva - section_rva);
}

// The fields of ELF that differ between the two classes.
struct ElfLayout {
  std::uint64_t header_size;
  std::uint64_t program_size;
  std::uint64_t section_size;
  bool wide;
};
constexpr ElfLayout kElf32 = {52, 32, 40, false};
constexpr ElfLayout kElf64 = {64, 56, 64, true};
constexpr std::uint64_t kElfExecutable = 2;
constexpr std::uint64_t kSectionNull = 0;
constexpr std::uint64_t kSectionNoBits = 8;

class ElfReader {
 public:
  ElfReader(base::Bytes file, const ElfLayout& layout) : file_(file), layout_(layout) {}

  std::uint64_t EntryPoint() const {
    const std::uint64_t entry = Address(24);
    const bool executable = Read<std::uint16_t>(file_, 16) == kElfExecutable;
    const std::uint64_t table =
        layout_.wide ? Address(executable ? 32 : 40) : Address(executable ? 28 : 32);
    const std::uint64_t count =
        Read<std::uint16_t>(file_, (layout_.wide ? 56u : 44u) + (executable ? 0u : 4u));
    const std::uint64_t size = executable ? layout_.program_size : layout_.section_size;
    if (table == 0 || count == 0 || !base::Slice(file_, table, size * count).has_value()) {
      return 0;
    }
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::optional<std::uint64_t> offset = executable
                                                      ? ThroughProgram(table + i * size, entry)
                                                      : ThroughSection(table + i * size, entry);
      if (offset.has_value()) {
        return *offset;
      }
    }
    return 0;
  }

 private:
  std::uint64_t Address(std::uint64_t offset) const {
    return layout_.wide ? Read<std::uint64_t>(file_, offset) : Read<std::uint32_t>(file_, offset);
  }
  // Sums wrap at the width of the class, as in libyara.
  std::uint64_t Sum(std::uint64_t a, std::uint64_t b) const {
    return layout_.wide ? a + b : (a + b) & 0xFFFFFFFF;
  }
  std::optional<std::uint64_t> Map(std::uint64_t rva, std::uint64_t address, std::uint64_t size,
                                   std::uint64_t offset) const {
    if (rva < address || rva >= Sum(address, size)) {
      return std::nullopt;
    }
    // 32-bit: the offset is a 32-bit number and the difference a 64-bit one.
    return offset + (rva - address);
  }
  std::optional<std::uint64_t> ThroughProgram(std::uint64_t at, std::uint64_t rva) const {
    return layout_.wide ? Map(rva, Address(at + 16), Address(at + 40), Address(at + 8))
                        : Map(rva, Address(at + 8), Address(at + 20), Address(at + 4));
  }
  std::optional<std::uint64_t> ThroughSection(std::uint64_t at, std::uint64_t rva) const {
    const std::uint64_t type = Read<std::uint32_t>(file_, at + 4);
    if (type == kSectionNull || type == kSectionNoBits) {
      return std::nullopt;
    }
    return layout_.wide ? Map(rva, Address(at + 16), Address(at + 32), Address(at + 24))
                        : Map(rva, Address(at + 12), Address(at + 20), Address(at + 16));
  }

  base::Bytes file_;
  const ElfLayout& layout_;
};

}  // namespace

std::optional<std::uint64_t> EntryPointOffset(base::Bytes file) {
  if (const std::optional<std::uint64_t> header = PeHeader(file)) {
    return PeEntryPoint(file, *header);
  }
  if (!base::AsText(file).starts_with("\x7f"
                                      "ELF")) {
    return std::nullopt;
  }
  const std::uint8_t elf_class = base::ReadAt<std::uint8_t>(file, 4).value_or(0);
  if (elf_class == 1 && file.size() >= kElf32.header_size) {
    return ElfReader(file, kElf32).EntryPoint();
  }
  if (elf_class == 2 && file.size() >= kElf64.header_size) {
    return ElfReader(file, kElf64).EntryPoint();
  }
  return std::nullopt;
}

}  // namespace day::rules::scan
