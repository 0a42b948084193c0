// ElfReader: the tables of an ELF file, read the way YARA 4.5.8 reads them.
//
//   const std::optional<ElfReader> elf = ElfReader::Parse(file);
//   if (elf) { for (std::uint64_t i = 0; i < elf->section_count(); ++i) { elf->section(i)... } }
//
// Specification: System V ABI, chapters 4 and 5. Where files lie, YARA's tolerance is the contract,
// not the ABI: a table that does not fit in the file is absent as a whole, entry sizes in the
// header are ignored, names come from wherever the string table pointer points.
//
// Security posture: untrusted input, bounds-checked, no allocation that grows with the file other
// than one record a PT_DYNAMIC segment (at most kDynamicTablesMax). Parse() walks the section and
// the segment table once (65,535 entries each at most) and dynamic tables for at most
// kDynamicStepsMax entries; everything else is read when asked.
// Thread safety: const operations are safe. Views point into the file, which must outlive the
// reader.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "libs/base/bytes.h"

namespace day::formats::elf {

// Entries of dynamic tables looked at in one file, over all PT_DYNAMIC segments together. Later
// segments are ignored once it is spent; a real file has one table of a few dozen entries.
inline constexpr std::uint64_t kDynamicStepsMax = 1u << 26;
inline constexpr std::size_t kDynamicTablesMax = 65535;

inline constexpr std::uint32_t kSectionNull = 0;
inline constexpr std::uint32_t kSectionSymtab = 2;
inline constexpr std::uint32_t kSectionStrtab = 3;
inline constexpr std::uint32_t kSectionNobits = 8;
inline constexpr std::uint32_t kSectionDynsym = 11;
inline constexpr std::uint32_t kSegmentDynamic = 2;
inline constexpr std::uint16_t kTypeExecutable = 2;

inline constexpr std::uint8_t kSymbolTypeFunction = 2;
inline constexpr std::uint8_t kSymbolBindGlobal = 1;
inline constexpr std::uint16_t kSectionIndexUndefined = 0;

struct Header {
  std::uint16_t type = 0;
  std::uint16_t machine = 0;
  std::uint64_t entry = 0;
  std::uint64_t segment_offset = 0;
  std::uint64_t section_offset = 0;
  std::uint16_t segment_entry_size = 0;
  std::uint16_t segment_count = 0;
  std::uint16_t section_entry_size = 0;
  std::uint16_t section_count = 0;
  std::uint16_t section_names_index = 0;
};

struct Section {
  std::uint32_t name = 0;
  std::uint32_t type = 0;
  std::uint64_t flags = 0;
  std::uint64_t address = 0;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  std::uint32_t link = 0;
};

struct Segment {
  std::uint32_t type = 0;
  std::uint32_t flags = 0;
  std::uint64_t offset = 0;
  std::uint64_t virtual_address = 0;
  std::uint64_t physical_address = 0;
  std::uint64_t file_size = 0;
  std::uint64_t memory_size = 0;
  std::uint64_t alignment = 0;
};

struct Dynamic {
  std::uint64_t type = 0;
  std::uint64_t value = 0;
};

struct Symbol {
  std::optional<std::string_view> name;  // nothing if it lies outside the string table
  std::uint64_t value = 0;
  std::uint64_t size = 0;
  std::uint8_t type = 0;
  std::uint8_t bind = 0;
  std::uint8_t visibility = 0;
  std::uint16_t section_index = 0;
};

// Where a symbol table and its strings lie; both are wholly inside the file.
struct SymbolTable {
  std::uint64_t offset = 0;
  std::uint64_t count = 0;
  base::Bytes strings;
};

class ElfReader {
 public:
  // Nothing if `file` does not start with an ELF identification of a known class and byte order
  // followed by at least one byte more than a header.
  static std::optional<ElfReader> Parse(base::Bytes file);

  const Header& header() const { return header_; }

  // The entry point as an offset in the file: through the segments of an executable, through the
  // sections of anything else. Nothing if it is 0 or maps to no offset.
  std::optional<std::uint64_t> entry_point() const { return entry_point_; }

  // Tables: 0 entries if the table is absent.
  std::uint64_t section_count() const { return section_count_; }
  // REQUIRES: i < section_count().
  Section section(std::uint64_t i) const;
  std::optional<std::string_view> section_name(std::uint64_t i) const;

  std::uint64_t segment_count() const { return segment_count_; }
  // REQUIRES: i < segment_count().
  Segment segment(std::uint64_t i) const;

  // Entries of the last PT_DYNAMIC segment; nothing if there is none.
  std::optional<std::uint64_t> dynamic_entries() const { return dynamic_entries_; }
  // Entries of the longest one. Where tables overlap in number the later one counts.
  std::uint64_t dynamic_count() const;
  // REQUIRES: i < dynamic_count().
  Dynamic dynamic(std::uint64_t i) const;

  // The last symbol table of each kind whose string table is a string table; nothing if absent.
  const std::optional<SymbolTable>& symtab() const { return symtab_; }
  const std::optional<SymbolTable>& dynsym() const { return dynsym_; }
  // REQUIRES: table is one of the above, i < table.count.
  Symbol symbol(const SymbolTable& table, std::uint64_t i) const;

 private:
  struct DynamicTable {
    std::uint64_t offset;
    std::uint64_t count;
  };

  ElfReader(base::Bytes file, bool is_64, base::Endian endian)
      : file_(file), is_64_(is_64), endian_(endian) {}

  std::uint64_t section_entry_size() const { return is_64_ ? 64 : 40; }
  std::uint64_t segment_entry_size() const { return is_64_ ? 56 : 32; }
  std::uint64_t symbol_size() const { return is_64_ ? 24 : 16; }
  std::uint64_t dynamic_size() const { return is_64_ ? 16 : 8; }
  // The sum as the class's address type holds it.
  std::uint64_t AddressSum(std::uint64_t a, std::uint64_t b) const {
    return is_64_ ? a + b : static_cast<std::uint32_t>(a + b);
  }

  template <typename T>
  T Read(std::uint64_t offset) const {
    return base::ReadAt<T>(file_, offset, endian_).value_or(0);
  }
  // A 32- or 64-bit number, by class.
  std::uint64_t ReadWord(std::uint64_t offset) const {
    return is_64_ ? Read<std::uint64_t>(offset) : Read<std::uint32_t>(offset);
  }

  void ReadHeader();
  bool TableFits(std::uint64_t offset, std::uint64_t count, std::uint64_t entry_size) const;
  Section SectionAt(std::uint64_t offset) const;
  Segment SegmentAt(std::uint64_t offset) const;
  std::optional<std::uint64_t> MapEntry() const;
  std::optional<std::uint64_t> MapThroughSegments() const;
  std::optional<std::uint64_t> MapThroughSections() const;
  void ReadSections();
  std::optional<SymbolTable> TableOf(const Section& symbols) const;
  void ReadDynamic();
  std::uint64_t CountDynamic(std::uint64_t offset, std::uint64_t& steps) const;

  base::Bytes file_;
  bool is_64_;
  base::Endian endian_;
  Header header_;
  std::optional<std::uint64_t> entry_point_;
  std::uint64_t section_count_ = 0;
  std::uint64_t segment_count_ = 0;
  std::uint64_t section_names_offset_ = 0;  // 0: no names
  std::optional<SymbolTable> symtab_;
  std::optional<SymbolTable> dynsym_;
  std::optional<std::uint64_t> dynamic_entries_;
  // Tables that still show: each is shorter than the one before it.
  std::vector<DynamicTable> dynamic_tables_;
};

// The entry of a string table: nothing if `index` (as a signed number) is negative or outside, if
// the table does not start with a zero byte, or if the entry does not end inside it.
std::optional<std::string_view> StringTableEntry(base::Bytes table, std::uint32_t index);

}  // namespace day::formats::elf
