#include "libs/formats/elf/elf_reader.h"

#include <cstddef>

namespace day::formats::elf {
namespace {

constexpr std::uint32_t kMagic = 0x464C457F;
constexpr std::uint64_t kHeaderSize32 = 52;
constexpr std::uint64_t kHeaderSize64 = 64;
constexpr std::uint8_t kClass32 = 1;
constexpr std::uint8_t kClass64 = 2;
constexpr std::uint8_t kDataLittle = 1;
constexpr std::uint8_t kDataBig = 2;
constexpr std::uint16_t kSectionReservedFrom = 0xFF00;    // SHN_LORESERVE
constexpr std::uint16_t kSegmentCountElsewhere = 0xFFFF;  // PN_XNUM

}  // namespace

std::optional<std::string_view> StringTableEntry(base::Bytes table, std::uint32_t index) {
  constexpr std::uint32_t kIndexMax = 0x7FFFFFFF;
  if (table.empty() || table[0] != std::byte{0} || index > kIndexMax || index >= table.size()) {
    return std::nullopt;
  }
  const std::string_view rest = base::AsText(table.subspan(index));
  const std::size_t length = rest.find('\0');
  if (length == std::string_view::npos) {
    return std::nullopt;
  }
  return rest.substr(0, length);
}

std::optional<ElfReader> ElfReader::Parse(base::Bytes file) {
  if (base::ReadAt<std::uint32_t>(file, 0) != kMagic) {
    return std::nullopt;
  }
  const auto file_class = base::ReadAt<std::uint8_t>(file, 4).value_or(0);
  const auto data = base::ReadAt<std::uint8_t>(file, 5).value_or(0);
  if ((file_class != kClass32 && file_class != kClass64) ||
      (data != kDataLittle && data != kDataBig)) {
    return std::nullopt;
  }
  const bool is_64 = file_class == kClass64;
  if (file.size() <= (is_64 ? kHeaderSize64 : kHeaderSize32)) {
    return std::nullopt;
  }
  ElfReader reader(file, is_64, data == kDataBig ? base::Endian::kBig : base::Endian::kLittle);
  reader.ReadHeader();
  reader.entry_point_ = reader.MapEntry();
  reader.ReadSections();
  reader.ReadDynamic();
  return reader;
}

void ElfReader::ReadHeader() {
  const std::uint64_t word = is_64_ ? 8 : 4;
  const std::uint64_t after_addresses = 24 + 3 * word + 4;  // behind e_flags
  header_.type = Read<std::uint16_t>(16);
  header_.machine = Read<std::uint16_t>(18);
  header_.entry = ReadWord(24);
  header_.segment_offset = ReadWord(24 + word);
  header_.section_offset = ReadWord(24 + 2 * word);
  header_.segment_entry_size = Read<std::uint16_t>(after_addresses + 2);
  header_.segment_count = Read<std::uint16_t>(after_addresses + 4);
  header_.section_entry_size = Read<std::uint16_t>(after_addresses + 6);
  header_.section_count = Read<std::uint16_t>(after_addresses + 8);
  header_.section_names_index = Read<std::uint16_t>(after_addresses + 10);
}

bool ElfReader::TableFits(std::uint64_t offset, std::uint64_t count,
                          std::uint64_t entry_size) const {
  return offset <= file_.size() && count * entry_size <= file_.size() - offset;
}

Section ElfReader::SectionAt(std::uint64_t offset) const {
  const std::uint64_t word = is_64_ ? 8 : 4;
  return {.name = Read<std::uint32_t>(offset),
          .type = Read<std::uint32_t>(offset + 4),
          .flags = ReadWord(offset + 8),
          .address = ReadWord(offset + 8 + word),
          .offset = ReadWord(offset + 8 + 2 * word),
          .size = ReadWord(offset + 8 + 3 * word),
          .link = Read<std::uint32_t>(offset + 8 + 4 * word)};
}

Segment ElfReader::SegmentAt(std::uint64_t offset) const {
  const std::uint64_t word = is_64_ ? 8 : 4;
  // The flags stand second in 64-bit files, next to last in 32-bit ones.
  const std::uint64_t addresses = offset + (is_64_ ? 8 : 4);
  return {.type = Read<std::uint32_t>(offset),
          .flags = Read<std::uint32_t>(offset + (is_64_ ? 4 : 24)),
          .offset = ReadWord(addresses),
          .virtual_address = ReadWord(addresses + word),
          .physical_address = ReadWord(addresses + 2 * word),
          .file_size = ReadWord(addresses + 3 * word),
          .memory_size = ReadWord(addresses + 4 * word),
          .alignment = ReadWord(offset + (is_64_ ? 48 : 28))};
}

Section ElfReader::section(std::uint64_t i) const {
  return SectionAt(header_.section_offset + i * section_entry_size());
}

Segment ElfReader::segment(std::uint64_t i) const {
  return SegmentAt(header_.segment_offset + i * segment_entry_size());
}

std::optional<std::string_view> ElfReader::section_name(std::uint64_t i) const {
  const std::uint32_t name = section(i).name;
  if (section_names_offset_ == 0 || name >= file_.size()) {
    return std::nullopt;
  }
  // YARA bounds the table by the end of the file, not by the section's size.
  return StringTableEntry(file_.subspan(static_cast<std::size_t>(section_names_offset_)), name);
}

std::optional<std::uint64_t> ElfReader::MapEntry() const {
  if (header_.entry == 0) {
    return std::nullopt;
  }
  return header_.type == kTypeExecutable ? MapThroughSegments() : MapThroughSections();
}

std::optional<std::uint64_t> ElfReader::MapThroughSegments() const {
  if (header_.segment_offset == 0 || header_.segment_count == 0 ||
      !TableFits(header_.segment_offset, header_.segment_count, segment_entry_size())) {
    return std::nullopt;
  }
  for (std::uint64_t i = 0; i < header_.segment_count; ++i) {
    const Segment candidate = segment(i);
    if (header_.entry >= candidate.virtual_address &&
        header_.entry < AddressSum(candidate.virtual_address, candidate.memory_size)) {
      return candidate.offset + (header_.entry - candidate.virtual_address);
    }
  }
  return std::nullopt;
}

std::optional<std::uint64_t> ElfReader::MapThroughSections() const {
  if (header_.section_offset == 0 || header_.section_count == 0 ||
      !TableFits(header_.section_offset, header_.section_count, section_entry_size())) {
    return std::nullopt;
  }
  for (std::uint64_t i = 0; i < header_.section_count; ++i) {
    const Section candidate = section(i);
    if (candidate.type != kSectionNull && candidate.type != kSectionNobits &&
        header_.entry >= candidate.address &&
        header_.entry < AddressSum(candidate.address, candidate.size)) {
      return candidate.offset + (header_.entry - candidate.address);
    }
  }
  return std::nullopt;
}

void ElfReader::ReadSections() {
  if (header_.section_count >= kSectionReservedFrom ||
      header_.section_names_index >= header_.section_count ||
      header_.section_offset >= file_.size() ||
      !TableFits(header_.section_offset, header_.section_count, section_entry_size())) {
    return;
  }
  section_count_ = header_.section_count;
  const std::uint64_t names_offset = section(header_.section_names_index).offset;
  section_names_offset_ = names_offset < file_.size() ? names_offset : 0;
  // The last table of each kind wins, and only then is it seen whether it lies inside the file.
  std::optional<Section> symbols;
  std::optional<Section> dynamic_symbols;
  for (std::uint64_t i = 0; i < section_count_; ++i) {
    const Section candidate = section(i);
    if ((candidate.type != kSectionSymtab && candidate.type != kSectionDynsym) ||
        candidate.link >= section_count_ || section(candidate.link).type != kSectionStrtab) {
      continue;
    }
    (candidate.type == kSectionSymtab ? symbols : dynamic_symbols) = candidate;
  }
  symtab_ = symbols ? TableOf(*symbols) : std::nullopt;
  dynsym_ = dynamic_symbols ? TableOf(*dynamic_symbols) : std::nullopt;
}

std::optional<SymbolTable> ElfReader::TableOf(const Section& symbols) const {
  const Section names = section(symbols.link);
  const std::optional<base::Bytes> strings = base::Slice(file_, names.offset, names.size);
  if (!strings || !base::Slice(file_, symbols.offset, symbols.size)) {
    return std::nullopt;
  }
  return SymbolTable{
      .offset = symbols.offset, .count = symbols.size / symbol_size(), .strings = *strings};
}

Symbol ElfReader::symbol(const SymbolTable& table, std::uint64_t i) const {
  const std::uint64_t offset = table.offset + i * symbol_size();
  const auto info = Read<std::uint8_t>(offset + (is_64_ ? 4 : 12));
  const auto other = Read<std::uint8_t>(offset + (is_64_ ? 5 : 13));
  return {.name = StringTableEntry(table.strings, Read<std::uint32_t>(offset)),
          .value = ReadWord(offset + (is_64_ ? 8 : 4)),
          .size = ReadWord(offset + (is_64_ ? 16 : 8)),
          .type = static_cast<std::uint8_t>(info & 0xF),
          .bind = static_cast<std::uint8_t>(info >> 4),
          .visibility = static_cast<std::uint8_t>(other & 0x3),
          .section_index = Read<std::uint16_t>(offset + (is_64_ ? 6 : 14))};
}

void ElfReader::ReadDynamic() {
  if (header_.segment_count == 0 || header_.segment_count >= kSegmentCountElsewhere ||
      header_.segment_offset >= file_.size() ||
      !TableFits(header_.segment_offset, header_.segment_count, segment_entry_size())) {
    return;
  }
  segment_count_ = header_.segment_count;
  std::uint64_t steps = 0;
  for (std::uint64_t i = 0; i < segment_count_ && steps < kDynamicStepsMax; ++i) {
    const Segment candidate = segment(i);
    if (candidate.type != kSegmentDynamic) {
      continue;
    }
    const std::uint64_t count = CountDynamic(candidate.offset, steps);
    dynamic_entries_ = count;
    // YARA writes every table over the entries of the ones before.
    while (!dynamic_tables_.empty() && dynamic_tables_.back().count <= count) {
      dynamic_tables_.pop_back();
    }
    if (count > 0 && dynamic_tables_.size() < kDynamicTablesMax) {
      dynamic_tables_.push_back({candidate.offset, count});
    }
  }
}

std::uint64_t ElfReader::CountDynamic(std::uint64_t offset, std::uint64_t& steps) const {
  if (offset >= file_.size()) {
    return 0;
  }
  const std::uint64_t count_max = (file_.size() - offset) / dynamic_size();
  for (std::uint64_t count = 0; count < count_max; ++count) {
    ++steps;
    if (ReadWord(offset + count * dynamic_size()) == 0) {
      return count + 1;  // the terminator is an entry too
    }
  }
  return count_max;
}

std::uint64_t ElfReader::dynamic_count() const {
  return dynamic_tables_.empty() ? 0 : dynamic_tables_.front().count;
}

Dynamic ElfReader::dynamic(std::uint64_t i) const {
  // The latest table that is long enough; they shorten towards the end.
  std::size_t low = 0;
  std::size_t high = dynamic_tables_.size();
  while (high - low > 1) {
    const std::size_t middle = low + (high - low) / 2;
    (dynamic_tables_[middle].count > i ? low : high) = middle;
  }
  const std::uint64_t offset = dynamic_tables_[low].offset + i * dynamic_size();
  return {.type = ReadWord(offset), .value = ReadWord(offset + dynamic_size() / 2)};
}

}  // namespace day::formats::elf
