// ElfBuilder: small synthetic ELF files for tests, of either class and byte order.
//
//   ElfBuilder builder(ElfBuilder::Class::k64, base::Endian::kLittle);
//   builder.AddSection({.name = ".text", .type = 1, .address = 0x1000, .content = "code"});
//   const std::string file = builder.Build();
//
// Sections come in the order added, behind a null section and before ".shstrtab"; content of
// sections and segments is laid out after the header in that order. Only for tests.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libs/base/bytes.h"

namespace day::formats::elf {

class ElfBuilder {
 public:
  enum class Class : std::uint8_t { k32 = 1, k64 = 2 };

  struct SectionSpec {
    std::string name = {};
    std::uint32_t type = 0;
    std::uint64_t flags = 0;
    std::uint64_t address = 0;
    std::uint32_t link = 0;
    std::string content = {};
  };
  struct SegmentSpec {
    std::uint32_t type = 0;
    std::uint32_t flags = 0;
    std::uint64_t virtual_address = 0;
    std::uint64_t memory_size = 0;
    std::string content = {};
  };
  struct SymbolSpec {
    std::string name = {};
    std::uint64_t value = 0;
    std::uint64_t size = 0;
    std::uint8_t info = 0;
    std::uint8_t other = 0;
    std::uint16_t section_index = 0;
  };

  ElfBuilder(Class file_class, base::Endian endian) : class_(file_class), endian_(endian) {}

  std::uint16_t type = 3;
  std::uint16_t machine = 62;
  std::uint64_t entry = 0;

  void AddSection(SectionSpec section) { sections_.push_back(std::move(section)); }
  void AddSegment(SegmentSpec segment) { segments_.push_back(std::move(segment)); }
  // Adds a string table and a symbol table (type 2 or 11) that uses it.
  void AddSymbols(std::uint32_t symbol_section_type, const std::vector<SymbolSpec>& symbols);
  // The bytes of a dynamic table, for a segment's content.
  std::string DynamicTable(const std::vector<std::pair<std::uint64_t, std::uint64_t>>& entries);

  std::string Build() const;

 private:
  bool is_64() const { return class_ == Class::k64; }
  void Append(std::string& to, std::uint64_t value, std::size_t size) const;
  void AppendWord(std::string& to, std::uint64_t value) const;

  Class class_;
  base::Endian endian_;
  std::vector<SectionSpec> sections_;
  std::vector<SegmentSpec> segments_;
};

}  // namespace day::formats::elf
