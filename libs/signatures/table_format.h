// The layout of a signature table file, version 4, as docs/formats/signature-table.md describes it.
//
// Everything is little-endian. A fixed header (kHeaderBytes) holds, after magic, version and file
// size, one descriptor for each table and one for each section, and ends with the SHA-256 of all of
// it. Sections follow, each aligned to kSectionAlignment.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "libs/base/bytes.h"
#include "libs/signatures/database.h"

namespace day::signatures::format {

inline constexpr std::string_view kMagic{"DAYSIGS\n", 8};
inline constexpr std::uint32_t kVersion = 5;
inline constexpr std::uint64_t kSectionAlignment = 64;
inline constexpr std::uint64_t kChecksumBytes = 32;

// Sections of one table, in this order; then those of the whole file.
enum class TableSection : std::uint8_t { kBuckets, kDigests, kRecords, kSizes, kSizeFilter };
inline constexpr std::size_t kTableSections = 5;
enum class FileSection : std::uint8_t { kNameBlocks, kNamePool, kSources, kBody, kNear, kLists };
inline constexpr std::size_t kFileSections = 6;
inline constexpr std::size_t kSectionCount = kTableCount * kTableSections + kFileSections;

// magic 8 | version u32 | section count u32 | file size u64
inline constexpr std::uint64_t kPreambleBytes = 24;
// entry count u64 | bucket bits u32 | flags u32
inline constexpr std::uint64_t kTableDescriptorBytes = 16;
inline constexpr std::uint32_t kFlagSizeless = 1;
// offset u64 | size u64 | SHA-256
inline constexpr std::uint64_t kSectionDescriptorBytes = 16 + kChecksumBytes;
inline constexpr std::uint64_t kTablesOffset = kPreambleBytes;
inline constexpr std::uint64_t kSectionsOffset =
    kTablesOffset + kTableCount * kTableDescriptorBytes;
inline constexpr std::uint64_t kHeaderSumOffset =
    kSectionsOffset + kSectionCount * kSectionDescriptorBytes;
inline constexpr std::uint64_t kHeaderBytes = kHeaderSumOffset + kChecksumBytes;

// A record: size key u32 | ordinal u32 (into the names). The key is the size itself if it is below
// kLargeSize, kLargeSize plus the size's place among the table's large sizes, or kSizeless: equal
// digests are ordered by it, and a lookup seldom reads the sizes.
inline constexpr std::uint64_t kRecordBytes = 8;
inline constexpr std::uint32_t kLargeSize = 0xC0000000;
inline constexpr std::uint32_t kSizeless = 0xFFFFFFFF;

inline constexpr std::uint32_t kBucketBitsMax = 26;
// Few buckets, so that their index stays in the processor's cache; inside one, digests are spread
// evenly, so the first guess is rarely more than eight entries off.
inline constexpr std::uint64_t kEntriesPerBucket = 64;

// Names are front-coded in blocks of this many: zigzag varint (line difference) | varint (bytes
// shared with the name before) | varint (further bytes) | those bytes.
inline constexpr std::uint32_t kNamesPerBlock = 16;
inline constexpr std::size_t kNameBytesMax = 512;

inline constexpr std::uint64_t kFilterBitsPerSize = 8;
inline constexpr std::uint64_t kFilterBytesMin = 8;

constexpr std::size_t SectionIndex(std::size_t table, TableSection section) {
  return table * kTableSections + static_cast<std::size_t>(section);
}
constexpr std::size_t SectionIndex(FileSection section) {
  return kTableCount * kTableSections + static_cast<std::size_t>(section);
}

// Which bit of a filter of `bits` (a power of two) a size sets.
inline std::uint64_t FilterBit(std::uint64_t size_bytes, std::uint64_t bits) {
  const std::uint64_t mixed = (size_bytes + 1) * 0x9E3779B97F4A7C15u;
  return (mixed >> 20) & (bits - 1);
}

// The bucket of a digest: its first bits, most significant first. REQUIRES: digest.size() >= 8.
inline std::uint64_t BucketOf(base::Bytes digest, std::uint32_t bucket_bits) {
  const std::uint64_t prefix =
      base::ReadAt<std::uint64_t>(digest, 0, base::Endian::kBig).value_or(0);
  return bucket_bits == 0 ? 0 : prefix >> (64 - bucket_bits);
}

}  // namespace day::signatures::format
