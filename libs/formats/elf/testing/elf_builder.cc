#include "libs/formats/elf/testing/elf_builder.h"

#include <utility>

namespace day::formats::elf {

void ElfBuilder::Append(std::string& to, std::uint64_t value, std::size_t size) const {
  for (std::size_t i = 0; i < size; ++i) {
    const std::size_t place = endian_ == base::Endian::kLittle ? i : size - 1 - i;
    to.push_back(static_cast<char>(value >> (8 * place)));
  }
}

void ElfBuilder::AppendWord(std::string& to, std::uint64_t value) const {
  Append(to, value, is_64() ? 8 : 4);
}

void ElfBuilder::AddSymbols(std::uint32_t symbol_section_type,
                            const std::vector<SymbolSpec>& symbols) {
  std::string names(1, '\0');
  std::string table;
  for (const SymbolSpec& symbol : symbols) {
    Append(table, symbol.name.empty() ? 0 : names.size(), 4);
    if (!symbol.name.empty()) {
      names += symbol.name + '\0';
    }
    if (!is_64()) {
      AppendWord(table, symbol.value);
      AppendWord(table, symbol.size);
    }
    Append(table, symbol.info, 1);
    Append(table, symbol.other, 1);
    Append(table, symbol.section_index, 2);
    if (is_64()) {
      AppendWord(table, symbol.value);
      AppendWord(table, symbol.size);
    }
  }
  AddSection({.name = ".names", .type = 3, .content = names});
  AddSection({.name = ".symbols",
              .type = symbol_section_type,
              .link = static_cast<std::uint32_t>(sections_.size()),
              .content = table});
}

std::string ElfBuilder::DynamicTable(
    const std::vector<std::pair<std::uint64_t, std::uint64_t>>& entries) {
  std::string table;
  for (const auto& [tag, value] : entries) {
    AppendWord(table, tag);
    AppendWord(table, value);
  }
  return table;
}

std::string ElfBuilder::Build() const {
  const std::uint64_t header_size = is_64() ? 64 : 52;
  const std::uint64_t section_size = is_64() ? 64 : 40;
  const std::uint64_t segment_size = is_64() ? 56 : 32;
  std::string content;
  std::string segment_table;
  std::string section_table(section_size, '\0');
  std::string section_names(1, '\0');
  for (const SegmentSpec& segment : segments_) {
    Append(segment_table, segment.type, 4);
    if (is_64()) {
      Append(segment_table, segment.flags, 4);
    }
    AppendWord(segment_table, header_size + content.size());
    AppendWord(segment_table, segment.virtual_address);
    AppendWord(segment_table, segment.virtual_address + 1);  // unlike any other number
    AppendWord(segment_table, segment.content.size());
    AppendWord(segment_table, segment.memory_size);
    if (!is_64()) {
      Append(segment_table, segment.flags, 4);
    }
    AppendWord(segment_table, 16);
    content += segment.content;
  }
  std::vector<SectionSpec> sections = sections_;
  sections.push_back({.name = ".shstrtab", .type = 3, .content = {}});
  for (SectionSpec& section : sections) {
    Append(section_table, section_names.size(), 4);
    section_names += section.name + '\0';
    if (section.name == ".shstrtab") {
      section.content = section_names;
    }
    Append(section_table, section.type, 4);
    AppendWord(section_table, section.flags);
    AppendWord(section_table, section.address);
    AppendWord(section_table, header_size + content.size());
    AppendWord(section_table, section.content.size());
    Append(section_table, section.link, 4);
    Append(section_table, 0, 4);
    AppendWord(section_table, 1);
    AppendWord(section_table, 0);
    content += section.content;
  }
  std::string file(
      "\x7f"
      "ELF");
  Append(file, static_cast<std::uint8_t>(class_), 1);
  Append(file, endian_ == base::Endian::kLittle ? 1 : 2, 1);
  file += std::string("\x01", 1) + std::string(9, '\0');
  Append(file, type, 2);
  Append(file, machine, 2);
  Append(file, 1, 4);
  AppendWord(file, entry);
  AppendWord(file, segments_.empty() ? 0 : header_size + content.size() + section_table.size());
  AppendWord(file, header_size + content.size());
  Append(file, 0, 4);
  Append(file, header_size, 2);
  Append(file, segment_size, 2);
  Append(file, segments_.size(), 2);
  Append(file, section_size, 2);
  Append(file, sections.size() + 1, 2);
  Append(file, sections.size(), 2);
  return file + content + section_table + segment_table;
}

}  // namespace day::formats::elf
