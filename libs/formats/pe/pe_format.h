// Names and numbers of the PE/COFF format (Microsoft "PE Format" specification, revision 11).
// Structures are read field by field; only their sizes and offsets stand here.
#pragma once

#include <cstddef>
#include <cstdint>

namespace day::formats::pe {

inline constexpr std::uint16_t kDosSignature = 0x5A4D;     // "MZ"
inline constexpr std::uint32_t kNtSignature = 0x00004550;  // "PE\0\0"
inline constexpr std::uint16_t kOptionalHeader32Magic = 0x10B;
inline constexpr std::uint16_t kOptionalHeader64Magic = 0x20B;

inline constexpr std::size_t kDosHeaderSizeBytes = 64;
inline constexpr std::size_t kNewHeaderPointerOffset = 0x3C;  // e_lfanew
inline constexpr std::size_t kFileHeaderSizeBytes = 20;
inline constexpr std::size_t kOptionalHeader32SizeBytes = 224;
inline constexpr std::size_t kOptionalHeader64SizeBytes = 240;
inline constexpr std::size_t kChecksumOffset = 64;  // in the optional header, both kinds
inline constexpr std::size_t kSectionHeaderSizeBytes = 40;
inline constexpr std::size_t kSectionNameSizeBytes = 8;
inline constexpr std::size_t kSymbolSizeBytes = 18;
inline constexpr std::size_t kImportDescriptorSizeBytes = 20;
inline constexpr std::size_t kDelayDescriptorSizeBytes = 32;
inline constexpr std::size_t kExportDirectorySizeBytes = 40;
inline constexpr std::size_t kResourceDirectorySizeBytes = 16;
inline constexpr std::size_t kResourceEntrySizeBytes = 8;
inline constexpr std::size_t kResourceDataSizeBytes = 16;
inline constexpr std::size_t kDebugEntrySizeBytes = 28;

// What YARA takes of a file, and so do we: more sections than these are not looked at.
inline constexpr std::size_t kSectionCountMax = 96;
inline constexpr std::size_t kDirectoryCountMax = 16;
inline constexpr std::uint32_t kPageSizeBytes = 0x1000;
inline constexpr std::uint32_t kSectorSizeBytes = 0x200;

inline constexpr std::uint16_t kCharacteristicDll = 0x2000;

enum class Directory : std::uint8_t {
  kExport = 0,
  kImport = 1,
  kResource = 2,
  kException = 3,
  kSecurity = 4,  // its address is a file offset, not an RVA
  kBaseReloc = 5,
  kDebug = 6,
  kArchitecture = 7,
  kGlobalPtr = 8,
  kTls = 9,
  kLoadConfig = 10,
  kBoundImport = 11,
  kIat = 12,
  kDelayImport = 13,
  kComDescriptor = 14,
};

}  // namespace day::formats::pe
