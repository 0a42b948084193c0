// The layout of the body signature database, for those who write and read it: body_builder.cc and
// body_database.cc. Prose: docs/formats/clamav-database.md. All numbers are little-endian u32 but
// for the header's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace day::signatures::clamav::format {

inline constexpr std::string_view kMagic = "DAYBODY\n";
inline constexpr std::uint32_t kVersion = 4;
inline constexpr std::size_t kChecksumBytes = 32;  // SHA-256
inline constexpr std::uint64_t kSectionAlignment = 64;

enum class SectionId : std::uint8_t {
  kSignatures,
  kSubsignatures,
  kPatterns,
  kParts,
  kLogic,
  kPool,    // names, code, conditions, regexes
  kFiles,   // u32 place in the pool, u32 size of each source file's name
  kAlways,  // signatures that are evaluated for every object of their target
  kMacros,  // u32 group, u32 pattern
  kSampledBitmap,
  kSampledStarts,  // by hash of the gram: the first entry, and one more at the end
  kSampledEntries,
  kDenseBitmap,
  kDenseStarts,
  kDenseEntries,
  kShortTables,  // match::ShortTables as it lies in memory: bytes only
  kShortStarts,  // by pair of bytes
  kShortEntries,
};
inline constexpr std::size_t kSectionCount = 18;

// magic 8 | version u32 | section count u32 | file size u64 | flags u32 | targets u32
inline constexpr std::uint64_t kPreambleBytes = 32;
inline constexpr std::uint32_t kFlagNeedsProgram = 1;  // some signature asks of PE, ELF, Mach-O
// offset u64 | size u64 | SHA-256
inline constexpr std::uint64_t kDescriptorBytes = 16 + kChecksumBytes;
inline constexpr std::uint64_t kSumOffset = kPreambleBytes + kSectionCount * kDescriptorBytes;
inline constexpr std::uint64_t kHeaderBytes = kSumOffset + kChecksumBytes;

// Numbers of u32 in a record.
inline constexpr std::size_t kSignatureWords = 12;
inline constexpr std::size_t kSubsignatureWords = 4;
inline constexpr std::size_t kPatternWords = 8;
inline constexpr std::size_t kPartWords = 16;
inline constexpr std::size_t kLogicWords = 5;
inline constexpr std::size_t kEntryWords = 7;

// A signature: name place, name size, file, line, target, flags, logic begin, logic count,
// subsignatures begin, count, conditions place, size.
inline constexpr std::uint32_t kSignatureIsSimple = 1;  // one pattern of one part, no conditions
inline constexpr std::uint32_t kSignatureIsMacro = 2;   // never reported

enum class SubsignatureKind : std::uint32_t { kPatterns, kCompare, kRegex, kMacro, kImage };

// A part: code place, code size, gap min, gap max, edges, far bytes, far left, far right, length
// min, length max, anchor prefix, anchor slack, anchor place, anchor size, anchor is masked, 0.
inline constexpr std::uint32_t kEdgeLeftShift = 0;  // test in two bits, negation in the third
inline constexpr std::uint32_t kEdgeRightShift = 4;
inline constexpr std::uint32_t kEdgeNegated = 4;
inline constexpr std::uint32_t kPartHasFarLeft = 1u << 8;
inline constexpr std::uint32_t kPartHasFarRight = 1u << 9;
inline constexpr std::uint32_t kPartIsWide = 1u << 10;

// An entry: gram (or pair), value and mask of four more bytes, where those stand behind the gram
// (signed, low 8 bits) with how much the next number may vary (24 bits), the smallest distance of
// the gram from the part's start, part, signature.

// Code of a part, a sequence of:
enum class Op : std::uint8_t {
  kLiteral = 1,  // u16 n | n bytes
  kMasked,       // u16 n | n values | n masks
  kAny,          // u32 n
  kChoices,  // u8 negated | u32 length, if negated | u16 n | u32 size of the rest | n times: u32
             // size | code
  kTest,     // u8 test | u8 negated
};

enum class Condition : std::uint8_t {
  kFileSize = 1,   // u32 | u32
  kEntryPoint,     // u32 | u32
  kSections,       // u32 | u32
  kContainer,      // u16
  kIntermediates,  // u8 n | n u16
  kHandler,        // u16
  kIcons,          // two times: u8 size | name
};

inline constexpr std::uint32_t kBitmapBitsMin = 12;
inline constexpr std::uint32_t kBitmapBitsMax = 24;
inline constexpr std::uint32_t kStartsBitsMax = 20;
inline constexpr std::size_t kPairCount = 65536;

}  // namespace day::signatures::clamav::format
