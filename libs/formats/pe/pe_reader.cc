#include "libs/formats/pe/pe_reader.h"

#include <algorithm>
#include <cstring>

namespace day::formats::pe {
namespace {

constexpr std::uint32_t kNoLowestRva = 0xFFFFFFFF;

bool IsPrintable(char c) { return c >= 0x20 && c < 0x7F; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

std::string_view Section::name() const {
  std::size_t size = raw_name.size();
  while (size > 0 && raw_name[size - 1] == '\0') {
    --size;
  }
  return {raw_name.data(), size};
}

base::Result<PeReader> PeReader::Create(base::Bytes file) {
  base::Result<PeReader> result{PeReader()};
  if (!result.value().Open(file)) {
    return base::MakeError(base::ErrorKind::kMalformed, "not a PE file");
  }
  return result;
}

bool PeReader::Open(base::Bytes file) {
  file_ = {};
  section_count_ = 0;
  if (file.size() < kDosHeaderSizeBytes || base::ReadAt<std::uint16_t>(file, 0) != kDosSignature) {
    return false;
  }
  const std::uint32_t nt_offset =
      base::ReadAt<std::uint32_t>(file, kNewHeaderPointerOffset).value_or(0);
  constexpr std::uint32_t kNtOffsetMax = 0x7FFFFFFF;  // e_lfanew is signed
  if (nt_offset > kNtOffsetMax || base::ReadAt<std::uint32_t>(file, nt_offset) != kNtSignature) {
    return false;
  }
  const std::uint64_t optional_offset = std::uint64_t{nt_offset} + 4 + kFileHeaderSizeBytes;
  const bool wide = base::ReadAt<std::uint16_t>(file, optional_offset) == kOptionalHeader64Magic;
  const std::uint64_t optional_size =
      wide ? kOptionalHeader64SizeBytes : kOptionalHeader32SizeBytes;
  if (file.size() < optional_offset + optional_size) {
    return false;
  }
  file_ = file;
  nt_header_offset_ = nt_offset;
  ReadHeaders();
  ReadSections();
  MapSections();
  return true;
}

void PeReader::ReadHeaders() {
  base::ByteReader reader(file_);
  reader.Seek(std::uint64_t{nt_header_offset_} + 4);
  file_header_.machine = reader.U16();
  file_header_.number_of_sections = reader.U16();
  file_header_.time_date_stamp = reader.U32();
  file_header_.pointer_to_symbol_table = reader.U32();
  file_header_.number_of_symbols = reader.U32();
  file_header_.size_of_optional_header = reader.U16();
  file_header_.characteristics = reader.U16();
  ReadOptionalHeader(reader);
  for (DataDirectory& entry : directories_) {
    entry.virtual_address = reader.U32();
    entry.size = reader.U32();
  }
}

void PeReader::ReadOptionalHeader(base::ByteReader& reader) {
  OptionalHeader& header = optional_header_;
  header.magic = reader.U16();
  const auto word = [&] { return is_64bit() ? reader.U64() : reader.U32(); };
  header.major_linker_version = reader.U8();
  header.minor_linker_version = reader.U8();
  header.size_of_code = reader.U32();
  header.size_of_initialized_data = reader.U32();
  header.size_of_uninitialized_data = reader.U32();
  header.address_of_entry_point = reader.U32();
  header.base_of_code = reader.U32();
  header.base_of_data = is_64bit() ? 0 : reader.U32();
  header.image_base = word();
  header.section_alignment = reader.U32();
  header.file_alignment = reader.U32();
  header.major_operating_system_version = reader.U16();
  header.minor_operating_system_version = reader.U16();
  header.major_image_version = reader.U16();
  header.minor_image_version = reader.U16();
  header.major_subsystem_version = reader.U16();
  header.minor_subsystem_version = reader.U16();
  header.win32_version_value = reader.U32();
  header.size_of_image = reader.U32();
  header.size_of_headers = reader.U32();
  header.checksum = reader.U32();
  header.subsystem = reader.U16();
  header.dll_characteristics = reader.U16();
  header.size_of_stack_reserve = word();
  header.size_of_stack_commit = word();
  header.size_of_heap_reserve = word();
  header.size_of_heap_commit = word();
  header.loader_flags = reader.U32();
  header.number_of_rva_and_sizes = reader.U32();
}

void PeReader::ReadSections() {
  const std::size_t announced =
      std::min<std::size_t>(file_header_.number_of_sections, kSectionCountMax);
  const std::uint64_t table = std::uint64_t{nt_header_offset_} + 4 + kFileHeaderSizeBytes +
                              file_header_.size_of_optional_header;
  section_count_ = 0;
  while (section_count_ < announced) {
    const auto header = base::Slice(file_, table + section_count_ * kSectionHeaderSizeBytes,
                                    kSectionHeaderSizeBytes);
    if (!header) {
      break;
    }
    Section& section = sections_[section_count_++];
    std::memcpy(section.raw_name.data(), header->data(), kSectionNameSizeBytes);
    base::ByteReader reader(header->subspan(kSectionNameSizeBytes));
    section.virtual_size = reader.U32();
    section.virtual_address = reader.U32();
    section.size_of_raw_data = reader.U32();
    section.pointer_to_raw_data = reader.U32();
    section.pointer_to_relocations = reader.U32();
    section.pointer_to_line_numbers = reader.U32();
    section.number_of_relocations = reader.U16();
    section.number_of_line_numbers = reader.U16();
    section.characteristics = reader.U32();
  }
  sections_complete_ = section_count_ == announced;
}

// YARA's rules: a section spans the larger of its two sizes; its raw pointer is aligned down to
// FileAlignment (512 at most), and to 512 if SectionAlignment is a page or more.
void PeReader::MapSections() {
  const std::uint32_t alignment = std::min(optional_header_.file_alignment, kSectorSizeBytes);
  lowest_rva_ = kNoLowestRva;
  sections_disjoint_ = true;
  last_mapping_ = 0;
  std::uint64_t previous_end = 0;
  for (std::size_t i = 0; i < section_count_; ++i) {
    const Section& section = sections_[i];
    Mapping& mapping = mappings_[i];
    mapping.begin = section.virtual_address;
    mapping.end = mapping.begin + std::max(section.virtual_size, section.size_of_raw_data);
    mapping.raw_size = section.size_of_raw_data;
    mapping.offset = section.pointer_to_raw_data;
    if (alignment != 0) {
      mapping.offset -= mapping.offset % alignment;
    }
    if (optional_header_.section_alignment >= kPageSizeBytes) {
      mapping.offset &= ~(kSectorSizeBytes - 1);
    }
    lowest_rva_ = std::min(lowest_rva_, section.virtual_address);
    sections_disjoint_ = sections_disjoint_ && mapping.begin >= previous_end;
    previous_end = mapping.end;
  }
}

// Of the sections that span the RVA the one with the highest address wins; of equals the last.
const PeReader::Mapping* PeReader::FindMapping(std::uint64_t rva) const {
  if (sections_disjoint_ && last_mapping_ < section_count_) {
    const Mapping& last = mappings_[last_mapping_];
    if (rva >= last.begin && rva < last.end) {
      return &last;
    }
  }
  const Mapping* found = nullptr;
  for (std::size_t i = 0; i < section_count_; ++i) {
    const Mapping& mapping = mappings_[i];
    if (rva >= mapping.begin && rva < mapping.end &&
        (found == nullptr || found->begin <= mapping.begin)) {
      found = &mapping;
      last_mapping_ = i;
    }
  }
  return found;
}

std::optional<std::uint64_t> PeReader::RvaToOffset(std::uint64_t rva) const {
  if (!sections_complete_) {
    return std::nullopt;
  }
  std::uint64_t offset = 0;
  if (rva < lowest_rva_) {
    // What lies before the first section is the file's beginning. YARA keeps the size in 32 bits.
    if (rva >= static_cast<std::uint32_t>(file_.size())) {
      return std::nullopt;
    }
    offset = rva;
  } else {
    const Mapping* mapping = FindMapping(rva);
    if (mapping == nullptr || rva - mapping->begin >= mapping->raw_size) {
      return std::nullopt;
    }
    offset = mapping->offset + (rva - mapping->begin);
  }
  if (offset >= file_.size()) {
    return std::nullopt;
  }
  return offset;
}

std::uint64_t PeReader::checksum_offset() const {
  return std::uint64_t{nt_header_offset_} + 4 + kFileHeaderSizeBytes + kChecksumOffset;
}

std::uint64_t PeReader::directories_offset() const {
  const std::size_t header_size =
      is_64bit() ? kOptionalHeader64SizeBytes : kOptionalHeader32SizeBytes;
  constexpr std::size_t kDirectorySizeBytes = 8;
  return std::uint64_t{nt_header_offset_} + 4 + kFileHeaderSizeBytes + header_size -
         kDirectoryCountMax * kDirectorySizeBytes;
}

base::Bytes PeReader::SectionData(const Section& section) const {
  return base::ClippedSlice(file_, section.pointer_to_raw_data, section.size_of_raw_data);
}

std::optional<std::string_view> PeReader::FullName(const Section& section) const {
  if (file_header_.pointer_to_symbol_table == 0 || section.raw_name[0] != '/') {
    return section.name();
  }
  std::uint64_t index = 0;
  for (std::size_t i = 1; i < section.raw_name.size() && IsDigit(section.raw_name[i]); ++i) {
    index = index * 10 + static_cast<std::uint64_t>(section.raw_name[i] - '0');
  }
  const std::uint64_t strings = file_header_.pointer_to_symbol_table +
                                std::uint64_t{file_header_.number_of_symbols} * kSymbolSizeBytes;
  const std::string_view rest =
      base::AsText(base::ClippedSlice(file_, strings + index, file_.size()));
  const auto end = std::find_if_not(rest.begin(), rest.end(), IsPrintable);
  if (end == rest.end() || *end != '\0') {
    return std::nullopt;
  }
  return rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
}

std::optional<std::uint64_t> PeReader::OverlayOffset() const {
  std::uint64_t highest_end = 0;
  for (const Section& section : sections()) {
    // The end wraps at 32 bits for the comparison only, as YARA has it.
    const std::uint32_t end = section.pointer_to_raw_data + section.size_of_raw_data;
    if (end > highest_end) {
      highest_end = std::uint64_t{section.pointer_to_raw_data} + section.size_of_raw_data;
    }
  }
  if (highest_end == 0 || file_.size() <= highest_end) {
    return std::nullopt;
  }
  return highest_end;
}

std::uint64_t PeReader::CalculateChecksum() const {
  // Two words a step, in two sums; folding can wait, as 2^32 words fit into 64 bits.
  const std::size_t pairs = file_.size() / 8;
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  for (std::size_t i = 0; i < pairs; ++i) {
    const std::uint64_t pair = *base::ReadAt<std::uint64_t>(file_, 8 * i);
    low += pair & 0xFFFFFFFF;
    high += pair >> 32;
  }
  std::uint64_t sum = low + high;
  for (std::size_t i = 8 * pairs; i < file_.size(); ++i) {
    sum += std::to_integer<std::uint64_t>(file_[i]) << (8 * (i % 4));
  }
  // Only a field on a four-byte boundary is left out.
  if (checksum_offset() % 4 == 0) {
    sum -= optional_header_.checksum;
  }
  while (sum > 0xFFFFFFFF) {
    sum = (sum & 0xFFFFFFFF) + (sum >> 32);
  }
  sum = (sum & 0xFFFF) + (sum >> 16);
  sum += sum >> 16;
  return (sum & 0xFFFF) + file_.size();
}

}  // namespace day::formats::pe
