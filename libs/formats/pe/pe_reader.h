// PeReader: the headers of a PE file, and the map from addresses to file offsets.
//
//   DAY_TRY_ASSIGN(const PeReader pe, PeReader::Create(file));
//   const DataDirectory exports = pe.directory(Directory::kExport);
//   if (const auto offset = pe.RvaToOffset(exports.virtual_address)) { ... }
//
// What counts as a PE file, and how an RVA becomes an offset, is exactly what YARA 4.5.8 does
// (docs/formats/pe.md), because rules and signatures are written against it: the file must hold a
// DOS header, "PE\0\0" where e_lfanew points to, and the whole optional header with 16 directories,
// whatever NumberOfRvaAndSizes and SizeOfOptionalHeader say.
// The tables behind the directories have readers of their own beside this header (imports.h,
// exports.h, resources.h, rich_header.h, debug.h): nothing but headers and sections is read here.
//
// Ownership: borrows the file. REQUIRES: the bytes outlive the reader and every view taken from it.
// Thread safety: not thread-safe (RvaToOffset remembers the section it last found).
// Cost: Create reads a few hundred bytes and allocates nothing.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "libs/base/bytes.h"
#include "libs/base/result.h"
#include "libs/formats/pe/pe_format.h"

namespace day::formats::pe {

// IMAGE_FILE_HEADER, field for field.
struct FileHeader {
  std::uint16_t machine = 0;
  std::uint16_t number_of_sections = 0;
  std::uint32_t time_date_stamp = 0;
  std::uint32_t pointer_to_symbol_table = 0;
  std::uint32_t number_of_symbols = 0;
  std::uint16_t size_of_optional_header = 0;
  std::uint16_t characteristics = 0;
};

// IMAGE_OPTIONAL_HEADER32 or 64, widened; base_of_data is 0 in the 64-bit kind, which has none.
struct OptionalHeader {
  std::uint16_t magic = 0;
  std::uint8_t major_linker_version = 0;
  std::uint8_t minor_linker_version = 0;
  std::uint32_t size_of_code = 0;
  std::uint32_t size_of_initialized_data = 0;
  std::uint32_t size_of_uninitialized_data = 0;
  std::uint32_t address_of_entry_point = 0;
  std::uint32_t base_of_code = 0;
  std::uint32_t base_of_data = 0;
  std::uint64_t image_base = 0;
  std::uint32_t section_alignment = 0;
  std::uint32_t file_alignment = 0;
  std::uint16_t major_operating_system_version = 0;
  std::uint16_t minor_operating_system_version = 0;
  std::uint16_t major_image_version = 0;
  std::uint16_t minor_image_version = 0;
  std::uint16_t major_subsystem_version = 0;
  std::uint16_t minor_subsystem_version = 0;
  std::uint32_t win32_version_value = 0;
  std::uint32_t size_of_image = 0;
  std::uint32_t size_of_headers = 0;
  std::uint32_t checksum = 0;
  std::uint16_t subsystem = 0;
  std::uint16_t dll_characteristics = 0;
  std::uint64_t size_of_stack_reserve = 0;
  std::uint64_t size_of_stack_commit = 0;
  std::uint64_t size_of_heap_reserve = 0;
  std::uint64_t size_of_heap_commit = 0;
  std::uint32_t loader_flags = 0;
  std::uint32_t number_of_rva_and_sizes = 0;
};

struct DataDirectory {
  std::uint32_t virtual_address = 0;
  std::uint32_t size = 0;
};

// IMAGE_SECTION_HEADER. The name's eight bytes may hold zeros within: name() cuts those at the end.
struct Section {
  std::array<char, kSectionNameSizeBytes> raw_name = {};
  std::uint32_t virtual_size = 0;
  std::uint32_t virtual_address = 0;
  std::uint32_t size_of_raw_data = 0;
  std::uint32_t pointer_to_raw_data = 0;
  std::uint32_t pointer_to_relocations = 0;
  std::uint32_t pointer_to_line_numbers = 0;
  std::uint16_t number_of_relocations = 0;
  std::uint16_t number_of_line_numbers = 0;
  std::uint32_t characteristics = 0;

  std::string_view name() const;
};

class PeReader {
 public:
  // Fails with kMalformed if `file` is not a PE file in the sense above.
  static base::Result<PeReader> Create(base::Bytes file);

  // Reads another file into this reader; false, and an empty reader, if it is not a PE file.
  // For callers with many files: says the same as Create() and makes no Error.
  bool Open(base::Bytes file);
  // An empty reader, on which only Open() may be called.
  PeReader() = default;

  base::Bytes file() const { return file_; }
  const FileHeader& file_header() const { return file_header_; }
  const OptionalHeader& optional_header() const { return optional_header_; }
  bool is_64bit() const { return optional_header_.magic == kOptionalHeader64Magic; }
  bool is_dll() const { return (file_header_.characteristics & kCharacteristicDll) != 0; }
  // File offset of "PE\0\0".
  std::uint32_t nt_header_offset() const { return nt_header_offset_; }
  // File offset of the checksum field, and of the directory table.
  std::uint64_t checksum_offset() const;
  std::uint64_t directories_offset() const;

  // Sections whose header lies wholly inside the file, at most kSectionCountMax.
  std::span<const Section> sections() const { return {sections_.data(), section_count_}; }
  // The section's bytes as far as they are inside the file.
  base::Bytes SectionData(const Section& section) const;
  // The name with "/123" looked up in the COFF string table; nothing if it is not a printable
  // string there.
  std::optional<std::string_view> FullName(const Section& section) const;

  // All 16, even if NumberOfRvaAndSizes is smaller.
  const DataDirectory& directory(Directory which) const {
    return directories_[static_cast<std::size_t>(which)];
  }
  std::span<const DataDirectory> directories() const { return directories_; }

  // The file offset of an RVA, always < file().size(); nothing for addresses without file bytes.
  std::optional<std::uint64_t> RvaToOffset(std::uint64_t rva) const;
  std::optional<std::uint64_t> EntryPointOffset() const {
    return RvaToOffset(optional_header_.address_of_entry_point);
  }

  // Where data behind the last section's raw bytes begins; nothing if there is none.
  std::optional<std::uint64_t> OverlayOffset() const;

  // The checksum as the linker computes it, with its own field taken as zero.
  std::uint64_t CalculateChecksum() const;

 private:
  // One section as RvaToOffset wants it.
  struct Mapping {
    std::uint64_t begin = 0;  // RVA
    std::uint64_t end = 0;
    std::uint32_t offset = 0;  // file offset, aligned down as the loader does
    std::uint32_t raw_size = 0;
  };

  void ReadHeaders();
  void ReadOptionalHeader(base::ByteReader& reader);
  void ReadSections();
  void MapSections();
  const Mapping* FindMapping(std::uint64_t rva) const;

  base::Bytes file_;
  std::uint32_t nt_header_offset_ = 0;
  FileHeader file_header_;
  OptionalHeader optional_header_;
  std::array<DataDirectory, kDirectoryCountMax> directories_;
  std::array<Section, kSectionCountMax> sections_;
  std::array<Mapping, kSectionCountMax> mappings_;
  std::size_t section_count_ = 0;
  bool sections_complete_ = false;  // every header announced lies inside the file
  bool sections_disjoint_ = false;  // in rising order without overlap: any hit is the only one
  std::uint32_t lowest_rva_ = 0;
  mutable std::size_t last_mapping_ = 0;
};

}  // namespace day::formats::pe
