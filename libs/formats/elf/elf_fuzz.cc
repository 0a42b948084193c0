// Fuzzes ElfReader: reads everything that a hostile file makes it offer.
#include <cstddef>
#include <cstdint>
#include <span>

#include "libs/formats/elf/elf_reader.h"

namespace {

constexpr std::uint64_t kEntriesMax = 4096;

void ReadSymbols(const day::formats::elf::ElfReader& elf,
                 const std::optional<day::formats::elf::SymbolTable>& table) {
  for (std::uint64_t i = 0; table && i < table->count && i < kEntriesMax; ++i) {
    (void)elf.symbol(*table, i);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto elf =
      day::formats::elf::ElfReader::Parse(std::as_bytes(std::span<const std::uint8_t>(data, size)));
  if (!elf) {
    return 0;
  }
  for (std::uint64_t i = 0; i < elf->section_count() && i < kEntriesMax; ++i) {
    (void)elf->section(i);
    (void)elf->section_name(i);
  }
  for (std::uint64_t i = 0; i < elf->segment_count() && i < kEntriesMax; ++i) {
    (void)elf->segment(i);
  }
  for (std::uint64_t i = 0; i < elf->dynamic_count() && i < kEntriesMax; ++i) {
    (void)elf->dynamic(i);
  }
  ReadSymbols(*elf, elf->symtab());
  ReadSymbols(*elf, elf->dynsym());
  return 0;
}
